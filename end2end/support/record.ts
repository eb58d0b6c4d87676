// What the server has, asked the way a device asks.
import type { Page } from "@playwright/test";

interface Change {
  id: string;
  action: { kind: string; body: { note?: string } };
}

interface PullResponse {
  documents: { ticket: string; log: { change: Change }[] }[];
  cursor: unknown;
  scope: string;
  more: boolean;
}

/** The changes in a ticket's record, in its order, for whoever is signed in on the page. */
export async function recordOf(page: Page, ticket: string): Promise<Change[]> {
  let has: object = {};
  let found: Change[] | undefined;
  for (let more = true; more; ) {
    const address = new URL("/api/sync/pull", page.url()).href;
    const answer = await page.request.post(address, { headers: { "X-Fieldloop": "1" }, data: { protocol: 1, ...has } });
    if (!answer.ok()) throw new Error(`the server answers a pull with ${answer.status()}`);
    const { documents, cursor, scope, more: isMore }: PullResponse = await answer.json();
    found = documents.find((document) => document.ticket === ticket)?.log.map(({ change }) => change) ?? found;
    has = { cursor, scope };
    more = isMore;
  }
  if (!found) throw new Error(`the server tells of no ticket ${ticket}`);
  return found;
}

/** What was noted on a ticket, in the order of its record. */
export async function notesOf(page: Page, ticket: string): Promise<string[]> {
  const changes = await recordOf(page, ticket);
  return changes.filter(({ action }) => action.kind === "log_progress").map(({ action }) => action.body.note ?? "");
}

/** Of what was said to be saved: what the record lacks, and what of the record is there more than once. */
export function lostAndTwice(said: string[], record: string[]): { lost: string[]; twice: string[] } {
  return {
    lost: said.filter((note) => !record.includes(note)),
    twice: record.filter((note, at) => record.indexOf(note) !== at),
  };
}

/** The ticket that a job's address leads to. */
export function ticketAt(address: string): string {
  const ticket = /\/jobs\/([0-9a-f-]{36})/.exec(address)?.[1];
  if (!ticket) throw new Error(`${address} leads to no job`);
  return ticket;
}
