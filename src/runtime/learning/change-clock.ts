// Event times of the newest labels (control path; an addition per label): detectors count labels, and rows are chosen by time.

/** Labels between two times that are kept: a change is known to this many rows. */
const STRIDE = 8;
/** Times that are kept: a change further back counts as at the oldest. */
const TIMES_MAX = 512;

/** Where a detector says that the concept changed. */
export interface ConceptChange {
  /** Event time of the first prediction behind it, ms. */
  readonly atMs: number;
  /** Labels behind it so far. */
  readonly labels: number;
  /** Those of them that are 1. */
  readonly positives: number;
}

export interface ChangeClockSnapshot {
  readonly labels: number;
  readonly times: readonly number[];
  /** Labels that are 1 before each of `times`, and in total; snapshots of earlier releases lack them. */
  readonly positivesBefore?: readonly number[];
  readonly positives?: number;
}

export class ChangeClock {
  #labels = 0;
  /** Of every STRIDE-th label, the newest last. */
  #times: number[] = [];
  #positives = 0;
  /** For each of the times. */
  #positivesBefore: number[] = [];

  /** Takes the event time of the next label's prediction, ms, and the label. */
  tick(timeMs: number, label: number): void {
    if (this.#labels % STRIDE === 0) {
      this.#times.push(timeMs);
      this.#positivesBefore.push(this.#positives);
      if (this.#times.length > 2 * TIMES_MAX) {
        this.#times = this.#times.slice(-TIMES_MAX);
        this.#positivesBefore = this.#positivesBefore.slice(-TIMES_MAX);
      }
    }
    this.#labels += 1;
    if (label === 1) this.#positives += 1;
  }

  /** The `count` newest labels, less up to STRIDE of the oldest of them; null if nothing is known of them. */
  newest(count: number): ConceptChange | null {
    const first = Math.ceil(Math.max(0, this.#labels - count) / STRIDE);
    const { length } = this.#times;
    const dropped = Math.ceil(this.#labels / STRIDE) - length;
    // What a snapshot has: which engines were restarted, and when, must not move a change.
    const oldest = Math.max(0, length - TIMES_MAX);
    const at = Math.min(length - 1, Math.max(oldest, first - dropped));
    const atMs = this.#times[at];
    if (atMs === undefined) return null;
    const labels = this.#labels - (at + dropped) * STRIDE;
    return { atMs, labels, positives: this.#positives - (this.#positivesBefore[at] ?? 0) };
  }

  snapshot(): ChangeClockSnapshot {
    return {
      labels: this.#labels,
      times: this.#times.slice(-TIMES_MAX),
      positivesBefore: this.#positivesBefore.slice(-TIMES_MAX),
      positives: this.#positives,
    };
  }

  restore({ labels, times, positivesBefore, positives = 0 }: ChangeClockSnapshot): void {
    this.#labels = labels;
    this.#times = [...times];
    this.#positives = positives;
    // Those before the snapshot count as none: a training waits a little longer.
    this.#positivesBefore = positivesBefore === undefined ? times.map(() => 0) : [...positivesBefore];
  }
}
