// The loop that the product is for: a fault comes in, is mended and signed for without a network, and the office can prove it.
import type { Page } from "@playwright/test";
import { expect, test } from "../support/journey.ts";
import { history, PEOPLE, pill } from "../support/people.ts";
import { A_DOT, draw } from "../support/tablet.ts";
import { changeUrgency, complete, contactCustomer, CUSTOMER, nextStep, openTicket } from "../support/work.ts";
import { readAndRate, registerFault, replacePart, sign } from "../support/work.ts";

test.use({ serverOptions: { demo: true } });

test("a fault is mended and signed for while there is no server, and all of it arrives", async ({ desk, tablet, server }) => {
  test.setTimeout(180_000);
  const engineer = await tablet("engineer");
  const office = await desk("agent");

  await registerFault(office, "E07 停机");
  await expect(office.getByText(`分派给 ${PEOPLE.engineer}`)).toBeVisible();
  const number = await office.getByRole("article").getByText(/^FB\d{9}$/).first().innerText();

  // It reaches the tablet by itself.
  await engineer.page.getByRole("link", { name: "E07 停机" }).tap();
  await expect(engineer.page.getByText("整条线等着")).toBeVisible();
  await server.kill();
  await expect(pill(engineer.page)).toHaveText("离线");

  await contactCustomer(engineer.page);
  await nextStep(engineer.page, "出发").tap();
  await nextStep(engineer.page, "到达签到").tap();
  await expect(nextStep(engineer.page, "完工")).toBeVisible();
  await replacePart(engineer.page, { name: "主控板", old: "OLD-1", new: "NEW-2" });
  await complete(engineer.page, "主控板短路", "更换主控板，试机正常");
  await nextStep(engineer.page, "请客户签字").tap();
  await expect(engineer.page.getByText(number)).toBeVisible();
  await expect(engineer.page.getByText("旧件 OLD-1 · 新件 NEW-2")).toBeVisible();
  await readAndRate(engineer.page);

  // A dot is no signature.
  const confirm = engineer.page.getByRole("button", { name: "确认并签字" });
  await draw(engineer.page.getByRole("img", { name: "签名区" }), A_DOT);
  await expect(engineer.page.getByRole("status").getByText("请签全名")).toBeVisible();
  await confirm.tap({ force: true });
  await expect(confirm).toBeVisible();
  await engineer.page.getByRole("button", { name: "重签" }).tap();
  await sign(engineer.page);

  const savedHere = (page = engineer.page) => history(page).getByText("已存本机");
  await expect(pill(engineer.page)).toHaveText("离线 · 6 项已保存");
  await expect(savedHere()).toHaveCount(6);

  // The battery is empty; the server is still gone.
  const job = engineer.page.url();
  await engineer.switchOff();
  await engineer.switchOn(job);
  await expect(pill(engineer.page)).toHaveText("离线 · 6 项已保存");
  await expect(savedHere()).toHaveCount(6);
  const fingerprint = engineer.page.getByText(/内容指纹 [0-9a-f]{12}/);
  const [shortHash] = /[0-9a-f]{12}/.exec(await fingerprint.innerText()) ?? [];
  await expect(engineer.page.getByRole("img", { name: `${CUSTOMER.name}的签名` })).toBeVisible();

  // Nobody can sign the same work again.
  await engineer.page.getByRole("contentinfo").getByRole("button", { name: "客户签字" }).tap({ force: true });
  const whyNot = engineer.page.getByRole("dialog", { name: "客户已经对这次服务签字或答复" });
  await whyNot.getByRole("button", { name: "知道了" }).tap();
  await engineer.page.goto(`${job}/sign-off`);
  await expect(engineer.page.getByText("客户已经签字或答复")).toBeVisible();
  await engineer.page.goto(job);

  await server.startAgain();
  await expect(pill(engineer.page)).toHaveText("已全部上传", { timeout: 60_000 });
  await expect(savedHere()).toHaveCount(0);

  await expect(history(office)).toContainText(
    [
      `客户签字：${CUSTOMER.name}`,
      "完工",
      "更换配件：主控板 × 1",
      "到达签到",
      "已出发",
      "已联系客户",
      `分派给 ${PEOPLE.engineer}`,
      "登记工单",
    ],
    { timeout: 60_000 },
  );
  await expect(office.getByText("旧件 OLD-1 → 新件 NEW-2").first()).toBeVisible();
  await expect(office.getByText(`${CUSTOMER.name} 签字`)).toBeVisible();
  await expect(office.getByRole("img", { name: `${CUSTOMER.name}的签名` })).toBeVisible();
  await expect(office.getByText(new RegExp(`^${shortHash}[0-9a-f]{52}$`))).toBeVisible();
  await expect(clocks(office).getByRole("button", { name: /解决时限：按时完成/ })).toBeVisible();
  await office.getByRole("button", { name: "查看签字时的内容" }).click();
  const sheet = office.getByRole("dialog", { name: "签字时的内容" });
  await expect(sheet.getByText("旧件 OLD-1 · 新件 NEW-2")).toBeVisible();
});

test("work that was done in time counts as in time, however late its tablet reports it", async ({ desk, server, tablet }) => {
  test.setTimeout(120_000);
  const summary = "切割断面挂渣，功率下降";
  await server.kill();
  await server.startAgain({ FIELDLOOP_CLOCK_BEHIND_S: "18000" });
  const engineer = await tablet("engineer");
  await engineer.page.getByRole("link", { name: summary }).tap();
  await expect(nextStep(engineer.page, "恢复处理")).toBeVisible();

  // Five hours ago, out of reach, the engineer finishes the job; then the tablet's battery is empty.
  await server.kill();
  await complete(engineer.page, "准直镜污损", "更换准直镜组件，断面正常");
  const job = engineer.page.url();
  await engineer.switchOff();

  await server.startAgain();
  const office = await desk("supervisor");
  await openTicket(office, summary);
  await changeUrgency(office, "紧急", "客户等着交货");
  await expect(clocks(office).getByRole("button", { name: /解决时限：已超时/ })).toBeVisible();

  await engineer.switchOn(job);
  await expect(pill(engineer.page)).toHaveText("已全部上传");
  await expect(clocks(office).getByRole("button", { name: /解决时限：按时完成/ })).toBeVisible();
  await expect(history(office).filter({ hasText: "准直镜污损" })).toContainText(/发生 .+ · 送达服务器 .+ · 设备 [0-9A-F]{4}/);
});

function clocks(office: Page) {
  return office.getByRole("region", { name: "时限" });
}
