// The app starts, and goes on starting when the server is gone.
import type { Page } from "@playwright/test";
import { buildOf, makeOtherClient, waitUntilOfflineReady } from "../support/client.ts";
import { FailingLine } from "../support/failing-line.ts";
import { expect, test } from "../support/journey.ts";

test("the app starts without complaints", async ({ page }) => {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto("/");
  await waitUntilOfflineReady(page);
  await expect(page.locator("#rescue")).toBeHidden();
  expect(complaints).toEqual([]);
});

test("after the first visit the app starts without a server", async ({ page, server }) => {
  await page.goto("/");
  await waitUntilOfflineReady(page);
  await expect(page.getByRole("heading", { name: "登录" })).toBeVisible();
  await server.kill();

  const second = await page.context().newPage();
  await second.goto(`${server.url}/any/address?of=the-app`);
  await expect(second.locator("#rescue")).toBeHidden();
  expect(await buildOf(second)).toBe(await buildOf(page));
  await expect(second.getByRole("heading")).toHaveText(["没有这个页面"]);
  await second.goto(server.url);
  await expect(second.getByRole("heading", { name: "登录" })).toBeVisible();
});

test("a service worker that was killed on its own starts again without a server", async ({ page, server }) => {
  await page.goto("/");
  await waitUntilOfflineReady(page);
  await page.reload();
  const devtools = await page.context().newCDPSession(page);
  const told: string[] = [];
  devtools.on("ServiceWorker.workerVersionUpdated", ({ versions }) => told.push(...versions.map(({ runningStatus }) => runningStatus)));
  await devtools.send("ServiceWorker.enable");
  await expect.poll(() => told.at(-1)).toBe("running");
  await server.kill();
  told.length = 0;
  await devtools.send("ServiceWorker.stopAllWorkers");
  await expect.poll(() => told).toContain("stopped");

  await page.goto(`${server.url}/any/address?of=the-app`);
  await expect(page.getByRole("heading")).toHaveText(["没有这个页面"]);
  await expect.poll(() => told.at(-1)).toBe("running");
});

test("what the server alone can answer never comes from the cache", async ({ page, server }) => {
  await page.goto("/");
  await waitUntilOfflineReady(page);
  await page.reload();
  const status = (address: string) => page.evaluate(async (address) => (await fetch(address)).status, address);
  expect(await status("/pkg/no-such-file.js")).toBe(404);
  expect(await status("/healthz")).toBe(200);
  await server.kill();
  await expect(status("/healthz")).rejects.toThrow(/Failed to fetch/);
});

test("what the server alone can answer does not even wake the service worker", async ({ page }) => {
  await page.goto("/");
  await waitUntilOfflineReady(page);
  await page.reload();
  await expect(page.getByRole("heading", { name: "登录" })).toBeVisible();
  await page.waitForLoadState("networkidle");
  const devtools = await page.context().newCDPSession(page);
  const told: string[] = [];
  devtools.on("ServiceWorker.workerVersionUpdated", ({ versions }) => told.push(...versions.map(({ runningStatus }) => runningStatus)));
  await devtools.send("ServiceWorker.enable");
  await devtools.send("ServiceWorker.stopAllWorkers");
  await expect.poll(() => told.at(-1)).toBe("stopped");

  const ask = (address: string) => page.evaluate(async (address) => (await fetch(address)).status, address);
  expect(await ask("/api/session")).toBe(204);
  expect(await ask("/healthz")).toBe(200);
  expect(told.at(-1)).toBe("stopped");
  expect(await ask("/icons.svg")).toBe(200);
  await expect.poll(() => told.at(-1)).toBe("running");
});

