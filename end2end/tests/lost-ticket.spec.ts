// A ticket goes to somebody else while its engineer works on it out of reach: the work counts, what is not theirs to decide any
// more waits for the office, and nothing else waits for either.
import { expect, test } from "../support/journey.ts";
import { history, PEOPLE, pill } from "../support/people.ts";
import { addNote, nextStep, openTicket, reassign } from "../support/work.ts";

test.use({ serverOptions: { demo: true } });

const LOST = "切割断面挂渣，功率下降";
const KEPT = "现场发现：二手激光机水温报警";

test("what was done in good faith is taken, what is no longer theirs to decide waits for the office", async ({ desk, tablet, server }) => {
  test.setTimeout(150_000);
  const engineer = await tablet("engineer");
  await engineer.page.getByRole("link", { name: LOST }).tap();
  await expect(nextStep(engineer.page, "恢复处理")).toBeVisible();
  const job = engineer.page.url();
  await server.kill();
  await expect(pill(engineer.page)).toHaveText("离线");

  await nextStep(engineer.page, "到达签到").tap();
  await addNote(engineer.page, "准直镜已到，开始更换");
  await engineer.page.getByRole("button", { name: "修改联系人" }).tap();
  const sheet = engineer.page.getByRole("dialog", { name: "修改联系人" });
  await sheet.getByLabel("电话").fill("13900001111");
  await sheet.getByRole("button", { name: "保存" }).tap();
  await expect(pill(engineer.page)).toHaveText("离线 · 3 项已保存");
  await engineer.switchOff();

  await server.startAgain();
  const office = await desk("supervisor");
  await openTicket(office, LOST);
  await reassign(office, "高翔");

  await engineer.switchOn(job);
  await expect(pill(engineer.page)).toHaveText("已全部上传");
  await expect(engineer.page.getByText("本机上没有这个任务")).toBeVisible();
  const work = history(office).filter({ hasText: PEOPLE.engineer });
  await expect(work.filter({ hasText: "准直镜已到，开始更换" })).toBeVisible();
  await expect(work.filter({ hasText: "到达签到" })).toHaveCount(2);
  await expect(office.getByText("13900001111")).toHaveCount(0);

  // Other work goes on as if nothing had happened.
  await engineer.page.getByRole("link", { name: "返回" }).tap();
  await expect(engineer.page.getByRole("link", { name: LOST })).toHaveCount(0);
  await engineer.page.getByRole("link", { name: KEPT }).tap();
  await addNote(engineer.page, "滤芯已更换");
  await expect(history(engineer.page).filter({ hasText: "滤芯已更换" })).toBeVisible();
  await expect(history(engineer.page).getByText("已存本机")).toHaveCount(0);

  // What does not count by itself is on the server, and its author can see that.
  await pill(engineer.page).tap();
  const parked = engineer.page.getByRole("listitem").filter({ hasText: "修改联系人" });
  await expect(parked).toContainText("待办公室确认");
  await expect(engineer.page.getByText("送达时您已不再负责该工单")).toBeVisible();
});
