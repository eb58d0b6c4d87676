// Looking at a screen as WCAG 2.2 AA asks, in every language.
import { readdir, readFile } from "node:fs/promises";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";

const LOCALES = new URL("../../app/locales/", import.meta.url);
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** The words of the app in one language. */
export type Words = Record<string, string>;

/** Goes to a screen in every language, and expects axe to find nothing there, by day and by night. */
export async function examine(page: Page, screen: string, go: (words: Words) => Promise<void>): Promise<void> {
  for (const locale of await readdir(LOCALES)) {
    await test.step(`${screen}, ${locale}`, async () => {
      await page.evaluate((locale) => localStorage.setItem("fieldloop-locale", locale), locale);
      await go(await words(locale));
      await expectNothingFound(page, `${screen} in ${locale}`);
      await page.emulateMedia({ colorScheme: "dark" });
      await expectNothingFound(page, `${screen} in ${locale}, dark`);
      await page.emulateMedia({ colorScheme: "light" });
    });
  }
}

async function expectNothingFound(page: Page, where: string): Promise<void> {
  // Colours that are still changing would be measured half-way; what turns for ever changes none.
  await page.evaluate(async () => {
    const ending = document.getAnimations().filter((animation) => animation.effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(ending.map((animation) => animation.finished));
  });
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
  const found = violations.map(({ id, nodes }) => [id, ...nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)]);
  expect.soft(found, where).toEqual([]);
}

async function words(locale: string): Promise<Words> {
  const folder = new URL(`${locale}/`, LOCALES);
  const files = (await readdir(folder)).map(async (file) => JSON.parse(await readFile(new URL(file, folder), "utf8")) as Words);
  return Object.assign({}, ...(await Promise.all(files)));
}
