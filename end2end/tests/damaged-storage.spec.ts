// What a browser may do to its databases, it may do in the field: whatever was said to be saved is there all the same.
import { open, readdir, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { expect, test } from "../support/journey.ts";
import { history, pill } from "../support/people.ts";
import type { Tablet } from "../support/tablet.ts";

test.use({ serverOptions: { demo: true } });

const JOB = "现场发现：二手激光机水温报警";
const NOTES = ["水箱已排空", "滤芯已取出", "等客户停机"];

/** The work that waits, on the page behind the pill. */
function waiting(page: Page) {
  return page.getByRole("list").getByRole("listitem").filter({ hasText: "已存本机" });
}

/** An engineer without a network writes three notes that are only on the tablet. Returns the job's address. */
async function workedOffline({ page }: Tablet, server: { kill(): Promise<void> }): Promise<string> {
  await page.getByRole("link", { name: JOB }).tap();
  await expect(history(page).first()).toBeVisible();
  await server.kill();
  await expect(pill(page)).toHaveText("离线");
  for (const note of NOTES) {
    await page.getByRole("contentinfo").getByRole("button", { name: "记录进度", exact: true }).tap();
    const sheet = page.getByRole("dialog", { name: "记录进度" });
    await sheet.getByLabel("说明").fill(note);
    await sheet.getByRole("button", { name: "保存" }).tap();
    await expect(history(page).filter({ hasText: note })).toContainText("已存本机");
  }
  await expect(pill(page)).toHaveText("离线 · 3 项已保存");
  return page.url();
}

/** Each file of the database that is written last, and so has what was done last. */
async function logs(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith(".log")).map((name) => join(folder, name));
}

async function flipBits(file: string): Promise<void> {
  const { size } = await stat(file);
  const handle = await open(file, "r+");
  const bytes = Buffer.alloc(64);
  const at = Math.floor(size / 2);
  await handle.read(bytes, 0, 64, at);
  await handle.write(bytes.map((byte) => byte ^ 0xff), 0, 64, at);
  await handle.close();
}

/** A database that can't be opened may hold photos that nobody knows of: nothing is said to be on the server altogether. */
const SHUT = "the manifest is gone";

const DAMAGES: Record<string, (databases: string) => Promise<void>> = {
  "bits have flipped": async (folder) => {
    for (const log of await logs(folder)) await flipBits(log);
  },
  "half of the log is gone": async (folder) => {
    for (const log of await logs(folder)) await truncate(log, Math.floor((await stat(log)).size / 2));
  },
  [SHUT]: async (folder) => {
    for (const name of await readdir(folder)) if (name.startsWith("MANIFEST")) await rm(join(folder, name));
  },
  "everything is gone": async (folder) => {
    await rm(folder, { recursive: true });
  },
};

for (const [what, damage] of Object.entries(DAMAGES)) {
  test(`work saved on the tablet survives when ${what} in its database`, async ({ tablet, server }) => {
    test.setTimeout(120_000);
    const engineer = await tablet("engineer");
    const job = await workedOffline(engineer, server);
    await engineer.switchOff();
    await damage(await engineer.databases());

    await engineer.switchOn(`${server.url}/outbox`);
    const said = engineer.page.getByRole("dialog", { name: "本机数据库曾损坏" });
    await expect(said).toContainText("没有丢失");
    await said.getByRole("button", { name: "知道了" }).tap();
    await expect(waiting(engineer.page)).toHaveCount(3);
    await expect(pill(engineer.page)).toHaveText("离线 · 3 项已保存");

    await server.startAgain();
    await expect(pill(engineer.page)).toHaveText(what === SHUT ? "照片读不出" : "已全部上传", { timeout: 60_000 });
    await engineer.page.goto(job);
    await expect(said).toBeHidden();
    for (const note of NOTES) await expect(history(engineer.page).filter({ hasText: note })).toContainText("已到服务器");
  });
}

test("work that both the database and the journal have lost is said to be missing", async ({ tablet, server }) => {
  test.setTimeout(120_000);
  const engineer = await tablet("engineer");
  await workedOffline(engineer, server);
  await engineer.switchOff();
  await engineer.lose({ notes: false });

  await engineer.switchOn(`${server.url}/outbox`);
  const said = engineer.page.getByRole("dialog", { name: "本机数据库曾损坏" });
  await expect(said).toContainText("可能已丢失");
  await said.getByRole("button", { name: "知道了" }).tap();
  await expect(waiting(engineer.page)).toHaveCount(0);
});

test("a browser that is killed has everything that it said was saved", async ({ tablet, server }) => {
  test.setTimeout(120_000);
  const engineer = await tablet("engineer");
  await engineer.settleIn();
  const job = await workedOffline(engineer, server);
  await engineer.kill();
  await engineer.switchOn(job);
  await expect(pill(engineer.page)).toHaveText("离线 · 3 项已保存");
  await expect(engineer.page.getByRole("dialog", { name: "本机数据库曾损坏" })).toBeHidden();
});
