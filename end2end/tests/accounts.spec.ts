// Coming in and going out: the first administrator of an empty server, and nobody leaves work behind.
import { expect, test } from "../support/journey.ts";
import { PASSWORD, pill } from "../support/people.ts";
import { addNote } from "../support/work.ts";

test("the link that the first start prints makes the first administrator, once", async ({ page, server }) => {
  const link = /http\S+\/welcome#\S+/.exec(server.log)?.[0];
  expect(link).toBeDefined();
  const welcome = async () => {
    await page.goto(link ?? "");
    await page.getByLabel("您的姓名").fill("赵一鸣");
    await page.getByLabel("用户名").fill("zhao");
    await page.getByLabel("新密码").fill("一句好记的话，足够长");
    await page.getByRole("button", { name: "创建管理员" }).click();
  };
  await welcome();
  await page.getByRole("link", { name: "开始工作" }).click();
  await expect(pill(page)).toHaveText("已全部上传");
  await page.getByRole("link", { name: "人员与部门" }).click();
  await expect(page.getByRole("row", { name: "赵一鸣" })).toContainText("系统管理员");

  await page.locator("summary", { hasText: "账户与设置" }).click();
  await page.getByRole("button", { name: "退出登录" }).click();
  await expect(page.getByRole("heading", { name: "登录" })).toBeVisible();
  await page.goto("about:blank");
  await welcome();
  await expect(page.getByText("链接已使用或已过期。请索取新的链接。")).toBeVisible();
});

test.describe("at work", () => {
  test.use({ serverOptions: { demo: true } });

  test("nobody signs out while something is only on their tablet", async ({ tablet, server }) => {
    const engineer = await tablet("engineer");
    const signOut = async () => {
      await engineer.page.locator("summary", { hasText: "账户与设置" }).tap();
      await engineer.page.getByRole("button", { name: "退出登录" }).tap();
    };
    await engineer.page.getByRole("link", { name: "现场发现：二手激光机水温报警" }).tap();
    await server.kill();
    await expect(pill(engineer.page)).toHaveText("离线");
    await addNote(engineer.page, "滤芯已更换");
    await expect(pill(engineer.page)).toHaveText("离线 · 1 项已保存");

    await signOut();
    const refusal = engineer.page.getByRole("dialog", { name: "没有退出登录" });
    await expect(refusal).toContainText("有 1 项更改只保存在本机上");
    await refusal.getByRole("link", { name: "查看这些更改" }).tap();
    await expect(engineer.page.getByRole("listitem").filter({ hasText: "备注" })).toContainText("已存本机");

    await server.startAgain();
    await expect(pill(engineer.page)).toHaveText("已全部上传", { timeout: 60_000 });
    await signOut();
    await expect(engineer.page.getByRole("heading", { name: "登录" })).toBeVisible();
  });

  test("who works at the office signs out on whatever they hold; a tap beside the menu only closes it", async ({ tablet }) => {
    const { page } = await tablet("agent");
    const menu = page.locator("summary", { hasText: "账户与设置" });
    const signOut = page.getByRole("button", { name: "退出登录" });
    for (const size of [{ width: 1440, height: 900 }, { width: 1180, height: 820 }, { width: 390, height: 844 }]) {
      await page.setViewportSize(size);
      await menu.tap();
      await expect(signOut).toBeInViewport({ ratio: 1 });
      await page.keyboard.press("Escape");
      await expect(signOut).toBeHidden();
      await expect(menu).toBeFocused();
    }
    await menu.tap();
    await expect(signOut).toBeVisible();
    const beside = page.getByRole("link", { name: "冷水机高压报警" });
    const place = await beside.boundingBox();
    await page.touchscreen.tap((place?.x ?? 0) + 20, (place?.y ?? 0) + 10);
    await expect(signOut).toBeHidden();
    await expect(page).toHaveURL(/\/tickets$/);
    await menu.tap();
    await signOut.tap();
    await expect(page.getByRole("heading", { name: "登录" })).toBeVisible();
  });

  test("whose session has ended need only type their password", async ({ tablet }) => {
    const { page } = await tablet("engineer");
    await page.context().clearCookies();
    await page.reload();
    const dialog = page.getByRole("dialog", { name: "请重新登录" });
    await expect(dialog.getByLabel("用户名")).toHaveValue("engineer");
    await expect(dialog.getByLabel("密码")).toBeFocused();
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press("Enter");
    await expect(dialog).toBeHidden();
    await expect(pill(page)).toHaveText("已全部上传");
  });
});
