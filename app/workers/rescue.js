// Writes rescue files: everything that this device holds of a person's work, sealed to the server (docs/rescue.md).
//
// It reads the stores as they lie there, and needs neither the app nor a library: where the app can't start, this still can. What
// can't be read takes nothing from the rest; the answer says what it was. Nothing here writes to any of the stores.
//
// Messages are asked and answered as in journal.js: a number and the name of an operation, then the same number and either a
// result or the name and the text of an error.

/** Most bytes of a piece before it is sealed. */
const PIECE_BYTES = 1024 * 1024;
/** Longest wait for the browser to open a database. Some never answer when their storage is broken. */
const OPENING_MS = 10_000;
/** Longest wait for one thing out of a database that did open. */
const READING_MS = 30_000;

const MAGIC = "FLRESCUE";
const FORM = 1;
const SUITE = 1;
const KEY_NAME_BYTES = 16;
const INFO = "fieldloop rescue 1";

const AES_128_GCM = { id: 1, keyBytes: 16 };
const AES_256_GCM = { id: 2, keyBytes: 32 };

/**
 * What a rescue file is about.
 * @typedef {object} Wanted
 * @property {string} person whose work
 * @property {string} publicKey the server's public key: uncompressed, base64 without padding, in the alphabet for URLs
 * @property {"asked" | "signing_out" | "can_not_start"} because
 * @property {string} build
 * @property {string} language
 * @property {[key: string, text: string][]} drafts as the browser keeps them; only pages can read them
 *
 * What became of it.
 * @typedef {object} Written
 * @property {Blob} file
 * @property {number[]} outbox the keys of the outbox's entries that are in it
 * @property {number} journals how many files of the journal are in it
 * @property {boolean} journalIsWhole whether those are all of them
 * @property {number} drafts how many drafts are in it
 * @property {string[]} files the hashes of the contents that are in it, whole
 * @property {string[]} unread what could not be read
 *
 * One part of the archive. `content` gives exactly `length` bytes.
 * @typedef {{ name: string, length: number, content: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array> }} Part
 */

// ---- The archive ---------------------------------------------------------------------------------------------------

/** @param {Wanted} wanted @returns {Promise<Written>} */
async function write(wanted) {
  const publicKey = fromBase64Url(wanted.publicKey);
  const sealing = await Sealing.to(publicKey, bytesOf(INFO), AES_256_GCM);
  const file = new SealedFile(await headOf(publicKey, sealing.encapsulated), sealing);
  /** @type {Written} */
  const written = { file: new Blob(), outbox: [], journals: 0, journalIsWhole: false, drafts: 0, files: [], unread: [] };
  for await (const part of partsOf(wanted, written)) await addPart(file, part);
  if (written.unread.length > 0) await addPart(file, textPart("unread.json", JSON.stringify(written.unread)));
  written.journalIsWhole = written.journals > 0 && !written.unread.some((line) => line.startsWith("journal"));
  written.file = await file.finish();
  return written;
}

/** @param {SealedFile} file @param {Part} part */
async function addPart(file, part) {
  await file.add(partHead(part));
  for await (const bytes of part.content()) await file.add(bytes);
}

/** @param {Part} part */
function partHead({ name, length }) {
  const encoded = bytesOf(name);
  const head = new Uint8Array(2 + encoded.length + 8);
  const view = new DataView(head.buffer);
  view.setUint16(0, encoded.length, true);
  head.set(encoded, 2);
  view.setBigUint64(2 + encoded.length, BigInt(length), true);
  return head;
}

/** Everything there is, one store after the other. @param {Wanted} wanted @param {Written} written */
async function* partsOf(wanted, written) {
  const { person, because, build, language, drafts } = wanted;
  yield textPart("manifest.json", JSON.stringify({ person, made_at: Date.now(), build, because, language }));
  for (const [key, text] of drafts) {
    yield textPart(`drafts/${key}`, text);
    written.drafts += 1;
  }
  yield* each("journal", journalParts(person, written), written);
  let database;
  try {
    database = await openDatabase(`fieldloop-${person}`);
  } catch (error) {
    written.unread.push(`database: ${saying(error)}`);
  }
  if (!database) return;
  try {
    yield* each("outbox", outboxParts(database, written), written);
    yield* each("files", fileParts(database, written), written);
  } finally {
    database.close();
  }
}

