// From a browser that is not running to a list that can be used, without a server.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, expect, type Page, test } from "@playwright/test";
import { waitUntilOfflineReady } from "../support/client.ts";
import { FieldloopServer } from "../support/server.ts";
import { type Company, found, signIn } from "./company.ts";
import { quantile, report, ROUNDS } from "./figures.ts";
import { documentsOf, Peer } from "./peer.ts";

const SCREEN = { viewport: { width: 1180, height: 820 }, hasTouch: true };
const ROWS = ".job-list:not([aria-busy]) .job-card, .ticket-row";
/** Long enough for the app to put its database in order after the first visit, as it does in the background. */
const SETTLING_MS = 5_000;
const MOST_TIMES_THE_PEER = 1.2;

declare global {
  interface Window {
    listShown?: number;
  }
}

const CASES: { tickets: number; who: keyof Omit<Company, "password">; assigned: number }[] = [
  { tickets: 200, who: "engineer", assigned: 200 },
  { tickets: 10_000, who: "agent", assigned: 0 },
];

for (const { tickets, who, assigned } of CASES) {
  test(`starting with ${tickets} tickets`, async ({ playwright }) => {
    const server = await FieldloopServer.start();
    const profile = await mkdtemp(join(tmpdir(), "fieldloop-bench-"));
    const start = () => playwright.chromium.launchPersistentContext(profile, SCREEN);
    let peer: Peer | undefined;
    try {
      const company = await found(server, tickets, assigned);
      await inBrowser(start, async (page) => {
        await signIn(page, server.url, company[who], company.password);
        await waitUntilOfflineReady(page);
        await expect(page.locator(ROWS).first()).toBeVisible();
        const documents = await documentsOf(page);
        expect(documents.length).toBe(tickets);
        peer = await Peer.of(documents);
        await page.waitForTimeout(SETTLING_MS);
        await peer.fill(page);
      });
      await server.kill();

      const times = { app: [] as number[], peer: [] as number[] };
      for (let round = 0; round < ROUNDS; round += 1) {
        times.app.push(await inBrowser(start, (page) => openApp(page, server.url)));
        times.peer.push(await inBrowser(start, (page) => peer?.open(page, tickets) ?? Promise.reject()));
      }
      const bare = quantile(times.peer, 0.5);
      await report({
        name: `offline start to a list of ${tickets.toLocaleString("en")}, p50`,
        value: quantile(times.app, 0.5),
        unit: "ms",
        goal: { at_most: bare * MOST_TIMES_THE_PEER },
        peer: { name: "bare page that reads and decodes all", value: bare },
      });
    } finally {
      await peer?.close();
      await server.discard();
      await rm(profile, { recursive: true, force: true });
    }
  });
}

/** Starts the browser, does something on its page, and ends it again. */
async function inBrowser<T>(start: () => Promise<BrowserContext>, act: (page: Page) => Promise<T>): Promise<T> {
  const context = await start();
  try {
    const [page] = context.pages();
    if (!page) throw new Error("a browser starts with one page");
    return await act(page);
  } finally {
    await context.close();
  }
}

/** Opens the app and says how long it took, from the navigation on, until rows had been painted. */
async function openApp(page: Page, url: string): Promise<number> {
  await page.addInitScript((rows) => {
    const waiting = new MutationObserver(() => {
      if (!document.querySelector(rows)) return;
      waiting.disconnect();
      // A task after the next frame: what was laid out has been painted then.
      requestAnimationFrame(() => setTimeout(() => (window.listShown = performance.now())));
    });
    waiting.observe(document, { subtree: true, childList: true });
  }, ROWS);
  await page.goto(url);
  const shown = await (await page.waitForFunction(() => window.listShown)).jsonValue();
  if (shown === undefined) throw new Error("no list was shown");
  return shown;
}
