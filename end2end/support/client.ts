// The built client on disk, and another build of it to update to.
import { createHash, randomBytes } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";

const CLIENT = process.env.FIELDLOOP_CLIENT_DIST ?? fileURLToPath(new URL("../../target/client/dev", import.meta.url));

export interface OtherClient {
  folder: string;
  build: string;
  /** The address of the file that only it has. */
  ballast: string;
  discard(): Promise<void>;
}

/**
 * Copies the client and makes it another build: same files, with an id, a page and a file of `ballastBytes` of its own;
 * `damaged` breaks the page.
 */
export async function makeOtherClient({ damaged = false, ballastBytes = 16 } = {}): Promise<OtherClient> {
  const folder = await mkdtemp(join(tmpdir(), "fieldloop-client-"));
  await cp(CLIENT, folder, { recursive: true });
  const [page, worker] = [join(folder, "index.html"), join(folder, "sw.js")];

  const former = await readFile(page, "utf8");
  const formerBuild = /name="build" content="(\w+)"/.exec(former)?.[1];
  if (!formerBuild) throw new Error("the client's page names no build");
  const build = [...formerBuild].reverse().join("");
  const next = former.replace(formerBuild, build);
  await writeFile(page, damaged ? next.slice(0, -20) : next);

  const weight = randomBytes(ballastBytes);
  const ballast = `/pkg/ballast-${sha256(weight).slice(0, 12)}.js`;
  await writeFile(join(folder, ballast), weight);

  const script = await readFile(worker, "utf8");
  const list = script.replace("const ASSETS = [", `const ASSETS = [["${ballast}","${sha256(weight)}"],`);
  await writeFile(worker, list.replace(formerBuild, build).replace(sha256(former), sha256(next)));
  return { folder, build, ballast, discard: () => rm(folder, { recursive: true, force: true }) };
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

function sha256(text: string | Buffer): string {
  return createHash("sha256").update(text).digest("hex");
}
