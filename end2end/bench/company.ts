// A server with a company on it, and as many tickets as are wanted.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, type Page } from "@playwright/test";
import { pill } from "../support/people.ts";
import { FieldloopServer } from "../support/server.ts";

const LOAD = process.env.FIELDLOOP_LOAD;

/** User names, and everybody's password. */
export interface Company {
  engineer: string;
  agent: string;
  password: string;
}

/** Founds a company on an empty server; the engineer is accountable for the first `assigned` tickets. */
export async function found(server: FieldloopServer, tickets: number, assigned: number): Promise<Company> {
  if (!LOAD) throw new Error("FIELDLOOP_LOAD names the program that fills the server");
  await expect.poll(() => server.log).toContain("/welcome#");
  const link = /\S+\/welcome#\S+/.exec(server.log)?.[0] ?? "";
  const options = { address: `127.0.0.1:${server.port}`, link, tickets, assigned };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { stdout } = await promisify(execFile)(LOAD, ["fill", ...args]);
  return JSON.parse(stdout) as Company;
}

/** Signs in and waits until everything has come. */
export async function signIn(page: Page, url: string, user: string, password: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel("用户名").fill(user);
  await page.getByLabel("密码").fill(password);
  await page.getByRole("button", { name: "登录" }).click();
  await expect(pill(page)).toHaveText("已全部上传", { timeout: 120_000 });
}
