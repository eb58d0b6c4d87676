// Deadlines that hold in a dispute: every due time says why, a breach that was none is taken back, and the wall is for acting.
import type { Page } from "@playwright/test";
import { expect, test } from "../support/journey.ts";
import { history, pill } from "../support/people.ts";
import { complete, openTicket } from "../support/work.ts";

test.use({ serverOptions: { demo: true } });

const LATE = "冷水机高压报警，三个月内第三次";

test("a supervisor asks why a ticket is late and reads it line by line", async ({ desk }) => {
  const page = await desk("supervisor");
  await page.getByRole("link", { name: "实时看板" }).click();
  const row = page.getByRole("row").filter({ hasText: LATE }).filter({ hasText: "解决" });
  const clock = row.getByRole("button", { name: /解决时限：已超时 .+为什么？$/ });
  await clock.click();

  const why = page.getByRole("dialog", { name: /^为什么？解决时限/ });
  await expect(why.getByText(/“分派给 高翔”（.+）开始计时。/)).toBeVisible();
  await expect(why.getByText(/服务时限第 \d+ 版：紧急程度为“紧急”的工单，“解决”时限为 24 小时。/)).toBeVisible();
  await expect(why.getByText(/连续计入 24 小时。/)).toBeVisible();
  await expect(why.getByText(/因此应在 .+ 前完成。/)).toBeVisible();
  await expect(why.getByText(/已用 .+，时限 24 小时，超出 .+/)).toBeVisible();
  await expect(why.getByText(/^FB\d{9} · .+ · /)).toBeVisible();

  // Printed, the explanation stands alone.
  await page.emulateMedia({ media: "print" });
  await expect(why.getByText(/连续计入/)).toBeVisible();
  await expect(page.getByRole("heading", { name: "实时看板" })).toBeHidden();
  await page.emulateMedia({ media: "screen" });

  await page.keyboard.press("Escape");
  await expect(why).toBeHidden();
  await expect(clock).toBeFocused();
});

test("a lateness that the office saw is taken back when work done in time comes in, and everybody can read why", async ({
  desk,
  server,
  tablet,
}) => {
  test.setTimeout(150_000);
  // Five hours ago the engineer was last within reach.
  await server.kill();
  await server.startAgain({ FIELDLOOP_CLOCK_BEHIND_S: "18000" });
  const engineer = await tablet("engineer4");
  await engineer.page.getByRole("link", { name: LATE }).tap();
  await server.kill();
  await expect(pill(engineer.page)).toHaveText("离线");
  await expect(jobClocks(engineer.page).getByRole("button", { name: /解决时限/ })).toBeVisible();
  await engineer.page.context().setOffline(true);

  await server.startAgain();
  const office = await desk("supervisor");
  await openTicket(office, LATE);
  await expect(clocks(office).getByRole("button", { name: /解决时限：已超时/ })).toBeVisible();

  // Without a network the tablet explains as well, and says that the last word is the server's.
  await jobClocks(engineer.page).getByRole("button", { name: /解决时限/ }).tap();
  const offline = engineer.page.getByRole("dialog", { name: /^为什么？解决时限/ });
  await expect(offline.getByText("离线时由本机推算，以服务器为准。")).toBeVisible();
  await offline.getByRole("button", { name: "关闭" }).last().tap();

  // The work was done five hours ago, three hours before it was due.
  await complete(engineer.page, "高压开关误动作", "更换高压开关，压力正常");
  await expect(clocks(office).getByRole("button", { name: /解决时限：已超时/ })).toBeVisible();
  await engineer.page.context().setOffline(false);
  await expect(pill(engineer.page)).toHaveText("已全部上传", { timeout: 60_000 });

  const met = clocks(office).getByRole("button", { name: /解决时限：按时完成/ });
  await expect(met).toBeVisible({ timeout: 60_000 });
  await met.click();
  const why = office.getByRole("dialog", { name: /^为什么？解决时限/ });
  const correction = /从 .+ 到 .+ 曾显示为超时，现已撤回：“完工”（高翔）发生于 .+，.+ 才送达服务器。/;
  await expect(why.getByText(correction)).toBeVisible();
  await expect(why.getByText(/因“完工”（高翔）停止计时：按时。/)).toBeVisible();
  await office.keyboard.press("Escape");
  await expect(history(office).filter({ hasText: "高压开关误动作" })).toContainText(
    /“解决”从 .+ 到 .+ 曾显示为超时，现已撤回/,
  );
});

test("from the wall a ticket goes to somebody else in two clicks, or by keyboard alone", async ({ desk }) => {
  const page = await desk("supervisor");
  await page.getByRole("link", { name: "实时看板" }).click();
  const row = page.getByRole("row").filter({ hasText: LATE }).first();
  await expect(row).toContainText("高翔");

  await row.getByRole("button", { name: /改派 FB/ }).click();
  const choice = page.getByRole("dialog", { name: "改派" });
  await choice.getByRole("button", { name: /^.?李志远/ }).click();
  await expect(choice).toBeHidden();
  await expect(row).toContainText("李志远");

  // Now the rules propose the one who had it; the proposal has the focus.
  await row.getByRole("button", { name: /改派 FB/ }).press("Enter");
  await expect(choice.getByRole("button", { name: /高翔.*建议/ })).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await expect(row).toContainText("高翔");
});

test("the bell leads to the ticket it is about and keeps what it told without a network", async ({ desk, server }) => {
  const page = await desk("supervisor");
  const bell = page.getByRole("button", { name: /^通知：\d+ 条未读$/ });
  await bell.click();
  const list = page.getByRole("dialog", { name: "通知" });
  await list.getByRole("link", { name: /“解决”已超时.+冷水机高压报警/ }).click();
  await expect(page.getByRole("article").getByRole("heading", { name: LATE })).toBeVisible();

  await server.kill();
  await expect(pill(page)).toHaveText("离线");
  await page.getByRole("button", { name: /^通知/ }).click();
  await expect(list.getByText("离线：此前收到的内容")).toBeVisible();
  await expect(list.getByRole("link", { name: /“解决”已超时.+冷水机高压报警/ })).toBeVisible();
});

function clocks(office: Page) {
  return office.getByRole("region", { name: "时限" });
}

function jobClocks(page: Page) {
  return page.getByRole("article").locator(".job__clocks");
}
