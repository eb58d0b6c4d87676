// A tablet as its engineer has it: a browser with a profile on disk, which can be switched off and on again.
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, BrowserType, Locator, Page } from "@playwright/test";
import { waitUntilOfflineReady } from "./client.ts";
import { signIn, type User } from "./people.ts";

const SCREEN = { viewport: { width: 1180, height: 820 }, hasTouch: true };

export class Tablet {
  private constructor(
    private readonly chromium: BrowserType,
    private readonly profile: string,
    private context: BrowserContext,
    public page: Page,
  ) {}

  /** A new tablet, signed in and ready to work without a network. */
  static async of(user: User, chromium: BrowserType): Promise<Tablet> {
    const profile = await mkdtemp(join(tmpdir(), "fieldloop-tablet-"));
    const context = await chromium.launchPersistentContext(profile, SCREEN);
    const tablet = new Tablet(chromium, profile, context, pageOf(context));
    await signIn(tablet.page, user);
    await waitUntilOfflineReady(tablet.page);
    return tablet;
  }

  /** Ends the whole browser. */
  async switchOff(): Promise<void> {
    await this.context.close();
  }

  /** Ends the browser properly once: before, it has not written down who is signed in, and would not know that after a kill. */
  async settleIn(): Promise<void> {
    const address = this.page.url();
    await this.switchOff();
    await this.switchOn(address);
  }

  /** Kills the whole browser in the midst of what it is doing. */
  async kill(): Promise<void> {
    // Only the browser's own processes name the profile that it runs on.
    const pattern = `--user-data-dir=${this.profile}`;
    const { status, stderr } = spawnSync("pkill", ["-KILL", "-f", "--", pattern], { encoding: "utf8" });
    if (status !== 0) throw new Error(`no browser was killed: ${stderr}`);
    await this.context.close().catch(() => undefined);
  }

  /** Where the browser, while it is off, keeps the app's databases. */
  async databases(): Promise<string> {
    const folder = join(this.profile, "Default", "IndexedDB");
    const [database, ...others] = (await readdir(folder)).filter((name) => name.endsWith(".leveldb"));
    if (!database || others.length > 0) throw new Error("one origin has one folder of databases");
    return join(folder, database);
  }

  /** Takes away all that the browser, while it is off, keeps for the app; of the app itself, it keeps what it loaded. `notes`: the small texts, too. */
  async lose({ notes }: { notes: boolean }): Promise<void> {
    const kept = ["IndexedDB", "File System", ...(notes ? ["Local Storage"] : [])];
    for (const folder of kept) await rm(join(this.profile, "Default", folder), { recursive: true });
  }

  /** Starts the browser again over what is on its disk, and opens an address of the app. */
  async switchOn(address: string): Promise<void> {
    this.context = await this.chromium.launchPersistentContext(this.profile, SCREEN);
    this.page = pageOf(this.context);
    await this.page.goto(address);
  }

  /** Opens another window of the same browser. */
  async openWindow(address: string): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(address);
    return page;
  }

  async discard(): Promise<void> {
    await this.context.close();
    await rm(this.profile, { recursive: true, force: true });
  }
}

/** A stroke, as places on the pad from 0 to 1. */
export type Stroke = [x: number, y: number][];

const CENTRE: Stroke[number] = [0.5, 0.5];
export const A_DOT: Stroke[] = [[CENTRE]];
export const A_NAME: Stroke[] = [wave(0.1, 0.45), wave(0.5, 0.9), [[0.1, 0.8], [0.5, 0.75], [0.9, 0.8]]];

/** Draws with a finger. */
export async function draw(pad: Locator, strokes: Stroke[]): Promise<void> {
  await pad.scrollIntoViewIfNeeded();
  const frame = await pad.boundingBox();
  if (!frame) throw new Error("the pad is not on the screen");
  const devtools = await pad.page().context().newCDPSession(pad.page());
  const point = ([x, y]: Stroke[number]) => ({ x: frame.x + x * frame.width, y: frame.y + y * frame.height, force: 0.5 });
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...places: Stroke) =>
    devtools.send("Input.dispatchTouchEvent", { type, touchPoints: places.map(point) });
  for (const [first = CENTRE, ...others] of strokes) {
    await touch("touchStart", first);
    for (const place of others) await touch("touchMove", place);
    // The hand comes to rest. Lifted at full speed, it would fling, and Chromium takes the next tap for the end of the fling.
    const [x, y]: Stroke[number] = others.at(-1) ?? first;
    for (let step = 1; step <= 6; step += 1) await touch("touchMove", [x, y + step / 1_000]);
    await touch("touchEnd");
  }
  await devtools.detach();
}

function wave(from: number, to: number): Stroke {
  const steps = Array.from({ length: 25 }, (_, step) => step / 24);
  return steps.map((at) => [from + (to - from) * at, 0.4 + 0.2 * Math.sin(at * 4 * Math.PI)]);
}

function pageOf(context: BrowserContext): Page {
  const [page] = context.pages();
  if (!page) throw new Error("a browser starts with one page");
  return page;
}
