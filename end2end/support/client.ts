// The built client on disk, and another build of it to update to.
import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";

const CLIENT = process.env.FIELDLOOP_CLIENT_DIST ?? fileURLToPath(new URL("../../target/client/dev", import.meta.url));

export interface OtherClient {
  folder: string;
  build: string;
  discard(): Promise<void>;
}

/** Copies the client and makes it another build: same files, with an id and a page of its own; `damaged` breaks the page. */
export async function makeOtherClient({ damaged = false } = {}): Promise<OtherClient> {
  const folder = await mkdtemp(join(tmpdir(), "fieldloop-client-"));
  await cp(CLIENT, folder, { recursive: true });
  const [page, worker] = [join(folder, "index.html"), join(folder, "sw.js")];

  const former = await readFile(page, "utf8");
  const formerBuild = /name="build" content="(\w+)"/.exec(former)?.[1];
  if (!formerBuild) throw new Error("the client's page names no build");
  const build = [...formerBuild].reverse().join("");
  const next = former.replace(formerBuild, build);
  await writeFile(page, damaged ? next.slice(0, -20) : next);

  const script = await readFile(worker, "utf8");
  await writeFile(worker, script.replace(formerBuild, build).replace(sha256(former), sha256(next)));
  return { folder, build, discard: () => rm(folder, { recursive: true, force: true }) };
}

/** The id of the build that the page was made by. */
export async function buildOf(page: Page): Promise<string | null> {
  return page.locator('meta[name="build"]').getAttribute("content");
}

/** Waits until the app would start without a network: its service worker has everything. */
export async function waitUntilOfflineReady(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
