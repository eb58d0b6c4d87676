// Chance that can be had again: the same seed, the same choices.

/** The seed of this run; `FIELDLOOP_SEED=17` takes another one. */
export const SEED = Number(process.env.FIELDLOOP_SEED ?? 1);

export class Chance {
  private state: number;

  /** What comes of a seed; another `salt` gives other choices of the same seed. */
  constructor(seed: number, salt: number) {
    this.state = Math.imul(seed, 0x9e3779b9) ^ Math.imul(salt, 0x85ebca6b);
  }

  /** A whole number from 0 up to, and without, `count`. */
  below(count: number): number {
    // Mulberry32.
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count;
  }

  /** One of several. */
  of<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new Error("there is nothing to choose from");
    return choice;
  }
}