/** What a store gives until it fails; then what was wrong is noted, and the others have their turn. */
async function* each(store, parts, written) {
  try {
    yield* parts;
  } catch (error) {
    written.unread.push(`${store}: ${saying(error)}`);
  }
}

/** @returns {Part} */
function textPart(name, text) {
  return bytesPart(name, bytesOf(text));
}

/** @returns {Part} */
function bytesPart(name, bytes) {
  return { name, length: bytes.byteLength, content: () => [bytes] };
}

/** The second journal. Its files hold a few days' work, so each is read whole. */
async function* journalParts(person, written) {
  const folder = await existingFolder(["journals", `fieldloop-${person}`]);
  if (!folder) return;
  for await (const [name, entry] of folder.entries()) {
    if (entry.kind !== "file" || !/^\d+$/.test(name)) continue;
    try {
      const bytes = new Uint8Array(await (await entry.getFile()).arrayBuffer());
      yield bytesPart(`journal/${name}`, bytes);
      written.journals += 1;
    } catch (error) {
      written.unread.push(`journal/${name}: ${saying(error)}`);
    }
  }
}

/** A folder of the origin private file system; nothing, if it isn't there. None is made. */
async function existingFolder(path) {
  let folder = await navigator.storage.getDirectory();
  for (const name of path) {
    try {
      folder = await folder.getDirectoryHandle(name);
    } catch (error) {
      if (error?.name === "NotFoundError") return undefined;
      throw error;
    }
  }
  return folder;
}

async function* outboxParts(database, written) {
  for (const key of await keysOf(database, "outbox")) {
    try {
      yield bytesPart(`outbox/${key}.json`, rawBytes(await valueOf(database, "outbox", key)));
      written.outbox.push(key);
    } catch (error) {
      written.unread.push(`outbox/${key}: ${saying(error)}`);
    }
  }
}

/**
 * The contents of files that the server has not confirmed, from the store `chunks` where there is one: keys are
 * `[sha256, number]`. They may be large, so one chunk at a time is in memory. The length comes before the content, so each
 * chunk is read twice; one that can't be read the second time is zeros, which the hash in the part's name gives away.
 */
async function* fileParts(database, written) {
  const rows = await fileRows(database, written);
  for (const [hash, keys] of byHash(await keysOf(database, "chunks"))) {
    const { isOnServer, bytes } = rows.get(hash) ?? {};
    if (isOnServer) continue;
    try {
      const lengths = [];
      for (const key of keys) lengths.push(rawBytes(await valueOf(database, "chunks", key)).byteLength);
      const content = async function* () {
        for (const [place, key] of keys.entries()) yield await chunkOf(database, key, lengths[place], written);
      };
      const before = written.unread.length;
      const length = lengths.reduce((sum, chunk) => sum + chunk, 0);
      yield { name: `files/${hash}`, length, content };
      if (bytes !== undefined && bytes !== length) written.unread.push(`files/${hash}: ${length} of its ${bytes} bytes are here`);
      if (written.unread.length === before) written.files.push(hash);
    } catch (error) {
      written.unread.push(`files/${hash}: ${saying(error)}`);
    }
  }
}

/**
 * What is noted of each content: how long it is, and whether the server has it for every ticket that it belongs to. What can't be
 * read says nothing, and what nothing is said of is not on the server as far as anybody knows.
 * @returns {Promise<Map<string, { isOnServer: boolean, bytes?: number }>>}
 */
async function fileRows(database, written) {
  const rows = new Map();
  for (const key of await keysOf(database, "files")) {
    const [hash] = key;
    const known = rows.get(hash) ?? { isOnServer: true };
    try {
      const { state, bytes } = JSON.parse(new TextDecoder().decode(rawBytes(await valueOf(database, "files", key))));
      const isOnServer = ["stored", "backed_up"].includes(state?.state);
      rows.set(hash, { isOnServer: known.isOnServer && isOnServer, bytes });
    } catch (error) {
      rows.set(hash, { ...known, isOnServer: false });
      written.unread.push(`row of files/${hash}: ${saying(error)}`);
    }
  }
  return rows;
}

/** @param {[hash: string, number: number][]} keys in their order, which is that of the content */
function byHash(keys) {
  const groups = new Map();
  for (const key of keys) {
    const [hash] = key;
    if (!groups.has(hash)) groups.set(hash, []);
    groups.get(hash).push(key);
  }
  return groups;
}

