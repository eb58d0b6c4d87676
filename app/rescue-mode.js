// What is still there when the app is not.
//
// It notes crashes and loads the page anew after one: what was typed lies in drafts and comes back. Where that leads from one
// crash to the next, or the app can't start at all, it shows the page in index.html that needs no app: what has happened, a
// rescue file (docs/rescue.md), and another try. The app writes its rescue files here as well, so that there is one way.

const PERSON = "fieldloop-person";
const LOCALE = "fieldloop-locale";
const THEME = "fieldloop-theme";
const KEY = "fieldloop-rescue-key";
const CRASHES = "fieldloop-crashes";
const BUILDS = "fieldloop-build-";

/** So many crashes within so many milliseconds, and starting anew is no help. */
const LOOP = { crashes: 3, withinMs: 60_000 };
const MOST_NOTES = 10;
const LONGEST_NOTE = 2_000;
/** Pause before the page is loaded anew, in milliseconds: what is being written at that moment comes to its end. */
const PAUSE_MS = 500;
/** Longest wait for the server's public key where an earlier one is known, in milliseconds. */
const PATIENCE_MS = 3_000;
/** A public key: 65 bytes in base64 without padding, in the alphabet for URLs. */
const KEY_FORM = /^[A-Za-z0-9_-]{87}$/;

// ---- Small things that are kept ------------------------------------------------------------------------------------

/** A small text that is kept; nothing also where the browser keeps none for us. */
function kept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keeps a small text. Says whether it is kept. */
function keep(key, text) {
  try {
    localStorage.setItem(key, text);
    return true;
  } catch {
    return false;
  }
}

function keptKeys() {
  try {
    return Object.keys(localStorage);
  } catch {
    return [];
  }
}

/** What the page itself says about the build. */
function meta(name) {
  return document.querySelector(`meta[name=${name}]`)?.getAttribute("content") ?? "";
}

// ---- Crashes -------------------------------------------------------------------------------------------------------

/** @typedef {{ message: string, at: number, build: string, tried?: boolean }} Crash `tried`: somebody has asked for another try since */

let hasCrashed = false;
// Before the app's own question whether to leave: what it would hold back is lost already, and it can't answer any more.
addEventListener("beforeunload", (event) => hasCrashed && event.stopImmediatePropagation());

/** The app has crashed: nothing on the screen works any more. @param {unknown} message */
function crashed(message) {
  if (hasCrashed) return;
  hasCrashed = true;
  const isNoted = note({ message: String(message).slice(0, LONGEST_NOTE), at: Date.now(), build: meta("build") });
  // Without a note nobody would know of a loop.
  setTimeout(() => (isNoted ? location.reload() : show("crashed")), PAUSE_MS);
}

/** @param {Crash} crash */
function note(crash) {
  return keep(CRASHES, JSON.stringify([...crashes(), crash].slice(-MOST_NOTES)));
}

/** @returns {Crash[]} the latest last */
function crashes() {
  try {
    const noted = JSON.parse(kept(CRASHES) ?? "[]");
    return Array.isArray(noted) ? noted : [];
  } catch {
    return [];
  }
}

function isLoopOfCrashes() {
  const now = Date.now();
  const recent = crashes().filter(({ at, tried }) => !tried && at <= now && now - at < LOOP.withinMs);
  return recent.length >= LOOP.crashes;
}

function tryAgain() {
  keep(CRASHES, JSON.stringify(crashes().map((crash) => ({ ...crash, tried: true }))));
  location.reload();
}

/** Whether an error has ended the program: a trap, or no room left for its calls. */
function isFatal(error) {
  return error instanceof WebAssembly.RuntimeError || (error instanceof RangeError && /call stack/i.test(error.message));
}

addEventListener("error", ({ error }) => {
  if (isFatal(error)) crashed(error.message);
});
addEventListener("unhandledrejection", ({ reason }) => {
  if (isFatal(reason)) crashed(reason.message);
});

// ---- Rescue files --------------------------------------------------------------------------------------------------

/**
 * Writes a rescue file of a person's work and offers it as a download.
 * @param {"asked" | "signing_out" | "can_not_start"} because
 * @param {{ id: string, name?: string }} person
 */
async function write(because, person) {
  const publicKey = await currentKey();
  if (!publicKey) throw named("NoKeyError", "the server's public key is not known here");
  const drafts = draftsOf(person.id);
  const language = locale();
  const wanted = { person: person.id, publicKey, because, build: meta("build"), language, drafts };
  const { file, ...written } = await askWorker({ operation: "write", ...wanted });
  const isEmpty = [written.outbox.length, written.journals, written.drafts, written.files.length].every((count) => count === 0);
  const name = fileName(person);
  // Where everybody's work is looked for, some have none here, and their file would only confuse.
  if (because !== "can_not_start" || !isEmpty || written.unread.length > 0) offer(file, name);
  return { ...written, name, isEmpty };
}

/** Asks the worker that writes, and ends it. */
function askWorker(message) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(meta("rescue"), { type: "module" });
    const end = () => worker.terminate();
    worker.addEventListener("message", ({ data: { result, error } }) => {
      end();
      if (error) reject(named(error.name, error.message));
      else resolve(result);
    });
    worker.addEventListener("error", (event) => {
      end();
      reject(named("WorkerError", event.message ?? "the worker could not be started"));
    });
    worker.postMessage({ id: 0, ...message });
  });
}

