// What a browser promises to keep, and what it doesn't, is said where the work is that it may lose.
import type { BrowserContext, Page } from "@playwright/test";
import { expect, test } from "../support/journey.ts";
import { PASSWORD, pill, signIn } from "../support/people.ts";

test.use({ serverOptions: { demo: true } });

/** Signs in without waiting for anything after it. */
async function signInAndNoMore(page: Page): Promise<void> {
  await page.goto("/");
  await page.getByLabel("用户名").fill("engineer");
  await page.getByLabel("密码").fill(PASSWORD);
  await page.getByRole("button", { name: "登录" }).click();
}

/** Takes the private files away, from the page and from its workers. */
async function withoutFiles(context: BrowserContext): Promise<void> {
  const refuse = `StorageManager.prototype.getDirectory = () => Promise.reject(new DOMException("not here", "SecurityError"));\n`;
  await context.addInitScript(refuse);
  await context.route("**/journal*.js", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: refuse + (await answer.text()) });
  });
}

/** How browsers refuse to keep databases where nothing is to be left behind. */
const WITHOUT_DATABASES: Record<string, string> = {
  "has no databases": `Object.defineProperty(globalThis, "indexedDB", { value: undefined });`,
  "opens no databases": `IDBFactory.prototype.open = () => { throw new DOMException("not here", "SecurityError"); };`,
};

for (const [how, script] of Object.entries(WITHOUT_DATABASES)) {
  test(`a browser that ${how} and keeps no files is not worked in, and says why and what to do`, async ({ browser, baseURL, server }) => {
    const context = await browser.newContext({ baseURL, serviceWorkers: "block" });
    try {
      await context.addInitScript(script);
      await withoutFiles(context);
      const page = await context.newPage();
      await signInAndNoMore(page);
      const refused = page.getByRole("heading", { name: "这个浏览器不允许 Fieldloop 保存数据" });
      await expect(refused).toBeVisible();
      await expect(page.getByText("请在普通窗口（非无痕窗口）中打开 Fieldloop")).toBeVisible();
      await server.kill();
      await page.getByRole("button", { name: "写出救援文件" }).click();
      await expect(page.getByText("救援文件没有写成", { exact: true })).toBeVisible();
      await expect(refused).toBeVisible();
      await expect(page.getByText(/已存本机|已保存/)).toHaveCount(0);
      // Nobody is locked in: whoever has what can be read in a file may go.
      await expect(page.getByRole("button", { name: "重置本机" })).toBeVisible();
      await page.getByRole("button", { name: "退出登录" }).click();
      await expect(page.getByRole("dialog", { name: "没有退出登录" })).toContainText("读不出");
      await expect(page.getByRole("contentinfo")).toHaveCount(0);
    } finally {
      await context.close();
    }
  });
}

test("a private window can't be told from others, so what it means is said wherever nothing is promised", async ({ page }) => {
  // A context that Playwright makes is such a window: everything in it ends with it.
  await signIn(page, "engineer");
  await pill(page).tap();
  await expect(page.getByText("设备空间不足时浏览器可能清除数据")).toBeVisible();
  await expect(page.getByText("若是无痕窗口，关闭后全部清除")).toBeVisible();
});

for (const setting of ["granted", "denied"] as const) {
  test(`whether the browser promises to keep what is saved is shown beside what is on its way: ${setting}`, async ({ tablet, server }) => {
    const engineer = await tablet("engineer");
    const devtools = await engineer.page.context().newCDPSession(engineer.page);
    const { origin } = new URL(server.url);
    await devtools.send("Browser.setPermission", { permission: { name: "persistent-storage" }, setting, origin });
    await engineer.page.reload();
    await pill(engineer.page).tap();
    const standing = engineer.page.getByRole("definition").last();
    const notice = engineer.page.getByText("设备空间不足时浏览器可能清除数据");
    if (setting === "granted") {
      await expect(standing).toHaveText("正常；浏览器不会自动清除");
      await expect(notice).toBeHidden();
    } else {
      await expect(standing).toHaveText("正常");
      await expect(notice).toBeVisible();
      await expect(engineer.page.getByText("安装到主屏幕以保护本机数据，并尽早连网上传")).toBeVisible();
    }
  });
}
