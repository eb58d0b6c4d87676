// Two people who can't see each other decide the same thing: both devices end with the same answer, and the other one isn't lost.
import type { Page } from "@playwright/test";
import { expect, test } from "../support/journey.ts";
import { PEOPLE, pill } from "../support/people.ts";
import { changeUrgency } from "../support/work.ts";

test.use({ serverOptions: { demo: true } });

test("of two urgencies set apart the later one holds, and one tap brings the other back", async ({ desk, server }) => {
  test.setTimeout(120_000);
  const [agent, supervisor] = [await desk("agent"), await desk("supervisor")];
  for (const page of [agent, supervisor]) await page.getByRole("link", { name: "洗衣机脱水时移位、噪声大" }).click();
  await server.kill();
  for (const page of [agent, supervisor]) await expect(pill(page)).toHaveText("离线");

  await changeUrgency(agent, "低", "客户说不急");
  await changeUrgency(supervisor, "紧急", "经销商在催");
  await expect(urgency(agent, "低")).toBeVisible();
  await expect(urgency(supervisor, "紧急")).toBeVisible();

  await server.startAgain();
  for (const page of [agent, supervisor]) {
    await expect(pill(page)).toHaveText("已全部上传", { timeout: 60_000 });
    await expect(urgency(page, "紧急")).toBeVisible();
    await expect(conflicts(page)).toContainText("紧急程度被两个人分别设置");
    await expect(conflicts(page).getByText("未生效").locator("..")).toContainText(`“低” · 客户说不急 ${PEOPLE.agent}`);
  }

  await conflicts(supervisor).getByRole("button", { name: "改用这一项" }).click();
  for (const page of [agent, supervisor]) {
    await expect(urgency(page, "低")).toBeVisible();
    await expect(conflicts(page)).toBeHidden();
  }
});

function urgency(page: Page, word: string) {
  return page.getByRole("article").getByText(word, { exact: true });
}

function conflicts(page: Page) {
  return page.getByRole("region", { name: "需要决定" });
}
