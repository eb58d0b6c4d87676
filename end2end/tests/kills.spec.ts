// The browser is killed again and again in the midst of recording: what the screen said was saved is there.
import { rm } from "node:fs/promises";
import { Chance, SEED } from "../support/chance.ts";
import { noteWithoutEnd } from "../support/fast-hand.ts";
import { expect, test } from "../support/journey.ts";
import { history, pill } from "../support/people.ts";
import { lostAndTwice, notesOf, ticketAt } from "../support/record.ts";
import { addNote } from "../support/work.ts";

test.use({ serverOptions: { demo: true } });

const JOB = "现场发现：二手激光机水温报警";
const KILLS = Number(process.env.FIELDLOOP_KILLS ?? 6);

test("a browser that is killed at any moment has what it said was saved, and the server has it once", async ({ tablet, desk, server }) => {
  test.setTimeout(120_000 + KILLS * 20_000);
  const chance = new Chance(SEED, 2);
  const engineer = await tablet("engineer");
  await engineer.page.getByRole("link", { name: JOB }).tap();
  await expect(history(engineer.page).first()).toBeVisible();
  const job = engineer.page.url();
  // Ended properly once, so that the browser has written down who is signed in.
  await engineer.switchOff();
  const said: string[] = [];
  let isServerThere = true;

  for (let kill = 1; kill <= KILLS; kill += 1) {
    await engineer.switchOn(job);
    await expect(history(engineer.page).first()).toBeVisible();
    for (const note of said.slice(-20)) await expect(history(engineer.page).filter({ hasText: note })).toHaveCount(1);
    const [enough, moment] = [1 + chance.below(8), chance.below(120)];
    let soon: (() => void) | undefined;
    const hasSaidEnough = new Promise<void>((resolve) => (soon = resolve));
    let count = 0;
    const noting = noteWithoutEnd(engineer.page, `第 ${kill}`, (note) => {
      said.push(note);
      count += 1;
      if (count === enough) soon?.();
    }).catch(() => undefined);
    await Promise.race([hasSaidEnough, noting]);
    expect(count, "somebody was recording").toBeGreaterThanOrEqual(enough);
    // Nothing is waited for: this is where in the next recordings the end falls.
    await new Promise((resolve) => setTimeout(resolve, moment));
    await engineer.kill();
    await noting;
    if (chance.below(2) === 0) {
      await (isServerThere ? server.kill() : server.startAgain());
      isServerThere = !isServerThere;
    }
  }

  await engineer.switchOn(job);
  for (const note of said) await expect(history(engineer.page).filter({ hasText: note })).toHaveCount(1);
  await expect(engineer.page.getByRole("dialog", { name: "本机数据库曾损坏" })).toBeHidden();
  if (!isServerThere) await server.startAgain();
  await expect(pill(engineer.page)).toHaveText("已全部上传", { timeout: 60_000 });
  const office = await desk("supervisor");
  const record = (await notesOf(office, ticketAt(job))).filter((note) => note.startsWith("第 "));
  expect(lostAndTwice(said, record)).toEqual({ lost: [], twice: [] });
  expect(record.filter((note) => said.includes(note)), "in order").toEqual(said);
  console.log(`seed ${SEED}: ${KILLS} kills of the browser, ${said.length} changes said to be saved, ${record.length} on the server, none lost, none twice`);
});

test("the same question finds it out when a killed browser has lost what it said was saved", async ({ tablet, desk, server }) => {
  test.setTimeout(120_000);
  const engineer = await tablet("engineer");
  await engineer.settleIn();
  await engineer.page.getByRole("link", { name: JOB }).tap();
  await expect(history(engineer.page).first()).toBeVisible();
  const ticket = ticketAt(engineer.page.url());
  await addNote(engineer.page, "第 1 条");
  await expect(pill(engineer.page)).toHaveText("已全部上传");
  await server.kill();
  await addNote(engineer.page, "第 2 条");
  await expect(history(engineer.page).filter({ hasText: "第 2 条" })).toContainText("已存本机");

  await engineer.kill();
  await engineer.lose({ notes: true });
  await server.startAgain();
  await engineer.switchOn(server.url);
  await expect(pill(engineer.page)).toHaveText("已全部上传", { timeout: 60_000 });
  const record = await notesOf(await desk("supervisor"), ticket);
  expect(lostAndTwice(["第 1 条", "第 2 条"], record).lost).toEqual(["第 2 条"]);
});

test("a worker that dies while it writes the journal costs nothing", async ({ tablet, server }) => {
  test.setTimeout(120_000);
  const engineer = await tablet("engineer");
  await engineer.settleIn();
  await engineer.page.addInitScript(() => {
    const Started = globalThis.Worker;
    globalThis.Worker = class extends Started {
      override postMessage(message: { operation?: string }, ...more: []): void {
        super.postMessage(message, ...more);
        const fatal = Number(sessionStorage.getItem("fatal-append"));
        if (message.operation !== "append" || fatal === 0) return;
        sessionStorage.setItem("fatal-append", String(fatal - 1));
        if (fatal === 1) this.terminate();
      }
    };
  });
  await engineer.page.reload();
  await engineer.page.getByRole("link", { name: JOB }).tap();
  await expect(history(engineer.page).first()).toBeVisible();
  const job = engineer.page.url();
  await server.kill();
  await addNote(engineer.page, "水箱已排空");
  await engineer.page.evaluate(() => sessionStorage.setItem("fatal-append", "2"));
  await addNote(engineer.page, "滤芯已取出");
  await engineer.page.getByRole("contentinfo").getByRole("button", { name: "记录进度", exact: true }).tap();
  const sheet = engineer.page.getByRole("dialog", { name: "记录进度" });
  await sheet.getByLabel("说明").fill("等客户停机");
  await sheet.getByRole("button", { name: "保存" }).tap();
  await expect(sheet).toBeHidden({ timeout: 20_000 });
  await expect(pill(engineer.page)).toHaveText("离线 · 3 项已保存");
  expect(await engineer.page.evaluate(() => sessionStorage.getItem("fatal-append"))).toBe("0");

  // The journal that was begun anew has all of it: nothing else is left.
  await engineer.kill();
  await rm(await engineer.databases(), { recursive: true });
  await engineer.switchOn(`${server.url}/outbox`);
  const mended = engineer.page.getByRole("dialog", { name: "本机数据库曾损坏" });
  await expect(mended).toContainText("没有丢失");
  await mended.getByRole("button", { name: "知道了" }).tap();
  await expect(pill(engineer.page)).toHaveText("离线 · 3 项已保存");
  await server.startAgain();
  await expect(pill(engineer.page)).toHaveText("已全部上传", { timeout: 60_000 });
  await engineer.page.goto(job);
  for (const note of ["水箱已排空", "滤芯已取出", "等客户停机"]) {
    await expect(history(engineer.page).filter({ hasText: note })).toContainText("已到服务器");
  }
});
