// The pictures of the README: what each of three people has before them on an ordinary day.
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { expect, test } from "../support/journey.ts";
import { A_NAME, draw } from "../support/tablet.ts";
import { complete, nextStep, openTicket } from "../support/work.ts";

test.use({ serverOptions: { demo: true } });

const JOB = "现场发现：二手激光机水温报警";

async function take(page: Page, name: string): Promise<void> {
  // Nothing that says how the page came to be: no pointer over a row, no message that is about to go.
  await page.mouse.move(0, 0);
  await expect(page.locator(".toast")).toHaveCount(0, { timeout: 30_000 });
  const path = fileURLToPath(new URL(`../../docs/pictures/${name}.png`, import.meta.url));
  await page.screenshot({ path, animations: "disabled" });
}

test("a job, and its signature", async ({ tablet }) => {
  const { page } = await tablet("engineer");
  await page.getByRole("link", { name: JOB }).tap();
  await expect(page.getByRole("contentinfo")).toBeVisible();
  await take(page, "job");
  await complete(page, "水箱滤芯堵塞", "更换滤芯，水温正常");
  await nextStep(page, "请客户签字").tap();
  await page.getByRole("button", { name: "继续" }).tap();
  await page.getByRole("radio", { name: "非常满意" }).tap();
  await page.getByRole("button", { name: "继续" }).tap();
  await page.getByRole("button", { name: /^我是/ }).tap();
  await draw(page.getByRole("img", { name: "签名区" }), A_NAME);
  await take(page, "sign-off");
});

test("the office, and its wall", async ({ desk }) => {
  const page = await desk("supervisor");
  await openTicket(page, "油气分离芯破裂");
  await expect(page.getByRole("list", { name: "经过" })).toBeVisible();
  await take(page, "office");
  await page.goto("/live");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.locator("button.clock").first().click();
  await expect(page.getByRole("dialog").getByRole("heading", { level: 3 }).first()).toBeVisible();
  await take(page, "wall");
});
