// What people do to tickets, step by step on the screens.
import { expect, type Locator, type Page } from "@playwright/test";
import { choose, history, PEOPLE } from "./people.ts";
import { A_NAME, draw } from "./tablet.ts";

/** The customer of the journeys' own tickets. */
export const CUSTOMER = { phone: "13800002468", name: "李明", company: "申港包装", region: "上海" };

/** Registers an urgent fault at the call desk; it goes to whom the rules propose, and they say why. */
export async function registerFault(page: Page, summary: string): Promise<void> {
  await typeFault(page, summary);
  await page.getByRole("button", { name: "登记并分派" }).click();
  await expect(page.getByRole("heading", { name: summary })).toBeVisible();
}

/** The same as far as it is typed. */
export async function typeFault(page: Page, summary: string): Promise<void> {
  await page.getByRole("link", { name: "登记工单" }).click();
  const field = (name: RegExp) => page.getByRole("region", { name: "登记信息" }).getByLabel(name);
  await field(/^电话/).fill(CUSTOMER.phone);
  await field(/^联系人/).fill(CUSTOMER.name);
  await field(/^公司/).fill(CUSTOMER.company);
  await field(/^地区/).fill(CUSTOMER.region);
  await field(/^客户原话/).fill("机器一开就报 E07，整条线等着，请快来。");
  await field(/^一句话概括/).fill(summary);
  await choose(page, "紧急程度", "紧急");
  await field(/^序列号/).fill("KY75-2405-0117");
  await field(/^型号/).fill("KY-75");
  await field(/^未核实的原因/).fill("客户手边没有发票");
  const proposal = page.getByRole("region", { name: "派单建议" });
  await expect(proposal).toContainText(PEOPLE.engineer);
  await expect(proposal.getByRole("listitem")).toContainText(["故障", `负责${CUSTOMER.region}`, "熟悉 KY-", "在手工单最少"]);
}

/** Finds a ticket in the office's list, which draws only what fits, and opens it. */
export async function openTicket(page: Page, title: string): Promise<void> {
  const search = page.getByRole("searchbox");
  await search.fill(title);
  await page.getByRole("link", { name: title }).click();
  await search.fill("");
  await expect(page.getByRole("heading", { level: 1, name: title }).or(page.getByRole("heading", { level: 2, name: title }))).toBeVisible();
}

/** Gives the ticket that is open at the desk to somebody else. */
export async function reassign(office: Page, to: string): Promise<void> {
  await office.getByRole("button", { name: "改派" }).first().click();
  const dialog = office.getByRole("dialog", { name: "分派工单" });
  await dialog.getByRole("radio", { name: new RegExp(`^${to}`) }).check();
  await dialog.getByRole("button", { name: "分派", exact: true }).click();
  await expect(history(office).first()).toContainText(`分派给 ${to}`);
}

/** The job's next step, under the thumb. */
export function nextStep(page: Page, name: string): Locator {
  return page.getByRole("contentinfo").getByRole("button", { name, exact: true }).last();
}

/** Tells the customer who comes and by when. */
export async function contactCustomer(page: Page): Promise<void> {
  await nextStep(page, "联系客户").tap();
  const sheet = page.getByRole("dialog", { name: "记录进度" });
  await expect(sheet.getByRole("radio", { name: "已联系客户" })).toBeChecked();
  await sheet.getByLabel("说明").fill("已约好，带主板过去。");
  await sheet.getByRole("button", { name: "2 小时内" }).tap();
  await sheet.getByRole("button", { name: "保存" }).tap();
  await expect(sheet).toBeHidden();
}

/** Puts a new part in place of an old one. */
export async function replacePart(page: Page, part: { name: string; old: string; new: string }): Promise<void> {
  await page.getByRole("contentinfo").getByRole("button", { name: "更换配件" }).tap();
  const sheet = page.getByRole("dialog", { name: "更换配件" });
  await sheet.getByLabel(/^配件名称/).fill(part.name);
  await sheet.getByLabel(/^旧件序列号/).fill(part.old);
  await sheet.getByLabel(/^新件序列号/).fill(part.new);
  await sheet.getByRole("button", { name: "保存" }).tap();
  await expect(sheet).toBeHidden();
}

/** Says what was found and done. */
export async function complete(page: Page, found: string, done: string): Promise<void> {
  await page.getByRole("contentinfo").getByRole("button", { name: "完工", exact: true }).last().tap();
  await page.getByLabel(/^发现的问题/).fill(found);
  await page.getByLabel(/^完成的工作/).fill(done);
  await page.getByRole("button", { name: "确认完工" }).tap();
  await expect(nextStep(page, "请客户签字")).toBeVisible();
}

/** Goes from the sheet to the signature, with the best mark on the way. */
export async function readAndRate(page: Page, signer: string | RegExp = `我是${CUSTOMER.name}`): Promise<void> {
  await expect(page.getByRole("heading", { name: "请核对本次服务内容" })).toBeVisible();
  await page.getByRole("button", { name: "继续" }).tap();
  await page.getByRole("radio", { name: "非常满意" }).tap();
  await page.getByRole("button", { name: "继续" }).tap();
  await page.getByRole("button", { name: signer }).tap();
}

/** Signs with a finger and gives the tablet back. */
export async function sign(page: Page): Promise<void> {
  await draw(page.getByRole("img", { name: "签名区" }), A_NAME);
  await page.getByRole("button", { name: "确认并签字" }).tap();
  await expect(page.getByText("您的签字已保存。")).toBeVisible();
  await page.getByRole("button", { name: "交还工程师" }).tap();
  await page.getByRole("button", { name: "我是工程师" }).tap();
}

/** Adds a note to the job. */
export async function addNote(page: Page, text: string): Promise<void> {
  await page.getByRole("contentinfo").getByRole("button", { name: "记录进度" }).tap();
  const sheet = page.getByRole("dialog", { name: "记录进度" });
  await sheet.getByLabel("说明").fill(text);
  await sheet.getByRole("button", { name: "保存" }).tap();
  await expect(sheet).toBeHidden();
}

/** Says at a desk how soon a ticket must be dealt with. */
export async function changeUrgency(page: Page, urgency: string, reason: string): Promise<void> {
  const dialog = await openAct(page, "调整紧急程度");
  await choose(dialog, "紧急程度", urgency);
  await dialog.getByLabel("调整原因").fill(reason);
  await dialog.getByRole("button", { name: "保存" }).click();
  await expect(dialog).toBeHidden();
}

/** Opens the dialog of something that can be done to a ticket at a desk. */
export async function openAct(page: Page, act: string): Promise<Locator> {
  await page.getByLabel("更多操作").click();
  await page.locator("details[open]").getByRole("button", { name: act }).click();
  const dialog = page.getByRole("dialog", { name: act });
  await expect(dialog).toBeVisible();
  return dialog;
}
