// What a browser keeps for the app, seen and altered from a page of the same origin that is not the app.
import type { Page } from "@playwright/test";
import type { Tablet } from "./tablet.ts";

/** Opens a window of the app's origin that runs nothing of the app. */
export async function openBareWindow(tablet: Tablet, serverUrl: string): Promise<Page> {
  return await tablet.openWindow(`${serverUrl}/icons.svg`);
}

/** The object stores that the first version of the database had. */
export const FIRST_STORES = ["meta", "outbox", "cards", "documents"];

/**
 * Makes the app's database again as another version of the app has it, with what is in it, and keeps it open, whatever the window
 * is asked to do. Nothing else may have it open.
 */
export async function keepOpenAs(bare: Page, version: number, stores: string[]): Promise<void> {
  await bare.evaluate(async ([version, stores]) => {
    const answer = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const name = (await indexedDB.databases()).map(({ name }) => name).find((name) => name?.startsWith("fieldloop-"));
    if (!name) throw new Error("the app has no database here");
    const present = await answer(indexedDB.open(name));
    const content = new Map<string, [IDBValidKey[], unknown[]]>();
    for (const store of stores.filter((store) => present.objectStoreNames.contains(store))) {
      const held = present.transaction(store).objectStore(store);
      const [keys, values] = [held.getAllKeys(), held.getAll()];
      content.set(store, [await answer(keys), await answer(values)]);
    }
    present.close();
    await answer(indexedDB.deleteDatabase(name));
    const opening = indexedDB.open(name, version);
    opening.onupgradeneeded = () => {
      for (const store of stores) {
        const made = opening.result.createObjectStore(store);
        const [keys, values] = content.get(store) ?? [[], []];
        keys.forEach((key, at) => made.put(values[at], key));
      }
    };
    // Kept, so that it is not closed for want of anybody who needs it.
    Object.assign(globalThis, { kept: await answer(opening) });
  }, [version, stores] as const);
}

/**
 * Holds back whatever the app of this page wants to record, until `letGo` is called; after `spoil`, it can't be kept. The page must
 * not be loaded anew meanwhile.
 */
export async function holdBack(page: Page): Promise<{ letGo: () => Promise<void>; spoil: () => Promise<void> }> {
  await page.evaluate(async () => {
    const name = (await indexedDB.databases()).map(({ name }) => name).find((name) => name?.startsWith("fieldloop-"));
    if (!name) throw new Error("the app has no database here");
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open(name);
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    // What wants to write waits for this transaction, which lasts as long as it has something to ask.
    const outbox = database.transaction("outbox", "readwrite").objectStore("outbox");
    let holding = true;
    const goOn = () => {
      if (holding) outbox.count().onsuccess = goOn;
      else database.close();
    };
    goOn();
    const waiting: IDBTransaction[] = [];
    const begin = IDBDatabase.prototype.transaction;
    IDBDatabase.prototype.transaction = function (...args) {
      const transaction = begin.apply(this, args);
      if (transaction.mode === "readwrite") waiting.push(transaction);
      return transaction;
    };
    const letGo = () => {
      IDBDatabase.prototype.transaction = begin;
      holding = false;
    };
    const spoil = () => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException("spoilt by a test", "QuotaExceededError");
      };
      for (const transaction of waiting) transaction.abort();
      letGo();
    };
    Object.assign(globalThis, { held: { letGo, spoil } });
  });
  const ask = (deed: "letGo" | "spoil") => async () =>
    await page.evaluate((deed) => (globalThis as unknown as { held: Record<string, () => void> }).held[deed]?.(), deed);
  return { letGo: ask("letGo"), spoil: ask("spoil") };
}

/** Fills the app's origin with what nobody needs, until not even a little more goes in. */
export async function fillToTheBrim(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const filler = await new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open("filler", 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore("filler", { autoIncrement: true });
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    const fits = (bytes: Uint8Array) =>
      new Promise<boolean>((resolve) => {
        const transaction = filler.transaction("filler", "readwrite", { durability: "strict" });
        transaction.objectStore("filler").add(bytes);
        transaction.oncomplete = () => resolve(true);
        transaction.onabort = () => resolve(false);
      });
    for (let size = 64 * 1024; size >= 64; size /= 8) {
      // Chance can't be pressed together.
      while (await fits(crypto.getRandomValues(new Uint8Array(size))));
    }
    filler.close();
  });
}

/** How many bytes the app holds in reserve. */
export async function reserveOf(page: Page): Promise<number> {
  return await page.evaluate(async () => {
    const journals = await (await navigator.storage.getDirectory()).getDirectoryHandle("journals");
    let bytes = 0;
    for await (const folder of (journals as unknown as { values(): AsyncIterable<FileSystemDirectoryHandle> }).values()) {
      const reserve = await folder.getFileHandle("reserve").catch(() => undefined);
      bytes += (await reserve?.getFile())?.size ?? 0;
    }
    return bytes;
  });
}
