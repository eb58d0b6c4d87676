// Two windows with two versions of the app, and one database: nobody waits without being told why, and nothing that was typed is lost.
import type { Page } from "@playwright/test";
import { expect, test } from "../support/journey.ts";
import { history, pill } from "../support/people.ts";
import { FIRST_STORES, keepOpenAs, openBareWindow } from "../support/storage.ts";
import { addNote } from "../support/work.ts";

test.use({ serverOptions: { demo: true } });

const JOB = "现场发现：二手激光机水温报警";
const NOTE = "滤芯型号看不清，";

async function openJob(page: Page): Promise<void> {
  await page.getByRole("link", { name: JOB }).tap();
  await expect(history(page).first()).toBeVisible();
}

test("an older window that keeps its version open is named at once, and once it is closed the app goes on by itself", async ({ tablet, server }) => {
  test.setTimeout(120_000);
  const engineer = await tablet("engineer");
  await openJob(engineer.page);
  const job = engineer.page.url();
  await server.kill();
  await addNote(engineer.page, "水箱已排空");
  const older = await openBareWindow(engineer, server.url);
  await engineer.page.close();
  await keepOpenAs(older, 1, FIRST_STORES);

  const page = await engineer.openWindow(job);
  await expect(page.getByRole("heading", { name: "另一个窗口还开着旧版本的 Fieldloop" })).toBeVisible({ timeout: 8_000 });
  await expect(page.getByText("请关闭那个窗口")).toBeVisible();
  await older.close();
  await expect(history(page).filter({ hasText: "水箱已排空" })).toContainText("已存本机");
  await addNote(page, "滤芯已取出");
  // What belongs to the new version is there as well: files.
  await page.getByLabel("添加文件").setInputFiles({ name: "检测报告.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7\n…") });
  await expect(page.getByRole("region", { name: "照片和文件" }).getByRole("listitem")).toContainText("已存本机");
  await server.startAgain();
  await expect(pill(page)).toHaveText("已全部上传", { timeout: 60_000 });
  for (const note of ["水箱已排空", "滤芯已取出"]) await expect(history(page).filter({ hasText: note })).toContainText("已到服务器");
});

test("an older window makes way for a newer version, and keeps what was typed in it", async ({ tablet, server }) => {
  test.setTimeout(120_000);
  const engineer = await tablet("engineer");
  const { page } = engineer;
  await openJob(page);
  const openSheet = () => page.getByRole("contentinfo").getByRole("button", { name: "记录进度", exact: true }).tap();
  const sheet = page.getByRole("dialog", { name: "记录进度" });
  await openSheet();
  await sheet.getByLabel("说明").fill(NOTE);

  // It has to wait until all others have closed it: this one does.
  const newer = await openBareWindow(engineer, server.url);
  await newer.evaluate(async () => {
    const [name] = (await indexedDB.databases()).map(({ name }) => name).filter((name) => name?.startsWith("fieldloop-"));
    await new Promise((resolve, reject) => {
      const opening = indexedDB.open(name ?? "", 99);
      opening.onsuccess = resolve;
      opening.onblocked = () => reject(new Error("the older window does not make way"));
    });
  });
  await sheet.getByRole("button", { name: "保存" }).tap();
  await expect(sheet.getByRole("alert")).toContainText("本机数据由更新的版本写入");
  await expect(sheet.getByLabel("说明")).toHaveValue(NOTE);
  await page.reload();
  await expect(page.getByRole("heading", { name: "本设备用过更新版本的 Fieldloop" })).toBeVisible();

  // As if this build were the newer one.
  await page.goto("about:blank");
  await newer.reload();
  await keepOpenAs(newer, 2, [...FIRST_STORES, "chunks", "files"]);
  await newer.close();
  await page.goBack();
  await openSheet();
  await expect(sheet.getByLabel("说明")).toHaveValue(NOTE);
  await sheet.getByRole("button", { name: "保存" }).tap();
  await expect(history(page).filter({ hasText: NOTE })).toContainText("已到服务器");
});
