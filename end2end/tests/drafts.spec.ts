// What has been typed and not recorded yet outlives the page it was typed on.
import { expect, test } from "../support/journey.ts";
import { history } from "../support/people.ts";
import type { Locator, Page } from "@playwright/test";

test.use({ serverOptions: { demo: true } });

const JOB = "现场发现：二手激光机水温报警";

test("a sheet's words survive a reload, and go once they are recorded or dropped", async ({ tablet }) => {
  test.setTimeout(120_000);
  const { page } = await tablet("engineer");
  await page.getByRole("link", { name: JOB }).tap();

  const note = () => open(page, "记录进度", "记录进度").then((sheet) => sheet.getByLabel("说明"));
  await (await note()).fill("滤芯型号看不清，");
  await page.reload();
  await expect(await note()).toHaveValue("滤芯型号看不清，");
  await page.getByRole("dialog").getByRole("button", { name: "保存" }).tap();
  await expect(history(page).getByText("滤芯型号看不清，")).toBeVisible();
  await expect(await note()).toHaveValue("");
  await page.getByRole("dialog").getByRole("button", { name: "取消" }).tap();

  const part = await open(page, "更换配件", "更换配件");
  await part.getByLabel(/^配件名称/).fill("水箱滤芯");
  await part.getByLabel(/^新件序列号/).fill("NEW-7");
  await part.getByRole("button", { name: "增加" }).tap();
  await page.reload();
  const again = await open(page, "更换配件", "更换配件");
  await expect(again.getByLabel(/^配件名称/)).toHaveValue("水箱滤芯");
  await expect(again.getByLabel(/^新件序列号/)).toHaveValue("NEW-7");
  await expect(again.locator("output")).toHaveText("2");
  await again.getByRole("button", { name: "取消" }).tap();
  await page.reload();
  await expect((await open(page, "更换配件", "更换配件")).getByLabel(/^配件名称/)).toHaveValue("");
});

async function open(page: Page, button: string, title: string): Promise<Locator> {
  await page.getByRole("contentinfo").getByRole("button", { name: button, exact: true }).tap();
  const sheet = page.getByRole("dialog", { name: title });
  await expect(sheet).toBeVisible();
  return sheet;
}