/** The server's public key: as it is now, or else as this device learnt it. A server that began anew has another one. */
async function currentKey() {
  try {
    const answer = await fetch("/api/rescue/key", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    const text = answer.ok ? (await answer.text()).trim() : "";
    if (KEY_FORM.test(text)) {
      keep(KEY, text);
      return text;
    }
  } catch {
    // No network: the key that is known has to do.
  }
  return kept(KEY);
}

/** Learns the public key while there is a network, so that it is there when there is none. */
async function learnKey() {
  if (kept(KEY) === null && rememberedPerson()) await currentKey();
}

/** @returns {{ id: string, name?: string } | undefined} */
function rememberedPerson() {
  try {
    return JSON.parse(kept(PERSON) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}

/** Everybody whose work may lie on this device: whoever is signed in first. */
async function everybody() {
  const remembered = rememberedPerson();
  const people = new Map(remembered ? [[remembered.id, remembered]] : []);
  // Each journal has a note beside it.
  const names = keptKeys().map((key) => key.split("/")[0]);
  try {
    names.push(...(await indexedDB.databases()).map(({ name }) => name ?? ""));
  } catch {
    // A browser without that list, or without databases: the notes have to do.
  }
  for (const name of names) {
    const [, id] = /^fieldloop-([0-9a-f-]{36})$/.exec(name) ?? [];
    if (id && !people.has(id)) people.set(id, { id });
  }
  return [...people.values()];
}

/** @returns {[string, string][]} */
function draftsOf(person) {
  const own = keptKeys().filter((key) => key.startsWith(`fieldloop-draft/${person}/`));
  return own.map((key) => [key, kept(key) ?? ""]);
}

/** A name that says whose it is and when it was made, without what some file system does not take. */
function fileName({ id, name }) {
  const who = (name ?? "").replace(/[^\p{Letter}\p{Number}]+/gu, "-").replace(/^-|-$/g, "") || id.slice(0, 8);
  const two = (number) => String(number).padStart(2, "0");
  const now = new Date();
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `fieldloop-${who}-${day}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}.rescue`;
}

function offer(file, name) {
  const LONG_ENOUGH_MS = 600_000;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // A browser may ask where to put it, and read it only then.
  setTimeout(() => URL.revokeObjectURL(link.href), LONG_ENOUGH_MS);
}

function named(name, message) {
  const error = new Error(message);
  error.name = name;
  return error;
}

// ---- The page without the app --------------------------------------------------------------------------------------

/** The app's languages, and what of a browser's tag leads to each, as in the app itself. */
function locale() {
  const speaks = (tag) => {
    const parts = tag.toLowerCase().split("-");
    if (parts[0] === "en") return "en";
    if (parts[0] !== "zh") return undefined;
    return parts.some((part) => ["tw", "hk", "mo", "hant"].includes(part)) ? "zh-TW" : "zh-CN";
  };
  return [kept(LOCALE) ?? "", ...navigator.languages].map(speaks).find((found) => found) ?? "zh-CN";
}

/**
 * Shows the page that needs no app.
 * @param {"crashed" | "can-not-start"} why @param {unknown} [error] what was the matter, for whoever is asked for help
 */
function show(why, error = crashes().at(-1)?.message) {
  const page = document.getElementById("rescue");
  const language = locale();
  for (const other of [...document.body.children]) if (other !== page) other.remove();
  for (const section of page.children) section.hidden = section.lang !== language;
  document.documentElement.lang = language;
  const theme = kept(THEME);
  if (theme) document.documentElement.dataset.theme = theme;
  const section = [...page.children].find(({ hidden }) => !hidden);
  const part = (name) => section.querySelector(`[data-part=${name}]`);
  for (const text of section.querySelectorAll("[data-why]")) text.hidden = text.dataset.why !== why;
  part("details").textContent = String(error ?? "");
  part("again").addEventListener("click", tryAgain);
  part("write").addEventListener("click", () => writeAll(section));
  page.hidden = false;
  section.querySelector("h1").focus();
}

/** Writes what lies here of everybody, each their own file, and says what came of it. */
async function writeAll(section) {
  const button = section.querySelector("[data-part=write]");
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  say(section, "busy");
  try {
    const files = [];
    for (const person of await everybody()) {
      try {
        files.push(await write("can_not_start", person));
      } catch (error) {
        if (error?.name === "NoKeyError") throw error;
        // What is wrong with one person's stores takes nothing from the others.
        console.error(error);
        files.push({ name: "", isEmpty: true, unread: [`${person.name ?? person.id}: ${error?.name}: ${error?.message}`] });
      }
    }
    const offered = files.filter(({ isEmpty, unread }) => !isEmpty || unread.length > 0);
    const unread = offered.flatMap((file) => file.unread);
    const names = offered.map(({ name }) => name).filter(Boolean).join("\n");
    if (offered.length === 0) say(section, "nothing");
    else if (names === "") say(section, "failed", unread.join("\n"));
    else if (unread.length > 0) say(section, "partly", [names, ...unread].join("\n"));
    else say(section, "written", names);
  } catch (error) {
    console.error(error);
    if (error?.name === "NoKeyError") say(section, "no-key");
    else say(section, "failed", `${error?.name}: ${error?.message}`);
  }
  button.removeAttribute("aria-disabled");
}

function say(section, what, more = "") {
  for (const said of section.querySelectorAll("[data-said]")) said.hidden = said.dataset.said !== what;
  section.querySelector("[data-part=more]").textContent = more;
}

// ---- Resetting the device ------------------------------------------------------------------------------------------

/** Removes the app itself from this device, if the server is there to give it anew. */
async function forgetApp() {
  const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) return;
  for (const registration of (await navigator.serviceWorker?.getRegistrations()) ?? []) await registration.unregister();
  for (const name of await caches.keys()) if (name.startsWith(BUILDS)) await caches.delete(name);
}

/** For the app and for boot.js: there is one way out, and it is found without either. */
window.fieldloopRescue = { crashed, hasCrashed: () => hasCrashed, isLoopOfCrashes, show, write, learnKey, forgetApp };
