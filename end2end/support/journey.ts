// What journeys import instead of Playwright's own `test`: it brings a server along, and shows the server's log on failure;
// and people with browsers of their own, where a journey needs several.
import { type BrowserContext, type Page, test as base } from "@playwright/test";
import { signIn, type User } from "./people.ts";
import { FieldloopServer, type ServerOptions } from "./server.ts";
import { Tablet } from "./tablet.ts";

export { expect } from "@playwright/test";

interface Fixtures {
  /** How this file's or group's server is started: `test.use({ serverOptions: { demo: true } })`. */
  serverOptions: ServerOptions;
  /** A server of this journey's own. `page.goto("/")` leads to it. */
  server: FieldloopServer;
  /** Signs somebody of the office in at a desk of their own. */
  desk: (user: User) => Promise<Page>;
  /** Signs an engineer in on a tablet of their own. */
  tablet: (user: User) => Promise<Tablet>;
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

  desk: async ({ browser }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (user) => {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, hasTouch: false });
      contexts.push(context);
      const page = await context.newPage();
      await signIn(page, user);
      return page;
    });
    for (const context of contexts) await context.close();
  },

  tablet: async ({ playwright }, use) => {
    const tablets: Tablet[] = [];
    await use(async (user) => {
      const tablet = await Tablet.of(user, playwright.chromium);
      tablets.push(tablet);
      return tablet;
    });
    for (const tablet of tablets) await tablet.discard();
  },
});
