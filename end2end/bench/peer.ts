// A bare page with the same data, to compare with: no program to load, no rules, no rows; IndexedDB and nothing else.
//
// It keeps the tickets' documents the way that reads fastest, a hundred to a record, as bytes of JSON. When it is opened, it
// reads and decodes all of them and finds each by its ticket.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";

const DOCUMENTS_PER_RECORD = 100;

const SCRIPT = `
  const settled = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const opening = indexedDB.open("peer", 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore("documents");
    opening.result.createObjectStore("appended");
  };
  const database = await settled(opening);
  const strict = (store) => database.transaction(store, "readwrite", { durability: "strict" });
  const completed = (transaction) => new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });

  const records = await settled(database.transaction("documents").objectStore("documents").getAll());
  const decoder = new TextDecoder();
  const tickets = new Map();
  for (const record of records) {
    for (const document of JSON.parse(decoder.decode(record))) tickets.set(document.ticket, document);
  }
  window.read = { tickets: tickets.size, milliseconds: performance.now() };

  window.keep = async () => {
    const records = await (await fetch("/records")).json();
    const transaction = strict("documents");
    records.forEach((text, key) => {
      transaction.objectStore("documents").put(new TextEncoder().encode(text), key);
    });
    await completed(transaction);
  };
  window.append = async (count, bytes) => {
    const taken = [];
    for (let number = 0; number < count; number += 1) {
      const begun = performance.now();
      const transaction = strict("appended");
      transaction.objectStore("appended").put(new Uint8Array(bytes), begun);
      await completed(transaction);
      taken.push(performance.now() - begun);
    }
    return taken;
  };
`;

declare global {
  interface Window {
    read?: { tickets: number; milliseconds: number };
    keep: () => Promise<void>;
    append: (count: number, bytes: number) => Promise<number[]>;
  }
}

export class Peer {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** Serves the page, and these documents to it. */
  static async of(documents: string[]): Promise<Peer> {
    const records: string[] = [];
    for (let start = 0; start < documents.length; start += DOCUMENTS_PER_RECORD) {
      records.push(`[${documents.slice(start, start + DOCUMENTS_PER_RECORD).join()}]`);
    }
    const answers: Record<string, [kind: string, body: string]> = {
      "/": ["text/html", `<!doctype html><meta charset="utf-8"><title>Peer</title><script type="module">${SCRIPT}</script>`],
      "/records": ["application/json", JSON.stringify(records)],
    };
    const server = createServer(({ url = "" }, response) => {
      const [kind, body] = answers[url] ?? ["text/plain", ""];
      response.writeHead(body ? 200 : 404, { "content-type": kind }).end(body);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Peer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  }

  /** Opens the page and says how long it took, from the navigation on, until everything was read and could be found. */
  async open(page: Page, tickets: number): Promise<number> {
    await page.goto(this.url);
    const read = await (await page.waitForFunction(() => window.read)).jsonValue();
    if (read?.tickets !== tickets) throw new Error(`the peer read ${read?.tickets} tickets instead of ${tickets}`);
    return read.milliseconds;
  }

  /** Keeps the documents in the browser. */
  async fill(page: Page): Promise<void> {
    await this.open(page, 0);
    await page.evaluate(() => window.keep());
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }
}

/** Everything that the person signed in on this page may see, as the server sends it. */
export async function documentsOf(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    interface Answer {
      documents: unknown[];
      cursor: unknown;
      scope: string;
      more: boolean;
    }
    const documents: string[] = [];
    let from = {};
    for (;;) {
      const headers = { "content-type": "application/json", "x-fieldloop": "1" };
      const body = JSON.stringify({ protocol: 1, ...from });
      const answer = (await (await fetch("/api/sync/pull", { method: "POST", headers, body })).json()) as Answer;
      documents.push(...answer.documents.map((document) => JSON.stringify(document)));
      if (!answer.more) return documents;
      from = { cursor: answer.cursor, scope: answer.scope };
    }
  });
}
