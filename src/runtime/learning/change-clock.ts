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
}

export interface ChangeClockSnapshot {
  readonly labels: number;
  readonly times: readonly number[];
}

export class ChangeClock {
  #labels = 0;
  /** Of every STRIDE-th label, the newest last. */
  #times: number[] = [];

  /** Takes the event time of the next label's prediction, ms. */
  tick(timeMs: number): void {
    if (this.#labels % STRIDE === 0) {
      this.#times.push(timeMs);
      if (this.#times.length > 2 * TIMES_MAX) this.#times = this.#times.slice(-TIMES_MAX);
    }
    this.#labels += 1;
  }

  /** The `count` newest labels, less up to STRIDE of the oldest of them; null if nothing is known of them. */
  newest(count: number): ConceptChange | null {
    const first = Math.ceil(Math.max(0, this.#labels - count) / STRIDE);
    const dropped = Math.ceil(this.#labels / STRIDE) - this.#times.length;
    const at = Math.min(this.#times.length - 1, Math.max(0, first - dropped));
    const atMs = this.#times[at];
    return atMs === undefined ? null : { atMs, labels: this.#labels - (at + dropped) * STRIDE };
  }

  snapshot(): ChangeClockSnapshot {
    return { labels: this.#labels, times: this.#times.slice(-TIMES_MAX) };
  }

  restore({ labels, times }: ChangeClockSnapshot): void {
    this.#labels = labels;
    this.#times = [...times];
  }
}
