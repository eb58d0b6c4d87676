// The office's screens hold to WCAG 2.2 AA in every language.
import { examine } from "../support/axe.ts";
import { expect, test } from "../support/journey.ts";

test.use({ serverOptions: { demo: true } });

test("signing in", async ({ page }) => {
  await page.goto("/");
  await examine(page, "sign-in", async (words) => {
    await page.reload();
    await expect(page.getByRole("heading", { name: words.sign_in_title })).toBeVisible();
  });
});

test("the office", async ({ desk }) => {
  test.setTimeout(480_000);
  const page = await desk("admin");
  const show = async (address: string, heading: string | undefined) => {
    await page.goto(address);
    await expect(page.getByRole("heading", { level: 1, name: heading })).toBeVisible();
  };
  await page.getByRole("link", { name: "油气分离芯破裂" }).click();
  const ticket = page.url();

  await examine(page, "tickets", (words) => show("/tickets", words.tickets_title));
  await examine(page, "a ticket", async (words) => {
    await page.goto(ticket);
    await expect(page.getByRole("list", { name: words.timeline_label })).toBeVisible();
  });
  await examine(page, "a ticket's assignment", async (words) => {
    await page.goto(ticket);
    await page.getByRole("button", { name: words.act_reassign }).first().click();
    await expect(page.getByRole("dialog")).toBeVisible();
  });
  await examine(page, "live", (words) => show("/live", words.live_title));
  await examine(page, "why", async (words) => {
    await show("/live", words.live_title);
    await page.locator("button.clock").first().click();
    await expect(page.getByRole("dialog").getByRole("heading", { name: words.ledger_part_time })).toBeVisible();
  });
  await examine(page, "reassigning", async (words) => {
    await show("/live", words.live_title);
    await page.locator(".person-button").first().click();
    await expect(page.getByRole("dialog", { name: words.reassign_title }).locator(".person-option").first()).toBeVisible();
  });
  await examine(page, "notices", async (words) => {
    await show("/live", words.live_title);
    await page.getByRole("button", { name: new RegExp(`^${words.bell_title}`) }).click();
    await expect(page.getByRole("dialog", { name: words.bell_title })).toBeVisible();
  });
  await examine(page, "intake", (words) => show("/tickets/new", words.intake_title));
  await examine(page, "people", async (words) => {
    await show("/people", words.people_title);
    await expect(page.getByRole("row").nth(3)).toBeVisible();
  });
  await examine(page, "late arrivals", (words) => show("/late-arrivals", words.late_title));
  await examine(page, "tablets", (words) => show("/tablets", words.tablets_title));
  await examine(page, "outbox", (words) => show("/outbox", words.outbox_title));
});
