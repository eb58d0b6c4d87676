// Whatever becomes of the app, what somebody has done on a device gets out of it: docs/rescue.md.
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { webcrypto } from "node:crypto";
import type { Download, Page } from "@playwright/test";
import { expect, test } from "../support/journey.ts";
import { history, pill, signIn } from "../support/people.ts";
import { takePhoto } from "../support/photo.ts";
import { type Archive, RescueKey } from "../support/rescue-file.ts";
import { addNote, openTicket } from "../support/work.ts";

test.use({ serverOptions: { demo: true } });

const JOB = "现场发现：二手激光机水温报警";
const NOTE = "滤芯型号看不清，";
const WORKER = new URL("../../app/workers/rescue.js", import.meta.url);
const WRITE = { name: "写出救援文件" };

/** Opens the job, and waits until the app has it on the screen. */
async function openJob(page: Page): Promise<void> {
  await page.getByRole("link", { name: JOB }).tap();
  await expect(history(page).first()).toBeVisible();
}

/** Makes the running app panic, and waits until the page is loaded anew. */
async function crash(page: Page): Promise<void> {
  const loaded = page.waitForEvent("load");
  await page.evaluate(() => dispatchEvent(new Event("fieldloop-panic")));
  await loaded;
}

async function crashAgainAndAgain(page: Page): Promise<void> {
  // However long the machine takes: by the page's clock, all of it happens at once.
  await page.clock.setFixedTime(new Date());
  for (let times = 1; times <= 3; times += 1) {
    await expect(history(page).first()).toBeVisible();
    await crash(page);
  }
  await expect(page.getByRole("heading", { name: "Fieldloop 接连出错，已停下" })).toBeVisible();
}

async function download(page: Page, deed: () => Promise<void>): Promise<Download> {
  const [download] = await Promise.all([page.waitForEvent("download"), deed()]);
  expect(download.suggestedFilename()).toMatch(/^fieldloop-[\p{Letter}\p{Number}-]+-\d{4}-\d\d-\d\d-\d{6}\.rescue$/u);
  return download;
}

/** The texts of the comments and progress entries among an archive's outbox entries. */
function notesIn(archive: Archive): string[] {
  const entries = [...archive].filter(([name]) => name.startsWith("outbox/"));
  return entries.map(([, content]) => JSON.stringify(JSON.parse(content.toString())));
}

test("sealing gives what RFC 9180 says it gives", async () => {
  const source = (await readFile(WORKER)).toString("base64");
  const { Sealing, CIPHERS } = await import(`data:text/javascript;base64,${source}`);
  const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
  // Appendix A.3.1: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode.
  const ours = bytes("04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4");
  const secret = bytes("4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb");
  const theirs = bytes("04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0");
  const text = (part: Uint8Array) => Buffer.from(part).toString("base64url");
  const jwk = { kty: "EC", crv: "P-256", x: text(ours.subarray(1, 33)), y: text(ours.subarray(33)), ext: true };
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const ephemeral = {
    publicKey: await webcrypto.subtle.importKey("jwk", jwk, curve, true, []),
    privateKey: await webcrypto.subtle.importKey("jwk", { ...jwk, d: text(secret) }, curve, true, ["deriveBits"]),
  };
  const info = bytes("4f6465206f6e2061204772656369616e2055726e");
  const sealing = await Sealing.to(theirs, info, CIPHERS.AES_128_GCM, ephemeral);
  const sealed: string[] = [];
  for (const aad of ["Count-0", "Count-1", "Count-2"]) {
    const message = bytes("4265617574792069732074727574682c20747275746820626561757479");
    sealed.push(Buffer.from(await sealing.seal(new TextEncoder().encode(aad), message)).toString("hex"));
  }
  expect(sealed).toEqual([
    "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434",
    "fa6f037b47fc21826b610172ca9637e82d6e5801eb31cbd3748271affd4ecb06646e0329cbdf3c3cd655b28e82",
    "895cabfac50ce6c6eb02ffe6c048bf53b7f7be9a91fc559402cbc5b8dcaeb52b2ccc93e466c28fb55fed7a7fec",
  ]);
});

