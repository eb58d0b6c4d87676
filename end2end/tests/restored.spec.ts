// The server goes back to a backup: what tablets still have comes again by itself, and each change says where it is.
import { expect, type Page } from "@playwright/test";
import { test } from "../support/journey.ts";
import { history, PASSWORD, pill } from "../support/people.ts";
import { lostAndTwice, notesOf, ticketAt } from "../support/record.ts";
import { addNote, registerFault } from "../support/work.ts";

test.use({ serverOptions: { demo: true } });

const JOB = "现场发现：二手激光机水温报警";

/** A restore ends all sessions. */
async function signInAgain(page: Page): Promise<void> {
  const dialog = page.getByRole("dialog", { name: "请重新登录" });
  await dialog.getByLabel("密码").fill(PASSWORD);
  await dialog.getByRole("button", { name: "登录" }).click();
  await expect(dialog).toBeHidden();
}

test("after a restore everything is on the server again, once, under the same number, and says so", async ({ tablet, desk, server }) => {
  test.setTimeout(180_000);
  const engineer = await tablet("engineer");
  await engineer.page.getByRole("link", { name: JOB }).tap();
  const entry = (note: string) => history(engineer.page).filter({ hasText: note });
  const ticket = ticketAt(engineer.page.url());
  await addNote(engineer.page, "备份之前");
  await expect(entry("备份之前")).toContainText("已到服务器");
  const backup = await server.backUp();
  // The running server looks for backups every quarter of a minute.
  await expect(entry("备份之前")).toContainText("已有备份", { timeout: 40_000 });

  await addNote(engineer.page, "备份之后");
  await expect(entry("备份之后")).toContainText("已到服务器");
  const agent = await desk("agent");
  await registerFault(agent, "备份之后登记");
  const numbered = agent.getByRole("link", { name: "备份之后登记" });
  await expect(numbered).toContainText(/FB\d{9}/);
  const number = /FB\d+/.exec((await numbered.textContent()) ?? "")?.[0] ?? "";
  await expect(pill(agent)).toHaveText("已全部上传");

  await server.goBackTo(backup);
  // The one who comes first has a ticket that the server knows less of.
  await signInAgain(engineer.page);
  await expect(pill(engineer.page)).toHaveText("已全部上传", { timeout: 60_000 });
  await expect(entry("备份之后")).toContainText("已到服务器");
  await expect(entry("备份之前")).not.toContainText("已有备份");
  const supervisor = await desk("supervisor");
  await expect(supervisor.getByRole("link", { name: "备份之后登记" })).toHaveCount(0);
  await signInAgain(agent);
  await expect(pill(agent)).toHaveText("已全部上传", { timeout: 60_000 });
  await expect(supervisor.getByRole("link", { name: "备份之后登记" })).toContainText(number);
  const notes = ["备份之前", "备份之后"];
  const record = (await notesOf(supervisor, ticket)).filter((note) => note.startsWith("备份"));
  expect(lostAndTwice(notes, record)).toEqual({ lost: [], twice: [] });
  expect(record, "in order").toEqual(notes);

  await server.backUp();
  for (const note of notes) await expect(entry(note)).toContainText("已有备份", { timeout: 40_000 });
});