async function chunkOf(database, key, length, written) {
  try {
    const bytes = rawBytes(await valueOf(database, "chunks", key));
    if (bytes.byteLength === length) return bytes;
    throw new Error("it has changed meanwhile");
  } catch (error) {
    written.unread.push(`files/${key[0]}, chunk ${key[1]}: ${saying(error)}`);
    return new Uint8Array(length);
  }
}

// ---- The database --------------------------------------------------------------------------------------------------

/** Opens a database as it is; nothing, if there is none. None is made, and none is brought up to date. */
function openDatabase(name) {
  return new Promise((resolve, reject) => {
    const tooLong = setTimeout(() => reject(new Error("the browser does not open it")), OPENING_MS);
    const request = indexedDB.open(name);
    let isMissing = false;
    request.onupgradeneeded = () => {
      // It would be a new one, without stores, which the app would take for its own.
      isMissing = true;
      request.transaction.abort();
    };
    request.onsuccess = () => {
      clearTimeout(tooLong);
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => {
      clearTimeout(tooLong);
      if (isMissing) resolve(undefined);
      else reject(request.error);
    };
  });
}

/** The keys of a store; none, if there is no such store. */
async function keysOf(database, store) {
  if (!database.objectStoreNames.contains(store)) return [];
  return await answer(database.transaction(store).objectStore(store).getAllKeys());
}

async function valueOf(database, store, key) {
  return await answer(database.transaction(store).objectStore(store).get(key));
}

function answer(request) {
  return new Promise((resolve, reject) => {
    const tooLong = setTimeout(() => reject(new Error("the browser does not read it")), READING_MS);
    request.onsuccess = () => {
      clearTimeout(tooLong);
      resolve(request.result);
    };
    request.onerror = () => {
      clearTimeout(tooLong);
      reject(request.error);
    };
  });
}

/** @returns {Uint8Array} */
function rawBytes(value) {
  if (value instanceof Uint8Array) return value;
  throw new TypeError("what is kept there is not bytes");
}

// ---- The sealed file -----------------------------------------------------------------------------------------------

async function headOf(publicKey, encapsulated) {
  const name = new Uint8Array(await crypto.subtle.digest("SHA-256", publicKey)).subarray(0, KEY_NAME_BYTES);
  return join(bytesOf(MAGIC), [FORM, SUITE], name, encapsulated);
}

/** Collects an archive into sealed pieces. */
class SealedFile {
  constructor(head, sealing) {
    this.head = head;
    this.sealing = sealing;
    // Blobs, because a browser may put them on its disk.
    this.parts = [new Blob([head])];
    this.piece = new Uint8Array(PIECE_BYTES);
    this.filled = 0;
  }

  /** @param {Uint8Array} bytes */
  async add(bytes) {
    for (let at = 0; at < bytes.byteLength; ) {
      // A full piece waits until more comes: only then it is known not to be the last.
      if (this.filled === PIECE_BYTES) await this.seal(false);
      const end = Math.min(bytes.byteLength, at + PIECE_BYTES - this.filled);
      this.piece.set(bytes.subarray(at, end), this.filled);
      this.filled += end - at;
      at = end;
    }
  }

  async finish() {
    await this.seal(true);
    return new Blob(this.parts, { type: "application/octet-stream" });
  }

  async seal(isLast) {
    const aad = join(this.head, [isLast ? 1 : 0]);
    const sealed = await this.sealing.seal(aad, this.piece.subarray(0, this.filled));
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, sealed.byteLength, true);
    this.parts.push(new Blob([length, sealed]));
    this.filled = 0;
  }
}

// ---- HPKE (RFC 9180), base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-GCM --------------------------------------

const KEM_SUITE = join(bytesOf("KEM"), [0x00, 0x10]);
const NONCE_BYTES = 12;
const HASH_BYTES = 32;

