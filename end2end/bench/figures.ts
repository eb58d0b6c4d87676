// Measured numbers, in the form that xtask/src/bench/figure.rs reads: one JSON object a line.
import { appendFile } from "node:fs/promises";

const FILE = process.env.FIELDLOOP_FIGURES;

/** How often each thing is measured. */
export const ROUNDS = Number(process.env.FIELDLOOP_ROUNDS ?? "9");

export interface Figure {
  name: string;
  value: number;
  unit: string;
  goal?: { at_most: number } | { at_least: number };
  peer?: { name: string; value: number };
}

export async function report(figure: Figure): Promise<void> {
  const line = `${JSON.stringify(figure)}\n`;
  if (FILE) await appendFile(FILE, line);
  else process.stdout.write(line);
}

/** The smallest of the numbers that this share of them doesn't exceed. */
export function quantile(numbers: number[], share: number): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  const found = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (found === undefined) throw new Error("nothing was measured");
  return found;
}
