// A photo is worth what a signature is worth: said to be saved, it is there, on the tablet and in the end at the office.
import { createHash, randomBytes } from "node:crypto";
import type { Locator, Page } from "@playwright/test";
import { expect, test } from "../support/journey.ts";
import { pill } from "../support/people.ts";
import { takePhoto } from "../support/photo.ts";
import { addNote, openTicket } from "../support/work.ts";

test.use({ serverOptions: { demo: true } });

const MIB = 1024 * 1024;
const JOB = "现场发现：二手激光机水温报警";

function panel(page: Page): Locator {
  return page.getByRole("region", { name: "照片和文件" });
}

function photos(page: Page): Locator {
  return panel(page).getByRole("listitem");
}

/** All of them are to be seen, and not only their frames. */
async function expectToSee(page: Page, count: number): Promise<void> {
  await expect(photos(page)).toHaveCount(count);
  await panel(page).scrollIntoViewIfNeeded();
  const drawn = () =>
    photos(page)
      .locator("img")
      .evaluateAll((images) => images.filter((image) => (image as HTMLImageElement).naturalWidth > 0).length);
  await expect.poll(drawn, { timeout: 20_000 }).toBe(count);
}

test("photos taken without a network come through a restart and a line that is cut", async ({ tablet, desk, server }) => {
  test.setTimeout(180_000);
  const engineer = await tablet("engineer");
  await engineer.settleIn();
  await engineer.page.getByRole("link", { name: JOB }).tap();
  await expect(panel(engineer.page)).toContainText("还没有照片或文件");
  const job = engineer.page.url();
  await server.kill();
  await expect(pill(engineer.page)).toHaveText("离线");

  const taken = [await takePhoto(engineer.page, "铭牌"), await takePhoto(engineer.page, "漏水处")];
  await engineer.page.getByLabel("添加照片").setInputFiles(taken);
  await expectToSee(engineer.page, 2);
  for (const photo of await photos(engineer.page).all()) await expect(photo).toContainText("已存本机");
  await expect(pill(engineer.page)).toHaveText("离线 · 4 项已保存");

  await engineer.kill();
  await engineer.switchOn(job);
  await expectToSee(engineer.page, 2);
  await expect(pill(engineer.page)).toHaveText("离线 · 4 项已保存");

  let cuts = 0;
  await engineer.page.context().route("**/api/files**", async (route) => {
    const method = route.request().method();
    // The first of each: once before it comes to the server, once before its answer comes back.
    if (cuts < 4 && method !== "GET") {
      cuts += 1;
      if (cuts % 2 === 0) await route.fetch().catch(() => undefined);
      await route.abort();
    } else {
      await route.continue();
    }
  });
  await server.startAgain();
  await expect(pill(engineer.page)).toHaveText("已全部上传", { timeout: 90_000 });
  expect(cuts).toBe(4);
  for (const photo of await photos(engineer.page).all()) await expect(photo).toContainText("已到服务器");

  const office = await desk("supervisor");
  await openTicket(office, JOB);
  await expectToSee(office, 2);
  const sources = await photos(office).locator("img").evaluateAll((images) => images.map((image) => (image as HTMLImageElement).src));
  for (const source of sources) {
    const given = await office.request.get(source);
    const content = await given.body();
    expect(source).toContain(createHash("sha256").update(content).digest("hex"));
    expect(content.includes("Exif"), "what the camera wrote is not passed on").toBe(false);
  }

  await photos(office).first().getByRole("button").click();
  const large = office.getByRole("dialog", { name: "铭牌.jpg" });
  const picture = large.getByRole("img", { name: "铭牌.jpg" });
  await expect(picture).toHaveAttribute("width", "1200");
  await expect(picture).toHaveAttribute("height", "1600");
  await expect(large).toContainText("31.24000, 121.48667");
  await expect(large).toContainText("09:30");
  await office.keyboard.press("Escape");
  await expect(large).toBeHidden();
});

test("on a full tablet a file is refused with a reason, work is saved all the same, and the file is kept once there is room", async ({ tablet, server }) => {
  test.setTimeout(120_000);
  const engineer = await tablet("engineer");
  await engineer.page.getByRole("link", { name: JOB }).tap();
  await expect(panel(engineer.page)).toBeVisible();
  // Chance can't be pressed together: what counts is the room that it takes on the disk.
  const report = { name: "检测报告.pdf", mimeType: "application/pdf", buffer: randomBytes(12 * MIB) };
  const job = engineer.page.url();
  // A browser asks now and then how much room there is, and goes by that for a while: it is told before the app opens its database.
  await engineer.switchOff();
  await engineer.switchOn("about:blank");
  const { page } = engineer;
  const devtools = await page.context().newCDPSession(page);
  const origin = new URL(server.url).origin;
  const { usage } = await devtools.send("Storage.getUsageAndQuota", { origin });
  await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: usage + 5 * MIB });
  await page.goto(job);

  await page.getByLabel("添加文件").setInputFiles(report, { timeout: 60_000 });
  await expect(panel(page).getByRole("alert")).toContainText("本机空间不够", { timeout: 30_000 });
  await expect(photos(page)).toHaveCount(0);
  await addNote(page, "报告存不下，已口头告知客户");
  await expect(page.getByText("报告存不下，已口头告知客户")).toBeVisible();

  // Nothing but this page has the file. It is counted wherever somebody looks, and nobody leaves it behind by mistake.
  await pill(page).tap();
  await expect(page.getByRole("alert").filter({ hasText: "有 1 个照片或文件没能添加到 FB" })).toBeVisible();
  await expect(pill(page)).toHaveText("1 张照片没有添加");
  const asked = page.waitForEvent("dialog");
  await page.close({ runBeforeUnload: true });
  const dialog = await asked;
  expect(dialog.type()).toBe("beforeunload");
  await dialog.dismiss();
  await page.getByRole("link", { name: "打开工单" }).tap();

  // The browser goes by what it had been told of its room for a while.
  await devtools.send("Storage.overrideQuotaForOrigin", { origin });
  const again = page.getByRole("button", { name: "再试一次" });
  await expect(async () => {
    await again.tap({ timeout: 1_000 });
    await expect(photos(page)).toHaveCount(1, { timeout: 5_000 });
  }).toPass({ timeout: 60_000 });
  await expect(panel(page).getByRole("alert")).toHaveCount(0);

  await engineer.switchOff();
  await engineer.switchOn(job);
  await expect(engineer.page.getByText("报告存不下，已口头告知客户")).toBeVisible();
  await expect(photos(engineer.page)).toHaveCount(1);
});

test("a file that is no photo is kept as it is, and one that is nothing of ours is not", async ({ tablet }) => {
  const { page } = await tablet("engineer");
  await page.getByRole("link", { name: JOB }).tap();
  const sheet = { name: "检测报告.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7\n…") };
  const broken = { name: "坏照片.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no photo at all") };
  const program = { name: "x.html", mimeType: "text/html", buffer: Buffer.from("<p>") };
  await page.getByLabel("添加文件").setInputFiles([sheet, broken, program]);
  await expect(photos(page)).toHaveCount(1);
  await expect(photos(page)).toContainText("检测报告.pdf");
  await expect(panel(page).getByRole("alert")).toHaveCount(2);
  await expect(panel(page).getByRole("alert").first()).toContainText("坏照片.jpg");
});
