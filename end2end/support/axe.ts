// Looking at a screen as WCAG 2.2 AA asks, in every language.
import { readdir, readFile } from "node:fs/promises";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";

const LOCALES = new URL("../../app/locales/", import.meta.url);
/** All that WCAG 2.2 AA asks for and a program can check. */
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** What may go wrong in one language and not in another: names that are missing, and words that crowd each other. */
const OF_WORDS = ["aria-command-name", "aria-dialog-name", "aria-input-field-name", "aria-toggle-field-name", "button-name",
  "document-title", "html-has-lang", "html-lang-valid", "image-alt", "label", "label-content-name-mismatch", "link-name",
  "role-img-alt", "select-name", "svg-img-alt", "target-size", "valid-lang"];

/** The words of the app in one language. */
export type Words = Record<string, string>;

/** Goes to a screen in every language, and expects axe to find nothing there, by day and by night. */
export async function examine(page: Page, screen: string, go: (words: Words) => Promise<void>): Promise<void> {
  const [last, ...others] = await readdir(LOCALES);
  const look = async (locale: string | undefined, ask: (axe: AxeBuilder) => AxeBuilder) =>
    await test.step(`${screen}, ${locale}`, async () => {
      if (!locale) throw new Error("the app has no words");
      await page.evaluate((locale) => localStorage.setItem("fieldloop-locale", locale), locale);
      await go(await words(locale));
      await expectNothingFound(page, `${screen} in ${locale}`, ask);
    });
  for (const locale of others) await look(locale, (axe) => axe.withRules(OF_WORDS));
  await look(last, (axe) => axe.withTags(TAGS));
  // The night changes colours and nothing else, the same in every language.
  await page.emulateMedia({ colorScheme: "dark" });
  await expectNothingFound(page, `${screen}, dark`, (axe) => axe.withRules(["color-contrast"]));
  await page.emulateMedia({ colorScheme: "light" });
}

async function expectNothingFound(page: Page, where: string, ask: (axe: AxeBuilder) => AxeBuilder): Promise<void> {
  // Colours that are still changing would be measured half-way; what turns for ever changes none.
  await page.evaluate(async () => {
    const ending = document.getAnimations().filter((animation) => animation.effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(ending.map((animation) => animation.finished));
  });
  const { violations } = await ask(new AxeBuilder({ page })).analyze();
  const found = violations.map(({ id, nodes }) => [id, ...nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)]);
  expect.soft(found, where).toEqual([]);
}

async function words(locale: string): Promise<Words> {
  const folder = new URL(`${locale}/`, LOCALES);
  const files = (await readdir(folder)).map(async (file) => JSON.parse(await readFile(new URL(file, folder), "utf8")) as Words);
  return Object.assign({}, ...(await Promise.all(files)));
}
