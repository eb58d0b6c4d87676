// Service levels: drafted, tried out on what was, published, and followed by every clock; and what would be if.
import type { Locator, Page } from "@playwright/test";
import { examine } from "../support/axe.ts";
import { waitUntilOfflineReady } from "../support/client.ts";
import { expect, test } from "../support/journey.ts";
import { pill } from "../support/people.ts";

test.use({ serverOptions: { demo: true } });

/** An urgent ticket of the example company whose work is under way. */
const URGENT = "75 kW 空压机高温停机";

async function newDraft(page: Page): Promise<void> {
  await page.goto("/policy");
  await page.getByRole("button", { name: "新建草稿" }).click();
  await expect(page.getByRole("textbox", { name: "草稿名称" })).toBeVisible();
}

async function section(page: Page, name: string): Promise<Locator> {
  await page.getByRole("tab", { name }).click();
  return page.getByRole("tabpanel");
}

/** A figure of the time machine. */
async function figure(page: Page, word: string): Promise<number> {
  const tally = page.locator(".tally").filter({ has: page.getByText(word, { exact: true }) });
  return Number(await tally.locator(".tally__figure").textContent());
}

/** The clock of a ticket's head that counts to the end of the work. */
function resolution(page: Page): Locator {
  return page.locator(".ticket__clocks").getByRole("button", { name: /解决时限/ });
}

/** When that clock is due, as it says. */
async function due(page: Page): Promise<string | undefined> {
  return /，([^，]+) 到期/.exec((await resolution(page).textContent()) ?? "")?.[1];
}

