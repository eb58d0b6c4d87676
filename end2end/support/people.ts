// The people of the example company, and how they sign in and find their way.
import { expect, type Locator, type Page } from "@playwright/test";

export const PASSWORD = "fieldloop-demo";

/** User names of the example company, with the names that the screens show. */
export const PEOPLE = {
  admin: "赵一鸣",
  supervisor: "陈国强",
  agent: "周敏",
  engineer: "王磊",
  engineer2: "沈佳怡",
  engineer4: "高翔",
} as const;

export type User = keyof typeof PEOPLE;

/** Opens the app, signs in, and waits until everything the person may see has come. */
export async function signIn(page: Page, user: User): Promise<void> {
  await page.goto("/");
  await page.getByLabel("用户名").fill(user);
  await page.getByLabel("密码").fill(PASSWORD);
  await page.getByRole("button", { name: "登录" }).click();
  await expect(pill(page)).toHaveText("已全部上传");
}

/** The pill that says where the work is; it leads to the page of what is not on the server. */
export function pill(page: Page): Locator {
  return page.locator("a[href='/outbox']").first();
}

/** Takes one of a question's short answers. */
export async function choose(within: Page | Locator, question: string, answer: string): Promise<void> {
  await within.getByRole("group", { name: question }).getByRole("radio", { name: answer, exact: true }).check();
}

/** The entries of a ticket's history, latest first. */
export function history(page: Page): Locator {
  const time = page.getByRole("time");
  return page.getByRole("list", { name: "经过" }).getByRole("listitem").filter({ has: time });
}
