// All clocks of all open tickets, on one core, in a browser.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "@playwright/test";
import { quantile, report } from "./figures.ts";

/** As many as bench/src/clocks.rs reckons beside it. */
const TICKETS = 10_000;
const ROUNDS = 25;

interface Module {
  (wasm: { module_or_path: Uint8Array }): Promise<unknown>;
  OpenTickets: new (count: number) => { reckon(): number };
}
declare const wasm_bindgen: Module;

test("clocks", async ({ page }) => {
  const folder = process.env.FIELDLOOP_CLOCKS;
  if (!folder) throw new Error("FIELDLOOP_CLOCKS names the folder of the wasm to measure");
  const script = await readFile(join(folder, "clock_bench.js"), "utf8");
  // What a script declares at its top is no property of the window, and only those can be reached from outside.
  const html = `<script src="clock_bench.js"></script><script>window.wasm_bindgen = wasm_bindgen</script>`;
  await page.route("http://clocks.test/**", (route) =>
    route.request().url().endsWith(".js")
      ? route.fulfill({ contentType: "text/javascript", body: script })
      : route.fulfill({ contentType: "text/html", body: html }),
  );
  await page.goto("http://clocks.test/");
  const wasm = (await readFile(join(folder, "clock_bench_bg.wasm"))).toString("base64");
  const { found, waits } = await page.evaluate(
    async ([wasm, count, rounds]) => {
      await wasm_bindgen({ module_or_path: Uint8Array.from(atob(wasm), (letter) => letter.charCodeAt(0)) });
      const tickets = new wasm_bindgen.OpenTickets(count);
      const waits: number[] = [];
      let found = 0;
      for (let round = 0; round < rounds; round += 1) {
        const begun = performance.now();
        found = tickets.reckon();
        waits.push(performance.now() - begun);
      }
      return { found, waits };
    },
    [wasm, TICKETS, ROUNDS] as [string, number, number],
  );
  await report({ name: "all clocks of 10,000 open tickets, in the browser", value: quantile(waits, 0.5), unit: "ms" });
  await report({ name: "clocks that these tickets have in the browser", value: found, unit: "" });
});