test("a crash costs nothing that was typed", async ({ tablet }) => {
  test.setTimeout(120_000);
  const { page } = await tablet("engineer");
  await openJob(page);
  const job = page.url();
  const note = async () => {
    await page.getByRole("contentinfo").getByRole("button", { name: "记录进度", exact: true }).tap();
    return page.getByRole("dialog", { name: "记录进度" }).getByLabel("说明");
  };
  await (await note()).fill(NOTE);
  await crash(page);
  expect(page.url()).toBe(job);
  await expect(await note()).toHaveValue(NOTE);
  const crashes = await page.evaluate(() => JSON.parse(localStorage.getItem("fieldloop-crashes") ?? "[]"));
  expect(crashes).toEqual([{ message: expect.stringContaining("a panic was asked for"), at: expect.any(Number), build: expect.stringMatching(/^\w+$/) }]);
});

test("three crashes in a row end in a page that needs no app, and gets everything out", async ({ tablet, server }) => {
  test.setTimeout(180_000);
  const key = await RescueKey.make();
  const { page } = await tablet("engineer");
  await openJob(page);
  await server.kill();
  await addNote(page, "水箱已排空");
  await addNote(page, "滤芯已取出");
  await page.getByRole("contentinfo").getByRole("button", { name: "记录进度", exact: true }).tap();
  await page.getByRole("dialog", { name: "记录进度" }).getByLabel("说明").fill(NOTE);
  await page.evaluate(() => localStorage.removeItem("fieldloop-rescue-key"));
  await crashAgainAndAgain(page);

  const said = page.getByRole("status");
  const write = page.getByRole("button", WRITE);
  const again = page.getByRole("button", { name: "再试一次" });
  for (const button of [write, again]) expect((await button.boundingBox())?.height).toBeGreaterThanOrEqual(44);
  await write.tap();
  await expect(said).toContainText("本机还没有服务器的密钥");
  await key.teach(page);
  const archive = await key.open(await download(page, () => write.tap()));
  await expect(said).toContainText("请在下载里确认它确实在");
  expect(archive.keys().next().value).toBe("manifest.json");
  expect(JSON.parse(archive.get("manifest.json")?.toString() ?? "")).toMatchObject({ because: "can_not_start", language: "zh-CN" });
  const notes = notesIn(archive);
  for (const note of ["水箱已排空", "滤芯已取出"]) expect(notes.filter((entry) => entry.includes(note))).toHaveLength(1);
  const [, draft] = [...archive].find(([name]) => name.startsWith("drafts/")) ?? [];
  expect(draft?.toString()).toContain(NOTE);
  expect([...archive.keys()].filter((name) => name.startsWith("journal/"))).not.toHaveLength(0);
  expect(archive.has("unread.json")).toBe(false);

  await again.tap();
  await expect(pill(page)).toHaveText("离线 · 2 项已保存");
});

test("where the browser opens no database, the journal is in the rescue file", async ({ tablet, server }) => {
  test.setTimeout(180_000);
  const key = await RescueKey.make();
  const engineer = await tablet("engineer");
  await openJob(engineer.page);
  const job = engineer.page.url();
  await server.kill();
  await key.teach(engineer.page);
  await addNote(engineer.page, "水箱已排空");
  await engineer.switchOff();
  const databases = await engineer.databases();
  for (const name of await readdir(databases)) if (name.startsWith("MANIFEST")) await rm(join(databases, name));

  await engineer.switchOn(job);
  const { page } = engineer;
  await page.evaluate(() => {
    const crash = { message: "a crash", at: Date.now(), build: "" };
    localStorage.setItem("fieldloop-crashes", JSON.stringify([crash, crash, crash]));
  });
  await page.reload();
  await expect(page.getByRole("heading", { name: "Fieldloop 接连出错，已停下" })).toBeVisible();
  const archive = await key.open(await download(page, () => page.getByRole("button", WRITE).tap()));
  const journals = [...archive].filter(([name]) => name.startsWith("journal/"));
  expect(journals.some(([, content]) => content.includes("水箱已排空"))).toBe(true);
});

