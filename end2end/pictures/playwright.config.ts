// How the README's pictures are taken: by the journeys' browser, of the example company.
import { defineConfig } from "@playwright/test";
import journeys from "../playwright.config.ts";

export default defineConfig({
  ...journeys,
  testDir: ".",
  testMatch: "*.pictures.ts",
  outputDir: "../test-results",
  timeout: 300_000,
  reporter: [["list"]],
  projects: [{ name: "pictures", use: { viewport: { width: 1180, height: 820 }, hasTouch: true } }],
});
