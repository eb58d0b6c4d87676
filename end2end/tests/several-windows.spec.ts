// Several windows of one person: one writes, whatever becomes of the others, and what was recorded in any of them is there once.
import type { Page } from "@playwright/test";
import { Chance, SEED } from "../support/chance.ts";
import { expect, test } from "../support/journey.ts";
import { passOver } from "../support/lie.ts";
import { history, pill } from "../support/people.ts";
import { lostAndTwice, notesOf, recordOf, ticketAt } from "../support/record.ts";
import type { Tablet } from "../support/tablet.ts";
import { elsewhere, freeze, type Frozen, workingWindow } from "../support/windows.ts";
import { addNote, replacePart } from "../support/work.ts";

test.use({ serverOptions: { demo: true } });

const JOB = "现场发现：二手激光机水温报警";
const WINDOWS = 5;
const ROUNDS = Number(process.env.FIELDLOOP_ROUNDS ?? 6);

/** Opens the job in the tablet's first window, and in so many more. */
async function openWindows(engineer: Tablet, count: number): Promise<Page[]> {
  await engineer.page.getByRole("link", { name: JOB }).tap();
  await expect(history(engineer.page).first()).toBeVisible();
  const windows = [engineer.page];
  while (windows.length < count) windows.push(await engineer.openWindow(engineer.page.url()));
  return windows;
}

test("whichever window writes is closed, frozen or left, and the server has each change once, in order", async ({ tablet, desk, server }) => {
  test.setTimeout(120_000 + ROUNDS * 30_000);
  const chance = new Chance(SEED, 1);
  const engineer = await tablet("engineer");
  const windows = await openWindows(engineer, WINDOWS);
  const job = engineer.page.url();
  const frozen = new Map<Page, Frozen>();
  const noted: string[] = [];
  const awake = () => windows.filter((window) => !frozen.has(window));
  let isServerThere = true;
  const ends = { close: 0, freeze: 0, leave: 0 };

  for (let round = 1; round <= ROUNDS; round += 1) {
    const working = await workingWindow(awake());
    for (let number = 1; number <= 2; number += 1) {
      const note = `第 ${round}.${number} 项`;
      await addNote(working, note);
      noted.push(note);
    }
    await expect(history(working).filter({ hasText: `第 ${round}.2 项` })).toContainText(/已存本机|已到服务器/);
    for (const other of awake().filter((window) => window !== working)) await expect(elsewhere(other)).toBeVisible();

    if (chance.below(2) === 0) {
      await (isServerThere ? server.kill() : server.startAgain());
      isServerThere = !isServerThere;
    }
    for (const window of frozen.values()) await window.thaw();
    frozen.clear();
    const end = chance.of(["close", "freeze", "freeze", "leave"] as const);
    ends[end] += 1;
    if (end === "close") {
      windows.splice(windows.indexOf(working), 1);
      await working.close();
      windows.push(await engineer.openWindow(job));
    } else if (end === "freeze") {
      frozen.set(working, await freeze(working));
    } else {
      const next = chance.of(windows.filter((window) => window !== working));
      await next.getByRole("button", { name: "在这里使用" }).tap();
      await expect(elsewhere(working)).toBeVisible();
    }
  }

  for (const window of frozen.values()) await window.thaw();
  if (!isServerThere) await server.startAgain();
  const last = await workingWindow(windows);
  await expect(pill(last)).toHaveText("已全部上传", { timeout: 60_000 });
  const office = await desk("supervisor");
  const record = await notesOf(office, ticketAt(job));
  const counted = record.filter((note) => note.startsWith("第 "));
  expect(lostAndTwice(noted, counted)).toEqual({ lost: [], twice: [] });
  expect(counted, "in order").toEqual(noted);
  console.log(`seed ${SEED}: ${ROUNDS} rounds in ${WINDOWS} windows (${JSON.stringify(ends)}), ${noted.length} changes, none lost, none twice`);
});

test("the same question finds it out when a change never came though it was said to have come", async ({ tablet, desk }) => {
  test.setTimeout(120_000);
  const engineer = await tablet("engineer");
  const [first, second] = await openWindows(engineer, 2) as [Page, Page];
  await passOver(first, "第 1.1 项");
  await addNote(first, "第 1.1 项");
  await expect(history(first).filter({ hasText: "第 1.1 项" })).toContainText("已到服务器");
  await second.getByRole("button", { name: "在这里使用" }).tap();
  await expect(elsewhere(first)).toBeVisible();
  await addNote(second, "第 1.2 项");
  await expect(pill(second)).toHaveText("已全部上传");
  const record = await notesOf(await desk("supervisor"), ticketAt(second.url()));
  expect(lostAndTwice(["第 1.1 项", "第 1.2 项"], record).lost).toEqual(["第 1.1 项"]);
});

test("a window that was frozen while it wrote is taken over from, writes nothing more, and keeps what was typed", async ({ tablet, desk }) => {
  test.setTimeout(120_000);
  const engineer = await tablet("engineer");
  const [first, second] = await openWindows(engineer, 2) as [Page, Page];
  const sheet = (page: Page) => page.getByRole("dialog", { name: "记录进度" });
  const openSheet = (page: Page) => page.getByRole("contentinfo").getByRole("button", { name: "记录进度", exact: true }).tap();
  await openSheet(first);
  await sheet(first).getByLabel("说明").fill("这句话还没有保存");
  // The first thing that it does when it goes on is to write.
  const frozen = await freeze(first, `document.querySelector("dialog[open] button[type=submit][data-kind=primary]").click()`);
  await expect(second.getByRole("contentinfo")).toBeVisible({ timeout: 30_000 });
  await replacePart(second, { name: "水箱滤芯", old: "OLD-1", new: "NEW-2" });
  await frozen.thaw();
  await expect(elsewhere(first)).toBeVisible();
  await expect(pill(second)).toHaveText("已全部上传");
  const office = await desk("supervisor");
  const done = async () => (await recordOf(office, ticketAt(second.url()))).map(({ action }) => action.body.note || action.kind);
  const before = await done();
  expect(before.at(-1)).toBe("replace_part");
  expect(before).not.toContain("这句话还没有保存");

  await first.getByRole("button", { name: "在这里使用" }).tap();
  await expect(elsewhere(second)).toBeVisible();
  await openSheet(first);
  await expect(sheet(first).getByLabel("说明")).toHaveValue("这句话还没有保存");
  await sheet(first).getByRole("button", { name: "保存" }).tap();
  await expect(history(first).filter({ hasText: "这句话还没有保存" })).toContainText("已到服务器");
  expect(await done()).toEqual([...before, "这句话还没有保存"]);
});