test("an app that can't be loaded leaves a page that says so", async ({ page }) => {
  await page.route("**/pkg/app-*.wasm", (route) => route.abort());
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Fieldloop 无法启动" })).toBeVisible();
  await page.unroute("**/pkg/app-*.wasm");
  await page.getByRole("button", { name: "再试一次" }).tap();
  await expect(page.getByRole("heading", { name: "登录" })).toBeVisible();
});

test("nobody signs out with work that is only here, unless they have it in a rescue file; it waits for them all the same", async ({ tablet, server }) => {
  test.setTimeout(180_000);
  const key = await RescueKey.make();
  const { page } = await tablet("engineer");
  await openJob(page);
  await server.kill();
  await key.teach(page);
  await addNote(page, "水箱已排空");
  await page.goto(server.url);
  const signOut = async () => {
    await page.locator("summary").filter({ hasText: "账户与设置" }).tap();
    await page.getByRole("button", { name: "退出登录" }).tap();
  };
  await signOut();
  const held = page.getByRole("dialog", { name: "没有退出登录" });
  await expect(held).toContainText("有 1 项更改只保存在本机上");
  const goOn = held.getByRole("button", { name: "文件已拿到，退出" });
  await expect(goOn).toBeHidden();
  const archive = await key.open(await download(page, () => held.getByRole("button", WRITE).tap()));
  expect(JSON.parse(archive.get("manifest.json")?.toString() ?? "")).toMatchObject({ because: "signing_out" });
  expect(notesIn(archive).some((entry) => entry.includes("水箱已排空"))).toBe(true);
  await goOn.tap();
  await expect(page.getByRole("heading", { name: "登录" })).toBeVisible();

  await server.startAgain();
  await signIn(page, "engineer");
  await page.getByRole("link", { name: JOB }).tap();
  await expect(history(page).filter({ hasText: "水箱已排空" })).toContainText("已到服务器");
});

test("a reset removes everything of the person from the device, once nothing is only here", async ({ tablet, server }) => {
  test.setTimeout(180_000);
  const { page } = await tablet("engineer");
  await openJob(page);
  await server.kill();
  await addNote(page, "水箱已排空");
  const reset = async () => {
    await page.getByRole("button", { name: "重置本机" }).tap();
    await page.getByRole("dialog", { name: "重置本机？" }).getByRole("button", { name: "重置本机" }).tap();
  };
  await page.goto(`${server.url}/outbox`);
  await reset();
  const held = page.getByRole("dialog", { name: "没有重置" });
  await expect(held).toContainText("有 1 项更改只保存在本机上");
  await held.getByRole("button", { name: "返回" }).tap();

  await server.startAgain();
  await expect(pill(page)).toHaveText("已全部上传", { timeout: 60_000 });
  await reset();
  await expect(page.getByRole("heading", { name: "登录" })).toBeVisible();
  const left = await page.evaluate(async () => {
    const journals = await (await navigator.storage.getDirectory()).getDirectoryHandle("journals");
    const files: string[] = [];
    for await (const folder of (journals as unknown as { values(): AsyncIterable<FileSystemDirectoryHandle> }).values()) {
      for await (const name of (folder as unknown as { keys(): AsyncIterable<string> }).keys()) files.push(name);
    }
    const own = Object.keys(localStorage).filter((key) => /person|draft|witness/.test(key));
    return { databases: (await indexedDB.databases()).map(({ name }) => name), files, own };
  });
  expect(left).toEqual({ databases: [], files: [], own: [] });
  await signIn(page, "engineer");
  await page.getByRole("link", { name: JOB }).tap();
  await expect(history(page).filter({ hasText: "水箱已排空" })).toContainText("已到服务器");
});

