// How journeys run: two at a time, because they mostly wait, each with a server and browsers of its own; in the machine's own
// Chromium, with no second tries. A journey that fails now and then is a bug with an owner.
import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  workers: 2,
  fullyParallel: false,
  retries: 0,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  forbidOnly: Boolean(process.env.CI),
  reporter: [["list"], ["./support/closing-line.ts"]],
  use: {
    locale: "zh-CN",
    timezoneId: "Asia/Shanghai",
    actionTimeout: 15_000,
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
      ],
    },
  },
  // A journey runs on the tablet, where the field work is done. Those named `*.desktop.spec.ts` are the office's.
  projects: [
    {
      name: "tablet",
      testIgnore: "**/*.desktop.spec.ts",
      use: { viewport: { width: 1180, height: 820 }, hasTouch: true },
    },
    {
      name: "desktop",
      testMatch: "**/*.desktop.spec.ts",
      use: { viewport: { width: 1440, height: 900 } },
    },
  ],
});
