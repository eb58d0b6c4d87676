// A tablet without any room: what the customer signs is saved all the same, with room that was held in reserve for it.
import { expect, test } from "../support/journey.ts";
import { pill } from "../support/people.ts";
import { fillToTheBrim, reserveOf } from "../support/storage.ts";
import { complete, nextStep, openTicket, readAndRate, sign } from "../support/work.ts";

test.use({ serverOptions: { demo: true } });

const MIB = 1024 * 1024;
const RESERVE = 20 * MIB;
const JOB = "切割断面挂渣，功率下降";

test("on a tablet that is full to the brim a signature is saved, that is said, and it goes to the server later", async ({ tablet, desk, server }) => {
  test.setTimeout(180_000);
  const engineer = await tablet("engineer");
  await engineer.page.getByRole("link", { name: JOB }).tap();
  await expect(nextStep(engineer.page, "恢复处理")).toBeVisible();
  const job = engineer.page.url();
  await expect.poll(() => reserveOf(engineer.page)).toBe(RESERVE);
  // A browser goes for a while by what it was told of its room: it is told before the app opens its database.
  await engineer.switchOff();
  await engineer.switchOn("about:blank");
  const { page } = engineer;
  const devtools = await page.context().newCDPSession(page);
  const origin = new URL(server.url).origin;
  const usage = async () => (await devtools.send("Storage.getUsageAndQuota", { origin })).usage;
  const leave = async (room: number) => {
    await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: (await usage()) + room });
  };
  await leave(4 * MIB);
  await page.goto(job);
  await expect(pill(page)).toHaveText("已全部上传");
  await server.kill();
  await complete(page, "准直镜污损", "更换准直镜组件，断面正常");
  await nextStep(page, "请客户签字").tap();
  await readAndRate(page, /^我是/);

  await fillToTheBrim(page);
  await leave(-RESERVE / 2);
  expect(await reserveOf(page)).toBe(RESERVE);
  await sign(page);
  await expect(pill(page)).toHaveText("离线 · 2 项已保存");
  expect(await reserveOf(page)).toBe(0);
  await pill(page).tap();
  await expect(page.getByText("本机空间快用完", { exact: true })).toBeVisible();
  await expect(page.getByText("文字和签字仍能保存")).toBeVisible();

  await engineer.kill();
  await engineer.switchOn(job);
  await expect(pill(engineer.page)).toHaveText("离线 · 2 项已保存");
  await server.startAgain();
  await expect(pill(engineer.page)).toHaveText("已全部上传", { timeout: 60_000 });
  const office = await desk("supervisor");
  await openTicket(office, JOB);
  await expect(office.getByRole("img", { name: /的签名$/ })).toBeVisible();
});
