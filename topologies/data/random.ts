// Repeatable random numbers for events that are made up (control path).

/** Uniform in [0, 1): mulberry32 (https://github.com/bryc/code/blob/master/jshash/PRNGs.md). */
export function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Near enough to a standard normal number: the sum of twelve uniform ones (Irwin and Hall). */
export function normal(next: () => number): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += next();
  return sum;
}

/** Of an exponential distribution. */
export function exponential(next: () => number, mean: number): number {
  return -Math.log(1 - next()) * mean;
}

/** One of them. */
export function oneOf<T>(next: () => number, values: readonly T[]): T {
  return values[Math.floor(next() * values.length)] as T;
}
