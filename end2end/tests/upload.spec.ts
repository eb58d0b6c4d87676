// A client of tus that knows nothing of Fieldloop, on a line that is cut again and again. No page is opened.
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { Upload } from "tus-js-client";
import { CutLine } from "../support/cut-line.ts";
import { expect, test } from "../support/journey.ts";
import { PASSWORD } from "../support/people.ts";

const MIB = 1024 * 1024;

test.use({ serverOptions: { demo: true } });

test("an ordinary tus client brings 20 MiB over a line that is cut, to a server that is killed", async ({ server }) => {
  const headers: Record<string, string> = { "X-Fieldloop": "1" };
  const ask = (method: string, path: string, body?: unknown) =>
    fetch(`${server.url}${path}`, {
      method,
      headers: { ...headers, ...(body ? { "Content-Type": "application/json" } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  const signedIn = await ask("POST", "/api/session", { user: "engineer", password: PASSWORD });
  const { person } = await signedIn.json();
  headers.Cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
  const { documents } = await (await ask("POST", "/api/sync/pull", { protocol: 1 })).json();

  const film = Buffer.concat([Buffer.from("\0\0\0\x20ftypisom\0\0\x02\0", "latin1"), randomBytes(20 * MIB)]);
  const sha256 = createHash("sha256").update(film).digest("hex");
  let attached: { ticket: string } | undefined;
  for (const { ticket } of documents) {
    const device = randomUUID();
    const body = { sha256, bytes: film.length, media_type: "video/mp4", kind: "video", name: "异响.mp4" };
    const change = {
      id: `${device}/1`,
      ticket,
      actor: person.id,
      claim: { clock: Date.now(), offset_ms: 0 },
      seen: {},
      action: { kind: "attach", body },
    };
    const pushed = await ask("POST", "/api/sync/push", { protocol: 1, device, complete: true, changes: [change] });
    const { verdicts } = await pushed.json();
    if (verdicts[0].verdict.verdict === "applied") {
      attached = { ticket };
      break;
    }
  }
  expect(attached, "one of the engineer's tickets is open").toBeDefined();

  let killed: Promise<void> | undefined;
  const line = await CutLine.to(server.port, 3 * MIB, (cuts) => {
    if (cuts === 3) killed = server.kill().then(() => server.startAgain());
  });
  const upload = await new Promise<Upload>((resolve, reject) => {
    const upload: Upload = new Upload(film, {
      endpoint: `${line.url}/api/files`,
      headers,
      metadata: { sha256, ticket: attached?.ticket ?? "", mediatype: "video/mp4", name: "异响.mp4" },
      retryDelays: Array.from({ length: 100 }, () => 100),
      onSuccess: () => resolve(upload),
      onError: reject,
    });
    upload.start();
  });
  await killed;
  expect(line.cuts).toBeGreaterThanOrEqual(6);
  await line.close();

  const place = new URL(upload.url ?? "").pathname;
  const receipt = await fetch(`${server.url}${place}`, { method: "HEAD", headers: { ...headers, "Tus-Resumable": "1.0.0" } });
  expect(receipt.headers.get("Upload-Offset")).toBe(String(film.length));
  expect(Number(receipt.headers.get("Fieldloop-Stored-At"))).toBeGreaterThan(0);

  const given = await ask("GET", `/api/files/${sha256}`);
  expect(given.headers.get("Content-Type")).toBe("video/mp4");
  expect(createHash("sha256").update(Buffer.from(await given.arrayBuffer())).digest("hex")).toBe(sha256);
});
