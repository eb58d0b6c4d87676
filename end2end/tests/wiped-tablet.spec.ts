// A browser may clear all that it keeps of the app. What was only there is gone, and somebody must hear of it.
import type { Locator, Page, Request } from "@playwright/test";
import { examine } from "../support/axe.ts";
import { expect, test } from "../support/journey.ts";
import { history, PEOPLE, pill, signIn } from "../support/people.ts";
import { takePhoto } from "../support/photo.ts";
import { addNote } from "../support/work.ts";

test.use({ serverOptions: { demo: true } });

const JOB = "现场发现：二手激光机水温报警";
const HELD = "2 项记录 · 1 个照片或文件";
/** A tablet says nothing of what may be on its way. */
const PATIENCE = { timeout: 60_000 };
const STANDING = "/api/sync/standing";

/** What a tablet says of itself, if that is what it is about to send. */
function standing(request: Request): { waiting: number; files?: string[] } | undefined {
  return request.url().endsWith(STANDING) ? request.postDataJSON() : undefined;
}

/** The way to the list, in the office's navigation. */
function entry(page: Page): Locator {
  return page.getByRole("navigation").getByRole("link", { name: /未上传设备/ });
}

test("what a wiped tablet held is told to its person and to the office, until somebody says what became of it", async ({ tablet, desk, server }) => {
  test.setTimeout(240_000);
  const engineer = await tablet("engineer");
  let { page } = engineer;
  const office = await desk("supervisor");
  await expect(entry(office)).toHaveText("未上传设备");

  // A line on which everything arrives but the work.
  await page.route("**/api/sync/push", async (route) => {
    const nothing = { ...route.request().postDataJSON(), changes: [], complete: false };
    await route.fulfill({ response: await route.fetch({ postData: nothing }) });
  });
  await page.getByRole("link", { name: JOB }).tap();
  await expect(history(page).first()).toBeVisible();
  const told = page.waitForResponse((response) => {
    const said = standing(response.request());
    return said?.waiting === 2 && said.files?.length === 1;
  }, PATIENCE);
  await page.getByLabel("添加照片").setInputFiles(await takePhoto(page, "铭牌"));
  await expect(page.getByRole("region", { name: "照片和文件" }).getByRole("listitem")).toContainText("已存本机");
  await addNote(page, "水箱已排空");
  expect((await told).status()).toBe(200);

  await page.goto("about:blank");
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Storage.clearDataForOrigin", { origin: new URL(server.url).origin, storageTypes: "all" });
  // Private files may be on their way out for a while yet.
  await engineer.switchOff();
  await engineer.switchOn("about:blank");
  ({ page } = engineer);
  const heard = page.waitForResponse((response) => standing(response.request())?.waiting === 0, PATIENCE);
  await signIn(page, "engineer");
  await page.getByRole("link", { name: JOB }).tap();
  await expect(history(page).first()).toBeVisible();
  await expect(history(page).filter({ hasText: "水箱已排空" })).toHaveCount(0);
  await heard;
  await page.goto(`${server.url}/outbox`);
  const notice = page.getByText("您的另一台设备可能还存有工作").locator("..");
  await expect(notice).toContainText(HELD);

  await entry(office).click();
  await expect(entry(office).getByLabel("1 台设备存有未上传的工作且再无消息")).toBeVisible();
  await examine(office, "tablets", async (words) => {
    await office.reload();
    await expect(office.getByRole("button", { name: words.tablets_look, exact: true })).toBeVisible();
  });
  await office.evaluate(() => localStorage.setItem("fieldloop-locale", "zh-CN"));
  await office.reload();
  const line = office.getByRole("list", { name: "可能还存有工作的设备" }).getByRole("listitem");
  await expect(line).toHaveCount(1);
  await expect(line).toContainText(PEOPLE.engineer);
  await expect(line).toContainText(HELD);
  await expect(line).toContainText("此后已改用其他设备");
  await line.getByRole("button", { name: "已查明" }).press("Enter");
  const question = office.getByRole("dialog", { name: "这台设备怎么了？" });
  await question.getByRole("button", { name: "记下" }).click();
  await expect(question.getByLabel("情况说明")).toHaveAttribute("aria-invalid", "true");
  await question.getByLabel("情况说明").fill("浏览器清除了数据，已重新记录");
  await question.getByRole("button", { name: "记下" }).click();
  await expect(question).toBeHidden();
  await expect(office.getByText("没有设备存有未上传的工作")).toBeVisible();
  await expect(entry(office)).toHaveText("未上传设备");

  await expect(pill(page)).toHaveText("已全部上传");
  await page.getByRole("button", { name: "立即同步" }).tap();
  await expect(notice).toHaveCount(0);
});