test("a new build waits, takes over when asked, and leaves nothing mixed", async ({ page, server }) => {
  await page.goto("/");
  await waitUntilOfflineReady(page);
  await page.reload();
  const oldBuild = await buildOf(page);

  const other = await makeOtherClient();
  try {
    await server.stop();
    await server.startAgain({ FIELDLOOP_CLIENT_DIST: other.folder });
    await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      await registration.update();
    });
    const isWaiting = () =>
      page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.waiting?.state ?? "none");
    await expect.poll(isWaiting).toBe("installed");

    // As long as nobody asks, the old build goes on, also after a reload.
    await page.reload();
    expect(await buildOf(page)).toBe(oldBuild);

    // A worker that is asked for something just while it is being ended is started anew, and makes way once it is idle only:
    // half a minute later, or never while it is being watched as it is here.
    await expect(page.getByRole("heading", { name: "登录" })).toBeVisible();
    await page.waitForLoadState("networkidle");
    await page.evaluate(async () => {
      const takenOver = new Promise((resolve) => {
        navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true });
      });
      const registration = await navigator.serviceWorker.ready;
      registration.waiting?.postMessage({ type: "take-over" });
      await takenOver;
    });
    await page.reload();
    expect(await buildOf(page)).toBe(other.build);
    const workersBuild = await page.evaluate(async () => {
      const { port1, port2 } = new MessageChannel();
      const answer = new Promise<{ build: string }>((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
      navigator.serviceWorker.controller?.postMessage({ type: "version" }, [port2]);
      return (await answer).build;
    });
    expect(workersBuild).toBe(other.build);
  } finally {
    await other.discard();
  }
});

test("an update that is damaged on the way changes nothing", async ({ page, server }) => {
  await page.goto("/");
  await waitUntilOfflineReady(page);
  await page.reload();
  const oldBuild = await buildOf(page);

  const other = await makeOtherClient({ damaged: true });
  try {
    const damaged = await nextBuild(page);
    await server.stop();
    await server.startAgain({ FIELDLOOP_CLIENT_DIST: other.folder });
    expect(await damaged()).toBe("redundant");

    await server.kill();
    await page.reload();
    expect(await buildOf(page)).toBe(oldBuild);
    await expect(page.locator("#rescue")).toBeHidden();
  } finally {
    await other.discard();
  }
});

test("an update that is cut off on its way changes nothing, and is taken up once there is a line again", async ({ page, server }) => {
  const line = await FailingLine.to(server.port);
  const other = await makeOtherClient({ ballastBytes: 1 << 20 });
  try {
    await page.goto(line.url);
    await waitUntilOfflineReady(page);
    await page.reload();
    const oldBuild = await buildOf(page);
    line.failWithin(other.ballast, 500_000);
    const cutOff = await nextBuild(page);
    await server.stop();
    await server.startAgain({ FIELDLOOP_CLIENT_DIST: other.folder });
    expect(await cutOff()).toBe("redundant");
    expect(line.hasFailed).toBe(true);

    const second = await page.context().newPage();
    await second.goto(line.url);
    expect(await buildOf(second)).toBe(oldBuild);
    await expect(second.getByRole("heading", { name: "登录" })).toBeVisible();

    const whole = await nextBuild(page);
    line.mend();
    expect(await whole()).toBe("installed");
  } finally {
    await other.discard();
    await line.close();
  }
});

/**
 * Listens for the next build from now on, whoever looks for it first: the browser does so by itself after it has loaded a page.
 * What it returns looks for it and says what has become of it.
 */
async function nextBuild(page: Page): Promise<() => Promise<ServiceWorkerState>> {
  const next = await page.evaluateHandle(async () => {
    const registration = await navigator.serviceWorker.ready;
    const next: { worker?: ServiceWorker } = {};
    const note = () => (next.worker = registration.installing as ServiceWorker);
    registration.addEventListener("updatefound", note, { once: true });
    return next;
  });
  return () =>
    next.evaluate(async (next) => {
      const registration = await navigator.serviceWorker.ready;
      await registration.update().catch(() => undefined);
      while (!next.worker || next.worker.state === "installing") await new Promise((resolve) => setTimeout(resolve, 20));
      return next.worker.state;
    });
}
