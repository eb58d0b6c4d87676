// From the tap on “save” to the words that it is saved on this tablet, without a server.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { waitUntilOfflineReady } from "../support/client.ts";
import { history, pill } from "../support/people.ts";
import { FieldloopServer } from "../support/server.ts";
import { found, signIn } from "./company.ts";
import { quantile, report, ROUNDS } from "./figures.ts";
import { Peer } from "./peer.ts";

const SCREEN = { viewport: { width: 1180, height: 820 }, hasTouch: true };
const NOTES_PER_JOB = 12;
const JOBS = ROUNDS * 2;
/** What the history says beside an entry that is saved on this tablet. */
const SAVED = ".timeline .sync-mark[data-state='tablet']";
/** What a note comes to in the outbox. */
const NOTE_BYTES = 600;

declare global {
  interface Window {
    saved: { tapped: number; waits: number[] };
  }
}

test("saving", async ({ playwright }) => {
  const server = await FieldloopServer.start();
  const profile = await mkdtemp(join(tmpdir(), "fieldloop-bench-"));
  const peer = await Peer.of([]);
  const context = await playwright.chromium.launchPersistentContext(profile, SCREEN);
  try {
    const company = await found(server, 200, 200);
    const [page] = context.pages();
    if (!page) throw new Error("a browser starts with one page");
    await signIn(page, server.url, company.engineer, company.password);
    await waitUntilOfflineReady(page);
    const links = await page.locator(".job-card__link").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
    const bare = await context.newPage();
    await peer.open(bare, 0);
    await server.kill();
    await page.bringToFront();
    await expect(pill(page)).toHaveText("离线");

    const waits = { app: [] as number[], peer: [] as number[] };
    for (const link of links.slice(0, JOBS)) {
      await page.goto(new URL(link ?? "", server.url).href);
      waits.app.push(...(await saveNotes(page)));
      await bare.bringToFront();
      const appended = ([count, bytes]: [number, number]) => window.append(count, bytes);
      waits.peer.push(...(await bare.evaluate(appended, [NOTES_PER_JOB, NOTE_BYTES] as [number, number])));
      await page.bringToFront();
    }
    for (const [share, name] of [[0.5, "p50"], [0.99, "p99"]] as const) {
      await report({
        name: `tap → saved on this tablet, ${name}`,
        value: quantile(waits.app, share),
        unit: "ms",
        peer: { name: "bare strict append", value: quantile(waits.peer, share) },
      });
    }
  } finally {
    await context.close();
    await peer.close();
    await server.discard();
    await rm(profile, { recursive: true, force: true });
  }
});

/** Writes notes on a job, one after the other. Says how long each took from the tap until the history said “saved”. */
async function saveNotes(page: Page): Promise<number[]> {
  await expect(history(page).first()).toBeVisible();
  await page.evaluate((marks) => {
    const state = (window.saved = { tapped: 0, waits: [] as number[] });
    let known = document.querySelectorAll(marks).length;
    // When the finger left the glass, not when the page got round to it.
    addEventListener("click", (event) => (state.tapped = event.timeStamp), { capture: true });
    new MutationObserver(() => {
      const now = document.querySelectorAll(marks).length;
      if (now > known) state.waits.push(performance.now() - state.tapped);
      known = now;
    }).observe(document.body, { subtree: true, childList: true });
  }, SAVED);
  for (let note = 1; note <= NOTES_PER_JOB; note += 1) {
    await page.getByRole("contentinfo").getByRole("button", { name: "记录进度" }).tap();
    const sheet = page.getByRole("dialog", { name: "记录进度" });
    await sheet.getByLabel("说明").fill("拆检完成,确认故障部件,开始更换。");
    await sheet.getByRole("button", { name: "保存" }).tap();
    await expect(sheet).toBeHidden();
    await page.waitForFunction((note) => window.saved.waits.length >= note, note);
  }
  return page.evaluate(() => window.saved.waits);
}
