// Ends a run with one plain line, `12 passed, 0 failed`, which the other runners' readers understand too.
import type { FullResult, Reporter, TestCase, TestResult } from "@playwright/test/reporter";

export default class ClosingLine implements Reporter {
  private passed = 0;
  private failed = 0;
  private skipped = 0;

  onTestEnd(test: TestCase, result: TestResult): void {
    if (result.status === "skipped") this.skipped += 1;
    else if (test.ok()) this.passed += 1;
    else this.failed += 1;
  }

  onEnd(result: FullResult): void {
    const skipped = this.skipped > 0 ? `, ${this.skipped} skipped` : "";
    const cut = result.status === "interrupted" || result.status === "timedout" ? ` (${result.status})` : "";
    console.log(`\n${this.passed} passed, ${this.failed} failed${skipped}${cut}`);
  }

  printsToStdio(): boolean {
    return false;
  }
}
