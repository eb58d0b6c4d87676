// What comes in after its author has lost the ticket waits for the supervisor, who lets one change in and declines another; the
// engineer hears of both.
import type { Locator, Page } from "@playwright/test";
import { examine } from "../support/axe.ts";
import { expect, test } from "../support/journey.ts";
import { history, PEOPLE, pill } from "../support/people.ts";
import { nextStep, openTicket, reassign } from "../support/work.ts";

test.use({ serverOptions: { demo: true } });

const LOST = "切割断面挂渣，功率下降";
const [TAKEN, DECLINED] = ["13900001111", "13900002222"];

test("a supervisor lets one late change in and declines another, and their author hears who and why", async ({ desk, tablet, server }) => {
  test.setTimeout(240_000);
  const engineer = await tablet("engineer");
  await engineer.page.getByRole("link", { name: LOST }).tap();
  await expect(nextStep(engineer.page, "恢复处理")).toBeVisible();
  const job = engineer.page.url();
  await server.kill();
  await expect(pill(engineer.page)).toHaveText("离线");
  for (const phone of [TAKEN, DECLINED]) await changePhone(engineer.page, phone);
  await expect(pill(engineer.page)).toHaveText("离线 · 2 项已保存");
  await engineer.switchOff();

  await server.startAgain();
  const office = await desk("supervisor");
  await expect(entry(office)).toHaveText("待确认的补传");
  await openTicket(office, LOST);
  await reassign(office, "高翔");

  await engineer.switchOn(job);
  await expect(pill(engineer.page)).toHaveText("已全部上传");
  await expect(entry(office).getByLabel("2 项补传待确认")).toBeVisible();
  await entry(office).click();
  const first = arrival(office, TAKEN);
  await expect(first).toContainText(PEOPLE.engineer);
  await expect(first).toContainText("送达时工单已不在记录人或其团队名下");
  await examine(office, "late arrivals", async (words) => {
    await office.reload();
    await expect(office.getByRole("button", { name: words.late_admit, exact: true }).first()).toBeVisible();
  });
  await office.evaluate(() => localStorage.setItem("fieldloop-locale", "zh-CN"));
  await office.reload();

  await first.getByRole("button", { name: "采纳", exact: true }).click();
  await expect(office.getByText("已采纳，现已计入")).toBeVisible();
  await expect(first).toHaveCount(0);
  await expect(entry(office).getByLabel("1 项补传待确认")).toBeVisible();

  const second = arrival(office, DECLINED);
  await second.getByRole("button", { name: "不采纳" }).press("Enter");
  const question = office.getByRole("dialog", { name: "不采纳这项更改？" });
  await question.getByRole("button", { name: "不采纳" }).click();
  await expect(question.getByLabel("原因")).toHaveAttribute("aria-invalid", "true");
  await question.getByLabel("原因").fill("客户又换了号码");
  // What was typed outlives the page.
  await office.reload();
  await second.getByRole("button", { name: "不采纳" }).press("Enter");
  await expect(question.getByLabel("原因")).toHaveValue("客户又换了号码");
  await question.getByRole("button", { name: "不采纳" }).click();
  await expect(question).toBeHidden();
  await expect(office.getByText("没有待确认的补传")).toBeVisible();
  await expect(entry(office)).toHaveText("待确认的补传");

  await office.getByRole("navigation").getByRole("link", { name: /^工单/ }).click();
  await openTicket(office, LOST);
  const entered = history(office).filter({ hasText: TAKEN });
  await expect(entered).toContainText(PEOPLE.engineer);
  await expect(entered).toContainText(`由 ${PEOPLE.supervisor} 采纳`);
  await expect(office.getByText(DECLINED)).toHaveCount(0);

  // The tablet was told at once.
  await expect(pill(engineer.page)).toHaveText("1 项需要处理");
  await pill(engineer.page).tap();
  const refused = engineer.page.getByRole("listitem").filter({ hasText: "修改联系人" });
  await expect(refused).toHaveCount(1);
  await expect(refused).toContainText(`${PEOPLE.supervisor} 未采纳`);
  await expect(refused).toContainText("原因：客户又换了号码");
  await refused.getByRole("button", { name: "放弃" }).tap();
  await engineer.page.getByRole("dialog", { name: "放弃这项更改？" }).getByRole("button", { name: "放弃" }).tap();
  await expect(pill(engineer.page)).toHaveText("已全部上传");
});

/** The way to the list, in the office's navigation. */
function entry(page: Page): Locator {
  return page.getByRole("navigation").getByRole("link", { name: /待确认的补传/ });
}

function arrival(page: Page, text: string): Locator {
  return page.getByRole("list", { name: "待确认的更改" }).getByRole("listitem").filter({ hasText: text });
}

async function changePhone(page: Page, phone: string): Promise<void> {
  await page.getByRole("button", { name: "修改联系人" }).tap();
  const sheet = page.getByRole("dialog", { name: "修改联系人" });
  await sheet.getByLabel("电话").fill(phone);
  await sheet.getByRole("button", { name: "保存" }).tap();
  await expect(sheet).toBeHidden();
}
