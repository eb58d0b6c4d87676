// Somebody who records one note after the other, as fast as the screen allows: by hands that are in the page itself.
import type { Page } from "@playwright/test";

/** Notes on the job that is open, named by a label and counting up, until the page ends; each is told once the screen says where it is. */
export async function noteWithoutEnd(page: Page, label: string, told: (note: string) => void): Promise<void> {
  await page.exposeFunction("fieldloopTold", told);
  await page.evaluate(async (label) => {
    const once = async <T>(find: () => T | null | undefined): Promise<T> => {
      for (;;) {
        const found = find();
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    };
    const button = (within: ParentNode | null, words: string) =>
      [...(within?.querySelectorAll("button") ?? [])].find((button) => button.textContent?.trim() === words && !button.disabled);
    const sheet = () => document.querySelector("dialog[open]");
    for (let number = 1; ; number += 1) {
      const note = `${label}.${number} 条`;
      (await once(() => button(document, "记录进度"))).click();
      const words = await once(() => sheet()?.querySelector("textarea"));
      words.value = note;
      words.dispatchEvent(new Event("input", { bubbles: true }));
      // Opened again before the browser has said that it is closed, a sheet would be closed by that.
      const closed = new Promise((resolve) => sheet()?.addEventListener("close", resolve, { once: true }));
      (await once(() => button(sheet(), "保存"))).click();
      const entry = () => [...document.querySelectorAll("li")].find((entry) => entry.textContent?.includes(note) && entry.querySelector("time"));
      await once(() => /已存本机|已到服务器|已有备份/.test(entry()?.textContent ?? ""));
      (globalThis as unknown as { fieldloopTold(note: string): void }).fieldloopTold(note);
      await closed;
    }
  }, label);
}
