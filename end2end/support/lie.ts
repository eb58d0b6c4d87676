// An answer that is not true, as a planted loss: whoever looks for losses must find it.
import type { Page } from "@playwright/test";

interface Change {
  id: string;
}

/** Has a change with these words pass for one that the server has taken, though the server never hears of it. */
export async function passOver(page: Page, words: string): Promise<void> {
  // Farther on than the server's history gets: until then the device waits for the document that has it.
  const verdict = { verdict: "applied", revision: 1_000_000_000 };
  await page.route("**/api/sync/push", async (route) => {
    const push: { changes: Change[] } = route.request().postDataJSON();
    const isMeant = (change: Change) => JSON.stringify(change).includes(words);
    const changes = push.changes.filter((change) => !isMeant(change));
    const response = await route.fetch({ postData: JSON.stringify({ ...push, changes }) });
    const answer: { verdicts: object[] } = await response.json();
    const passedOver = push.changes.filter(isMeant).map(({ id }) => ({ id, verdict }));
    await route.fulfill({ response, json: { ...answer, verdicts: [...answer.verdicts, ...passedOver] } });
  });
}
