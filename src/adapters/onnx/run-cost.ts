// Duration of runs by batch size (hot path): decides between the event loop and a thread.

/** Recorded runs per size class. */
const WINDOW = 128;
/** Number of runs after which a size is evaluated again. */
const JUDGE_EVERY = 16;
const SIZE_CLASSES = 32;

/** Size classes are powers of two: a batch of 300 rows belongs to 256 to 511. */
export class RunCost {
  readonly #budgetMs: number;
  readonly #runsMs: Float64Array = new Float64Array(SIZE_CLASSES * WINDOW);
  readonly #counts: Uint32Array = new Uint32Array(SIZE_CLASSES);
  readonly #slow: Uint8Array = new Uint8Array(SIZE_CLASSES);

  constructor(budgetMs: number) {
    this.#budgetMs = budgetMs;
  }

  add(rowCount: number, ms: number): void {
    const size = sizeClass(rowCount);
    const count = this.#counts[size] as number;
    this.#runsMs[size * WINDOW + (count % WINDOW)] = ms;
    this.#counts[size] = count + 1;
    if ((count + 1) % JUDGE_EVERY === 0) this.judge(rowCount);
  }

  /** Evaluates the size class of `rowCount` from its recorded runs. */
  judge(rowCount: number): void {
    const size = sizeClass(rowCount);
    const known = Math.min(this.#counts[size] as number, WINDOW);
    // The median: delays that a busy machine adds to some runs are not the model's, and a thread would have them too.
    const runs = this.#runsMs.slice(size * WINDOW, size * WINDOW + known).sort();
    const costMs = runs[Math.floor((known - 1) / 2)] ?? 0;
    if (costMs <= this.#budgetMs) return;
    // A slow size stays slow, and larger ones with it: without inline runs there are no new measurements.
    this.#slow.fill(1, size);
  }

  /** True if runs of this size take longer than the budget. */
  isSlow(rowCount: number): boolean {
    return this.#slow[sizeClass(rowCount)] === 1;
  }

  /** Mean duration of the recorded runs of this size, ms; NaN if there are none. */
  meanMs(rowCount: number): number {
    const size = sizeClass(rowCount);
    const known = Math.min(this.#counts[size] as number, WINDOW);
    const runs = this.#runsMs.subarray(size * WINDOW, size * WINDOW + known);
    return runs.reduce((sum, ms) => sum + ms, 0) / known;
  }
}

function sizeClass(rowCount: number): number {
  return 31 - Math.clz32(Math.max(1, rowCount));
}