/** What a sender seals with, one message after the other. */
export class Sealing {
  /**
   * Begins to seal to a public key. Tests bring a known `ephemeral` key pair, which must never be used twice.
   * @param {Uint8Array} publicKey @param {Uint8Array} info @param {{ id: number, keyBytes: number }} aead @param {CryptoKeyPair} [ephemeral]
   */
  static async to(publicKey, info, aead, ephemeral) {
    const curve = { name: "ECDH", namedCurve: "P-256" };
    const recipient = await crypto.subtle.importKey("raw", publicKey, curve, false, []);
    const own = ephemeral ?? (await crypto.subtle.generateKey(curve, true, ["deriveBits"]));
    const encapsulated = new Uint8Array(await crypto.subtle.exportKey("raw", own.publicKey));
    const agreed = new Uint8Array(
      await crypto.subtle.deriveBits({ name: "ECDH", public: recipient }, own.privateKey, 256),
    );
    const secret = await sharedSecret(agreed, join(encapsulated, publicKey));
    return new Sealing(encapsulated, await keySchedule(secret, info, aead));
  }

  constructor(encapsulated, { key, nonce }) {
    this.encapsulated = encapsulated;
    this.key = key;
    this.nonce = nonce;
    this.sealed = 0;
  }

  /** @param {Uint8Array} aad @param {Uint8Array} text @returns {Promise<Uint8Array>} */
  async seal(aad, text) {
    const nonce = this.nonce.slice();
    const view = new DataView(nonce.buffer);
    // Far fewer than 2^32 pieces are sealed, so the last four bytes hold their number.
    view.setUint32(NONCE_BYTES - 4, (view.getUint32(NONCE_BYTES - 4) ^ this.sealed) >>> 0);
    this.sealed += 1;
    const parameters = { name: "AES-GCM", iv: nonce, additionalData: aad };
    return new Uint8Array(await crypto.subtle.encrypt(parameters, this.key, text));
  }
}

async function sharedSecret(agreed, context) {
  const pseudorandom = await labeledExtract(KEM_SUITE, new Uint8Array(), "eae_prk", agreed);
  return await labeledExpand(KEM_SUITE, pseudorandom, "shared_secret", context, HASH_BYTES);
}

async function keySchedule(shared, info, aead) {
  const suite = join(bytesOf("HPKE"), [0x00, 0x10, 0x00, 0x01, 0x00, aead.id]);
  const nothing = new Uint8Array();
  const BASE_MODE = [0];
  const noPsk = await labeledExtract(suite, nothing, "psk_id_hash", nothing);
  const context = join(BASE_MODE, noPsk, await labeledExtract(suite, nothing, "info_hash", info));
  const secret = await labeledExtract(suite, shared, "secret", nothing);
  const raw = await labeledExpand(suite, secret, "key", context, aead.keyBytes);
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt"]);
  return { key, nonce: await labeledExpand(suite, secret, "base_nonce", context, NONCE_BYTES) };
}

async function labeledExtract(suite, salt, label, material) {
  return await hmac(salt, join(bytesOf("HPKE-v1"), suite, bytesOf(label), material));
}

/** @param {number} length at most that of one hash */
async function labeledExpand(suite, secret, label, info, length) {
  const ONLY_ROUND = [1];
  const labeled = join([0, length], bytesOf("HPKE-v1"), suite, bytesOf(label), info);
  return (await hmac(secret, join(labeled, ONLY_ROUND))).slice(0, length);
}

async function hmac(key, message) {
  // Not every browser takes an empty key. One of zeros is the same: HMAC fills keys up with them.
  const raw = key.byteLength === 0 ? new Uint8Array(HASH_BYTES) : key;
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", raw, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
}

// ---- Small things --------------------------------------------------------------------------------------------------

function bytesOf(text) {
  return new TextEncoder().encode(text);
}

/** @param {...(Uint8Array | number[])} parts */
function join(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function fromBase64Url(text) {
  const binary = atob(text.trim().replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

function saying(error) {
  return `${error?.name ?? "Error"}: ${error?.message ?? error}`;
}

/** For tests of what is sealed: with which ciphers the published examples are made. */
export const CIPHERS = { AES_128_GCM, AES_256_GCM };

// Read as a plain module, by a test for instance, it answers nobody.
if (typeof WorkerGlobalScope !== "undefined") {
  const operations = { write };
  self.addEventListener("message", async ({ data: { id, operation, ...options } }) => {
    try {
      self.postMessage({ id, result: await operations[operation](options) });
    } catch (error) {
      self.postMessage({ id, error: { name: error?.name ?? "Error", message: String(error?.message ?? error) } });
    }
  });
}
