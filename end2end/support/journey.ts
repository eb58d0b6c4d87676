// What journeys import instead of Playwright's own `test`: it brings a server along, and shows the server's log on failure.
import { test as base } from "@playwright/test";
import { FieldloopServer, type ServerOptions } from "./server.ts";

export { expect } from "@playwright/test";

interface Fixtures {
  /** How this file's or group's server is started: `test.use({ serverOptions: { demo: true } })`. */
  serverOptions: ServerOptions;
  /** A server of this journey's own. `page.goto("/")` leads to it. */
  server: FieldloopServer;
}

export const test = base.extend<Fixtures>({
  serverOptions: [{}, { option: true }],

  server: async ({ serverOptions }, use, info) => {
    const server = await FieldloopServer.start(serverOptions);
    try {
      await use(server);
    } finally {
      if (info.status !== info.expectedStatus) await info.attach("server log", { body: server.log });
      await server.discard();
    }
  },

  baseURL: async ({ server }, use) => {
    await use(server.url);
  },
});
