// Several windows of one person in one browser, and what browsers do to windows that nobody looks at.
import { expect, type Page } from "@playwright/test";

/** What a window shows that may not write. */
export function elsewhere(page: Page) {
  return page.getByRole("heading", { name: "Fieldloop 已在另一个窗口打开" });
}

/** A window in which nothing goes on until it is let go on. */
export interface Frozen {
  thaw(): Promise<void>;
}

/**
 * Stops everything in a window, as a browser does that saves power: it answers nobody, and holds all that it held. What `first` says
 * is what it does when it goes on, before it hears of anything that has happened meanwhile.
 *
 * The debugger does it: a window that is driven always counts as looked at, and those are never frozen otherwise.
 */
export async function freeze(page: Page, first = ""): Promise<Frozen> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Debugger.enable");
  const paused = new Promise((resolve) => devtools.once("Debugger.paused", resolve));
  const script = devtools.send("Runtime.evaluate", { expression: `debugger; ${first}` });
  await paused;
  return {
    async thaw() {
      await devtools.send("Debugger.resume");
      await script;
      await devtools.detach();
    },
  };
}

/** The one of several windows in which somebody can work; waits until there is one. */
export async function workingWindow(windows: Page[]): Promise<Page> {
  const works = (page: Page) => page.getByRole("contentinfo").getByRole("button", { name: "记录进度", exact: true }).isVisible();
  let working: Page[] = [];
  const look = async () => {
    working = [];
    for (const page of windows) if (await works(page)) working.push(page);
    return working.length;
  };
  await expect.poll(look, { message: "one window works", timeout: 30_000 }).toBe(1);
  return working[0] as Page;
}
