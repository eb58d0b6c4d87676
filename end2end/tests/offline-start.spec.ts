// The app starts, and goes on starting when the server is gone.
import { buildOf, makeOtherClient, waitUntilOfflineReady } from "../support/client.ts";
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
    await server.stop();
    await server.startAgain({ FIELDLOOP_CLIENT_DIST: other.folder });
    const ended = await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      const found = new Promise<ServiceWorker>((resolve) => {
        registration.addEventListener("updatefound", () => resolve(registration.installing as ServiceWorker), { once: true });
      });
      await registration.update().catch(() => undefined);
      const worker = await found;
      while (worker.state === "installing") await new Promise((resolve) => setTimeout(resolve, 20));
      return worker.state;
    });
    expect(ended).toBe("redundant");

    await server.kill();
    await page.reload();
    expect(await buildOf(page)).toBe(oldBuild);
    await expect(page.locator("#rescue")).toBeHidden();
  } finally {
    await other.discard();
  }
});
