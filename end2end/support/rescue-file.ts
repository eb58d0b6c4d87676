// Opens rescue files the way the server does (docs/rescue.md), with a key pair of the journey's own.
import { createHash, createHmac, webcrypto } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Download, Page } from "@playwright/test";

const { subtle } = webcrypto;
const CURVE = { name: "ECDH", namedCurve: "P-256" } as const;
const HEAD_BYTES = 91;
const KEY_BYTES = 65;
const KEM = Buffer.from("4b454d0010", "hex");
const HPKE = Buffer.from("48504b45001000010002", "hex");

/** The parts of an archive, by name. */
export type Archive = Map<string, Buffer>;

export class RescueKey {
  private constructor(
    private readonly own: webcrypto.CryptoKeyPair,
    private readonly publicKey: Buffer,
  ) {}

  static async make(): Promise<RescueKey> {
    const own = await subtle.generateKey(CURVE, true, ["deriveBits"]);
    return new RescueKey(own, Buffer.from(await subtle.exportKey("raw", own.publicKey)));
  }

  /** Makes a device keep this key as if the server had told it. The server itself must not be there to tell another one. */
  async teach(page: Page): Promise<void> {
    await page.evaluate((key) => localStorage.setItem("fieldloop-rescue-key", key), this.publicKey.toString("base64url"));
  }

  /** Opens a file that was downloaded. Throws if a single byte of it is not what was sealed. */
  async open(download: Download): Promise<Archive> {
    const file = await readFile(await download.path());
    const head = file.subarray(0, HEAD_BYTES);
    const keyName = createHash("sha256").update(this.publicKey).digest().subarray(0, 16);
    if (!head.subarray(0, 26).equals(Buffer.concat([Buffer.from("FLRESCUE\x01\x01"), keyName]))) {
      throw new Error("not a rescue file for this key");
    }
    const context = await this.context(head.subarray(HEAD_BYTES - KEY_BYTES));
    const pieces: Buffer[] = [];
    let at = HEAD_BYTES;
    while (at < file.length) {
      const length = file.readUInt32LE(at);
      const sealed = file.subarray(at + 4, at + 4 + length);
      at += 4 + length;
      pieces.push(await unseal(context, pieces.length, Buffer.concat([head, Buffer.from([at === file.length ? 1 : 0])]), sealed));
    }
    return partsOf(Buffer.concat(pieces));
  }

  private async context(encapsulated: Buffer) {
    const sender = await subtle.importKey("raw", encapsulated, CURVE, false, []);
    const agreed = Buffer.from(await subtle.deriveBits({ name: "ECDH", public: sender }, this.own.privateKey, 256));
    const mixed = extract(KEM, Buffer.alloc(0), "eae_prk", agreed);
    const shared = expand(KEM, mixed, "shared_secret", Buffer.concat([encapsulated, this.publicKey]), 32);
    const hashes = [extract(HPKE, Buffer.alloc(0), "psk_id_hash", Buffer.alloc(0)),
      extract(HPKE, Buffer.alloc(0), "info_hash", Buffer.from("fieldloop rescue 1"))];
    const about = Buffer.concat([Buffer.from([0]), ...hashes]);
    const secret = extract(HPKE, shared, "secret", Buffer.alloc(0));
    const key = await subtle.importKey("raw", expand(HPKE, secret, "key", about, 32), "AES-GCM", false, ["decrypt"]);
    return { key, nonce: expand(HPKE, secret, "base_nonce", about, 12) };
  }
}

type Context = Awaited<ReturnType<RescueKey["context"]>>;

async function unseal({ key, nonce }: Context, number: number, aad: Buffer, sealed: Buffer): Promise<Buffer> {
  const iv = Buffer.from(nonce);
  iv.writeUInt32BE((iv.readUInt32BE(8) ^ number) >>> 0, 8);
  return Buffer.from(await subtle.decrypt({ name: "AES-GCM", iv, additionalData: aad }, key, sealed));
}

function extract(suite: Buffer, salt: Buffer, label: string, material: Buffer): Buffer {
  return hmac(salt, Buffer.concat([Buffer.from("HPKE-v1"), suite, Buffer.from(label), material]));
}

function expand(suite: Buffer, secret: Buffer, label: string, info: Buffer, length: number): Buffer {
  const labeled = Buffer.concat([Buffer.from([0, length]), Buffer.from("HPKE-v1"), suite, Buffer.from(label), info, Buffer.from([1])]);
  return hmac(secret, labeled).subarray(0, length);
}

function hmac(key: Buffer, message: Buffer): Buffer {
  return createHmac("sha256", key).update(message).digest();
}

function partsOf(archive: Buffer): Archive {
  const parts: Archive = new Map();
  for (let at = 0; at < archive.length; ) {
    const name = archive.subarray(at + 2, (at += 2 + archive.readUInt16LE(at))).toString();
    const length = Number(archive.readBigUInt64LE(at));
    parts.set(name, archive.subarray(at + 8, (at += 8 + length)));
  }
  return parts;
}
