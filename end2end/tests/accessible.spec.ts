// The engineer's and the customer's screens hold to WCAG 2.2 AA in every language.
import { examine, type Words } from "../support/axe.ts";
import { expect, test } from "../support/journey.ts";
import { addNote, complete } from "../support/work.ts";

test.use({ serverOptions: { demo: true } });

const JOB = "现场发现：二手激光机水温报警";

test("the engineer's screens", async ({ tablet, server }) => {
  test.setTimeout(480_000);
  const { page } = await tablet("engineer");
  await page.getByRole("link", { name: JOB }).tap();
  await expect(page.getByRole("contentinfo")).toBeVisible();
  const job = page.url();

  await examine(page, "job list", async (words) => {
    await page.goto(server.url);
    await expect(page.getByRole("heading", { level: 1, name: words.jobs_title })).toBeVisible();
    await expect(page.getByRole("link", { name: JOB })).toBeVisible();
  });
  await examine(page, "job", async (words) => {
    await page.goto(job);
    await expect(page.getByRole("list", { name: words.timeline_label })).toBeVisible();
  });
  await examine(page, "progress sheet", async (words) => {
    await page.goto(job);
    await page.getByRole("button", { name: words.action_progress, exact: true }).tap();
    await expect(page.getByRole("dialog", { name: words.job_progress_title })).toBeVisible();
  });
  await examine(page, "why", async (words) => {
    await page.goto(job);
    await page.locator(".job__clocks button.clock").first().tap();
    await expect(page.getByRole("dialog").getByRole("heading", { name: words.ledger_part_time })).toBeVisible();
  });
  await examine(page, "plan", async (words) => {
    await page.goto(job);
    await page.getByRole("button", { name: words.act_plan }).tap();
    await page.getByRole("button", { name: words.plan_milestone_add }).tap();
    await expect(page.getByRole("dialog", { name: words.plan_title })).toBeVisible();
  });
  await examine(page, "part sheet", async (words) => {
    await page.goto(job);
    await page.getByRole("button", { name: words.action_part, exact: true }).tap();
    await expect(page.getByRole("dialog", { name: words.part_title })).toBeVisible();
  });
  await examine(page, "completion", async (words) => {
    await page.goto(`${job}/complete`);
    await page.getByRole("button", { name: words.complete_save }).tap();
    await expect(page.locator("[aria-invalid=true]").first()).toBeVisible();
  });
  await page.evaluate(() => localStorage.setItem("fieldloop-locale", "zh-CN"));
  await page.goto(job);
  await server.kill();
  await addNote(page, "滤芯已更换");
  await examine(page, "outbox", async (words) => {
    await page.goto(`${server.url}/outbox`);
    await expect(page.getByRole("heading", { level: 1, name: words.outbox_title })).toBeVisible();
    await expect(page.getByRole("heading", { name: words.outbox_waiting })).toBeVisible();
  });
  await examine(page, "page without the app", async () => {
    await page.evaluate(() => {
      const crash = { message: "a crash", at: Date.now(), build: "" };
      localStorage.setItem("fieldloop-crashes", JSON.stringify([crash, crash, crash]));
    });
    await page.goto(server.url);
    await expect(page.locator("#rescue")).toBeVisible();
  });
});

test("the customer's steps", async ({ tablet }) => {
  test.setTimeout(300_000);
  const { page } = await tablet("engineer");
  await page.getByRole("link", { name: JOB }).tap();
  const job = page.url();
  await complete(page, "水箱滤芯堵塞", "更换滤芯，水温正常");
  const begin = async (words: Words) => {
    await page.goto(job);
    await page.getByRole("button", { name: words.step_hand_over }).last().tap();
    await page.getByRole("radio", { name: words.language_own_name }).check();
    await expect(page.getByRole("heading", { level: 1, name: words.sign_read_title })).toBeVisible();
  };
  const giveBack = async (words: Words) => {
    await page.getByRole("button", { name: words.sign_hand_back }).tap();
    await page.getByRole("button", { name: words.sign_hand_back_do }).tap();
    await expect(page.getByRole("contentinfo")).toBeVisible();
  };
  const goOn = async (words: Words, title: string | undefined) => {
    await page.getByRole("button", { name: words.sign_continue }).tap();
    await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible();
  };
  let at: Words | undefined;
  const afresh = async (words: Words) => {
    if (at) await giveBack(at);
    at = words;
    await begin(words);
  };
  await examine(page, "reading", afresh);
  await examine(page, "rating", async (words) => {
    await afresh(words);
    await goOn(words, words.sign_rate_title);
  });
  await examine(page, "signing", async (words) => {
    await afresh(words);
    await goOn(words, words.sign_rate_title);
    await goOn(words, words.sign_sign_title);
  });
});
