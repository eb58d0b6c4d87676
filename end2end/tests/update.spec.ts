// A new version arrives while work is still on the tablet: the work goes with it.
import { buildOf, makeOtherClient } from "../support/client.ts";
import { expect, test } from "../support/journey.ts";
import { history, pill } from "../support/people.ts";
import { addNote } from "../support/work.ts";

test.use({ serverOptions: { demo: true } });

const JOB = "现场发现：二手激光机水温报警";

test("taking a new version forgets the builds before it, and not one that is just being installed", async ({ tablet, server }) => {
  test.setTimeout(120_000);
  const { page } = await tablet("engineer");
  await page.reload();
  const caches = () => page.evaluate(() => self.caches.keys());
  const make = (build: string) => page.evaluate((build) => self.caches.open(`fieldloop-build-${build}`).then(() => undefined), build);
  const [own] = await caches();
  await make("overtaken");

  const other = await makeOtherClient();
  try {
    await server.stop();
    await server.startAgain({ FIELDLOOP_CLIENT_DIST: other.folder });
    await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      await registration.update();
    });
    const take = page.getByRole("status").getByRole("button", { name: "现在更新" });
    await expect(take).toBeVisible();
    await make("arriving");
    await take.tap();
    await expect.poll(() => buildOf(page).catch(() => null)).toBe(other.build);
    await expect.poll(caches).toEqual([own, `fieldloop-build-${other.build}`, "fieldloop-build-arriving"]);
  } finally {
    await other.discard();
  }
});

test("an app that is never closed hears of a new version within the hour", async ({ tablet, server }) => {
  test.setTimeout(120_000);
  const { page } = await tablet("engineer");
  await page.clock.install();
  await page.reload();
  await expect(page.getByRole("link", { name: JOB })).toBeVisible();
  const other = await makeOtherClient();
  try {
    await server.stop();
    await server.startAgain({ FIELDLOOP_CLIENT_DIST: other.folder });
    const take = page.getByRole("status").getByRole("button", { name: "现在更新" });
    await page.clock.fastForward("00:50:00");
    await expect(take).toBeHidden();
    await page.clock.fastForward("00:11:00");
    await expect(take).toBeVisible();
  } finally {
    await other.discard();
  }
});

test("taking a new version keeps what is not on the server yet", async ({ desk, tablet, server }) => {
  test.setTimeout(120_000);
  const engineer = await tablet("engineer");
  await engineer.page.reload();
  await engineer.page.getByRole("link", { name: JOB }).tap();
  const pushes = "**/api/sync/push";
  await engineer.page.context().route(pushes, (route) => route.abort());
  await addNote(engineer.page, "滤芯已更换");
  await expect(history(engineer.page).getByText("已存本机")).toHaveCount(1);

  const other = await makeOtherClient();
  try {
    await server.stop();
    await server.startAgain({ FIELDLOOP_CLIENT_DIST: other.folder });
    await engineer.page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      await registration.update();
    });
    await engineer.page.getByRole("status").getByRole("button", { name: "现在更新" }).tap();
    await expect.poll(() => buildOf(engineer.page).catch(() => null)).toBe(other.build);
    await expect(pill(engineer.page)).toHaveText(/1 项/);
    await expect(history(engineer.page).getByText("已存本机")).toHaveCount(1);

    await engineer.page.context().unroute(pushes);
    await expect(pill(engineer.page)).toHaveText("已全部上传", { timeout: 60_000 });
    const office = await desk("supervisor");
    await office.getByRole("link", { name: JOB }).click();
    await expect(history(office).first()).toContainText("滤芯已更换");
  } finally {
    await other.discard();
  }
});
