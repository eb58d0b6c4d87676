// How the tablet is measured: the journeys' browser, one thing at a time and without what slows it down to explain failures.
import { defineConfig } from "@playwright/test";
import journeys from "../playwright.config.ts";

export default defineConfig({
  ...journeys,
  testDir: ".",
  testMatch: "*.bench.ts",
  outputDir: "../test-results",
  workers: 1,
  timeout: 600_000,
  reporter: [["list"]],
  use: { ...journeys.use, trace: "off", screenshot: "off" },
  projects: [{ name: "bench", use: { viewport: { width: 1180, height: 820 }, hasTouch: true } }],
});