test("what a lost tablet held comes to the office in a rescue file, photo and all", async ({ tablet, desk, server }) => {
  test.setTimeout(180_000);
  const lost = await tablet("engineer");
  await openJob(lost.page);
  await server.kill();
  await addNote(lost.page, "水箱已排空");
  await lost.page.getByLabel("添加照片").setInputFiles(await takePhoto(lost.page, "铭牌"));
  await expect(lost.page.getByRole("region", { name: "照片和文件" }).getByRole("listitem")).toContainText("已存本机");
  await lost.page.goto(`${server.url}/outbox`);
  const written = await download(lost.page, () => lost.page.getByRole("button", WRITE).tap());
  const file = { name: "fieldloop.rescue", mimeType: "application/octet-stream", buffer: await readFile(await written.path()) };
  await lost.switchOff();
  await server.startAgain();

  const bring = async (page: Page) => {
    await page.goto(`${server.url}/outbox`);
    await page.getByLabel("导入救援文件").setInputFiles(file);
    return page.getByRole("alert").filter({ hasText: "救援文件已交给服务器" }).getByRole("listitem");
  };
  // Anybody may bring it; whether it is the engineer's, the office decides, or the engineer.
  const supervisor = await desk("supervisor");
  await expect(await bring(supervisor)).toHaveText(["2 项更改待办公室确认", "1 个附件"]);
  const { page } = await tablet("engineer");
  await expect(await bring(page)).toHaveText(["2 项更改已计入", "1 个附件"]);
  await expect(await bring(page)).toHaveText(["2 项更改服务器早已有了", "1 个附件"]);

  await supervisor.goto(server.url);
  await openTicket(supervisor, JOB);
  await expect(history(supervisor).filter({ hasText: "水箱已排空" })).toHaveCount(1);
  const photo = supervisor.getByRole("region", { name: "照片和文件" }).locator("img");
  await photo.scrollIntoViewIfNeeded();
  await expect.poll(() => photo.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);
});

test("whoever brings a rescue file in reads what became of it", async ({ desk, server }) => {
  const page = await desk("supervisor");
  const change = "0197c3a2-6b1e-7c40-9d58-3b7d2f1a9e01/4";
  const own = {
    id: "0197c3a2-6b1e-7c40-9d58-3b7d2f1a9e01/5",
    ticket: "0197c3a2-7f00-7a11-8c22-5d9e4b6f7a02",
    actor: "0197c39f-1111-7222-8333-444455556666",
    claim: { clock: 1795248000000 },
    action: { kind: "comment", body: { text: "轴承已更换" } },
  };
  const refused = [
    { id: change, because: { reason: "unknown_ticket" } },
    { id: own.id, because: { reason: "not_confirmed" }, change: own },
  ];
  let brought: Buffer | null = null;
  await page.route("**/api/rescue", async (route) => {
    brought = route.request().postDataBuffer();
    await route.fulfill({ json: { taken: 3, known: 2, parked: 1, files: 0, refused, unread: ["outbox/3: no change"] } });
  });
  await page.goto(`${server.url}/outbox`);
  const file = { name: "fieldloop.rescue", mimeType: "application/octet-stream", buffer: Buffer.from("sealed") };
  await page.getByLabel("导入救援文件").setInputFiles(file);
  const said = page.getByRole("alert").filter({ hasText: "救援文件已交给服务器" });
  await expect(said.getByRole("listitem")).toHaveText(
    ["3 项更改已计入", "1 项更改待办公室确认", "2 项更改服务器早已有了", "2 项更改未被接受", "1 处读不出来", "服务器上没有这张工单"],
  );
  expect(String(brought)).toBe("sealed");
  const given = page.getByRole("region", { name: "未被接受的更改" }).getByRole("listitem");
  await expect(given).toHaveCount(1);
  await expect(given).toContainText("轴承已更换");
  await page.evaluate(() => {
    navigator.clipboard.writeText = (text) => Promise.resolve(void ((window as unknown as { copied: string }).copied = text));
  });
  await given.getByRole("button", { name: "复制内容" }).click();
  await expect.poll(() => page.evaluate(() => (window as unknown as { copied: string }).copied)).toContain("轴承已更换");

  await page.unroute("**/api/rescue");
  await page.getByLabel("导入救援文件").setInputFiles(file);
  await expect(page.getByRole("alert").filter({ hasText: "救援文件没有被接收" })).toContainText("服务器打不开");
});