test("an administrator drafts, mends, tries out and publishes; a supervisor's clock follows and says why", async ({ desk }) => {
  test.setTimeout(180_000);
  const supervisor = await desk("supervisor");
  await supervisor.getByRole("link", { name: URGENT }).first().click();
  await expect(supervisor.getByRole("heading", { name: URGENT })).toBeVisible();
  const before = await due(supervisor);
  expect(before).toBeDefined();

  const page = await desk("admin");
  await newDraft(page);

  await test.step("halves the urgent target", async () => {
    const targets = await section(page, "时限");
    const urgent = targets.getByRole("textbox", { name: "解决 · 紧急" });
    await urgent.fill("0");
    await expect(targets.getByText("请填写大于零的数字")).toBeVisible();
    await urgent.fill("12");
    await expect(targets.getByText("请填写大于零的数字")).toBeHidden();
    await expect(page.getByRole("status").getByText("已保存到服务器")).toBeVisible();
  });

  await test.step("opens on Saturdays with a lunch break", async () => {
    const calendars = await section(page, "日历");
    await calendars.getByRole("button", { name: "星期六：添加时段" }).click();
    await calendars.getByRole("button", { name: "星期六：添加午休" }).click();
    await expect(calendars.getByRole("row", { name: /^星期六/ }).getByText("休息 12:00–13:00")).toBeVisible();
  });

  await test.step("is told of reversed hours where they are, and can't publish", async () => {
    const calendars = page.getByRole("tabpanel");
    await calendars.getByLabel("星期六，第 2 段结束").fill("08:00");
    await expect(calendars.getByRole("row", { name: /^星期六/ })).toContainText("13:00–08:00 的结束早于开始");
    await page.getByRole("button", { name: "发布…" }).click();
    const dialog = page.getByRole("dialog", { name: "发布服务时限" });
    await expect(dialog.getByRole("alert")).toContainText("星期六：13:00–08:00 的结束早于开始");
    await expect(dialog.getByRole("button", { name: "发布", exact: true })).toHaveAttribute("aria-disabled", "true");
    await dialog.getByRole("button", { name: /13:00–08:00/ }).click();
    await expect(dialog).toBeHidden();
    await calendars.getByLabel("星期六，第 2 段结束").fill("9x");
    await expect(calendars.getByText("请填写 00:00 到 24:00 的时间")).toBeVisible();
    await calendars.getByLabel("星期六，第 2 段结束").fill("17");
    await expect(calendars.getByText("的结束早于开始")).toBeHidden();
  });

  await test.step("finds the draft as it was left", async () => {
    await expect(page.getByRole("status").getByText("已保存到服务器")).toBeVisible();
    await page.reload();
    const calendars = await section(page, "日历");
    await expect(calendars.getByLabel("星期六，第 2 段结束")).toHaveValue("17:00");
    const changes = await section(page, "变化");
    await expect(changes.getByRole("row", { name: /C5 解决 · 紧急/ })).toContainText(/24 小时.*12 小时/);
    await expect(changes.getByRole("row", { name: /星期六/ })).toContainText("09:00–12:00、13:00–17:00");
  });

  await test.step("tries it out on what was", async () => {
    const machine = await section(page, "时光机");
    await machine.getByRole("button", { name: "重新计算" }).click();
    await expect(machine.getByText(/张工单，\d+ 个时钟/)).toBeVisible({ timeout: 60_000 });
    expect(await figure(page, "时钟")).toBeGreaterThan(100);
    expect(await figure(page, "新增超时")).toBeGreaterThan(0);
    const newly = machine.getByRole("region", { name: "会新增超时的" });
    const late = newly.getByRole("row", { name: /C5 解决/ }).first();
    await expect(late).toContainText(/\d+ (小时|天|分钟)/);
    await expect(late.getByRole("link")).toHaveAttribute("href", /^\/tickets\//);
    const open = machine.getByRole("region", { name: "未结工单：现在的变化" });
    await expect(open.getByRole("row", { name: new RegExp(URGENT) })).toBeVisible();
  });

  await test.step("publishes with a reason", async () => {
    await page.getByRole("button", { name: "发布…" }).click();
    const dialog = page.getByRole("dialog", { name: "发布服务时限" });
    await expect(dialog).toContainText("C5 解决 · 紧急：24 小时 → 12 小时");
    await expect(dialog).toContainText("新增超时");
    await dialog.getByRole("button", { name: "发布", exact: true }).click();
    await expect(dialog).toContainText("请简单说明改动内容");
    await dialog.getByLabel("改了什么，为什么").fill("紧急工单 12 小时内解决");
    await dialog.getByRole("button", { name: "发布", exact: true }).click();
    await expect(page.getByRole("region", { name: "生效中" })).toContainText("紧急工单 12 小时内解决");
    await expect(page.getByText("没有草稿")).toBeVisible();
  });

  await test.step("the supervisor's clock has moved, and says why", async () => {
    await expect.poll(() => due(supervisor)).not.toBe(before);
    expect(await due(supervisor)).toBeDefined();
    await resolution(supervisor).click();
    const why = supervisor.getByRole("dialog");
    await expect(why).toContainText("第 3 版");
    await expect(why).toContainText("12 小时");
    await expect(why).toContainText("紧急工单 12 小时内解决");
  });
});

test("a version for later is listed, and can be withdrawn; a supervisor reads, and changes nothing", async ({ desk }) => {
  const page = await desk("admin");
  await newDraft(page);
  const targets = await section(page, "时限");
  await targets.getByRole("textbox", { name: "受理", exact: true }).fill("15");
  await page.getByRole("button", { name: "发布…" }).click();
  const dialog = page.getByRole("dialog", { name: "发布服务时限" });
  await dialog.getByRole("radio", { name: "以后" }).check();
  await dialog.getByLabel("改了什么，为什么").fill("明年起 15 分钟受理");
  await dialog.getByRole("button", { name: "发布", exact: true }).click();
  const row = page.getByRole("row", { name: /第 3 版/ });
  await expect(row).toContainText("待生效");

  const supervisor = await desk("supervisor");
  await supervisor.goto("/policy");
  await supervisor.getByRole("link", { name: "第 3 版" }).click();
  await expect(supervisor.getByRole("row", { name: /C1 受理/ })).toContainText(/10 分钟.*15 分钟/);
  await section(supervisor, "日历");
  await expect(supervisor.getByRole("tabpanel")).toContainText("09:00–12:00、13:00–18:00");
  await expect(supervisor.getByRole("button", { name: "新建日历" })).toHaveCount(0);

  await row.getByRole("button", { name: "撤回" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "撤回" }).click();
  await expect(row).toBeHidden();
});

test("a list of holidays is taken over from a file after a look at what it changes", async ({ desk }) => {
  const page = await desk("admin");
  await newDraft(page);
  const holidays = await section(page, "节假日");
  const file = (text: string) => ({ name: "holidays.json", mimeType: "application/json", buffer: Buffer.from(text) });
  const field = holidays.getByLabel("导入文件");
  await field.setInputFiles(file('{"id": "cn"'));
  await expect(holidays.getByRole("alert")).toContainText("不是 JSON");
  const list = { id: "tw", name: { "zh-CN": "台湾节假日" }, until: "2027-12-31", days: { "2027-01-01": { is: "holiday", name: { "zh-CN": "元旦" } } } };
  await field.setInputFiles(file(JSON.stringify(list)));
  const dialog = page.getByRole("dialog", { name: "台湾节假日" });
  await expect(dialog).toContainText("新增 1 天");
  await expect(dialog.getByRole("row", { name: /2027-01-01/ })).toContainText("元旦");
  await dialog.getByRole("button", { name: "导入" }).click();
  await expect(holidays.getByRole("row", { name: /台湾节假日/ })).toContainText("没有日历");
});

test("what if answers without a network", async ({ desk }) => {
  const page = await desk("agent");
  await waitUntilOfflineReady(page);
  await page.goto("/what-if");
  await expect(page.getByRole("heading", { level: 1, name: "到期试算" })).toBeVisible();
  await page.context().setOffline(true);
  await page.reload();
  await expect(pill(page)).toContainText("离线");
  await page.getByLabel("时限", { exact: true }).selectOption({ label: "任意时长" });
  await page.getByRole("textbox", { name: "时长" }).fill("8");
  await page.getByLabel("开始时间").fill("2026-03-06T10:00");
  await page.getByLabel("日历").selectOption({ label: "办公时间" });
  const answer = page.getByRole("region", { name: "答案" });
  // Friday from ten: two hours before lunch, five after; the eighth ends on Monday at ten.
  await expect(answer.getByRole("time").first()).toHaveAttribute("datetime", "2026-03-09T02:00:00Z");
  await expect(answer).toContainText("12:00 至 13:00 休息，不计入");
});

test("pages of service levels hold to WCAG 2.2 AA", async ({ desk }) => {
  test.setTimeout(480_000);
  const page = await desk("admin");
  await newDraft(page);
  const draft = page.url();
  await examine(page, "service levels", async (words) => {
    await page.goto("/policy");
    await expect(page.getByRole("region", { name: words.policy_in_force })).toBeVisible();
  });
  for (const tab of ["policy_targets", "policy_calendars", "policy_holidays", "policy_contracts", "policy_reminders", "machine_title"]) {
    await examine(page, tab, async (words) => {
      await page.goto(draft);
      await page.getByRole("tab", { name: words[tab] }).click();
      await expect(page.getByRole("tabpanel", { name: words[tab] })).toBeVisible();
    });
  }
  await examine(page, "what if", async (words) => {
    await page.goto("/what-if");
    await expect(page.getByRole("region", { name: words.what_if_answer }).getByRole("time").first()).toBeVisible();
  });
});
