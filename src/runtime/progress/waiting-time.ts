// How long the oldest event that is not committed has waited (control path): from samples of the log's end.
import { LAG_SAMPLES_MAX } from '../../core/log-limits.ts';

interface Sample {
  readonly end: number;
  readonly atMs: number;
}

export class WaitingTime {
  /** Ascending in both; the first ends above what is committed. */
  #samples: Sample[] = [];

  /** Takes the end of the log as of `atMs`. */
  add(end: number, atMs: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && end <= last.end) return;
    this.#samples.push({ end, atMs });
    // The gaps between samples grow with their age; that of the oldest event stays exact.
    if (this.#samples.length > LAG_SAMPLES_MAX)
      this.#samples = this.#samples.filter((_, index) => index % 2 === 0);
  }

  /** Milliseconds since the log was first seen to end above `committed`; 0 if it does not. */
  ms(committed: number, nowMs: number): number {
    const first = this.#samples.findIndex(({ end }) => end > committed);
    this.#samples = first < 0 ? [] : this.#samples.slice(first);
    const [oldest] = this.#samples;
    return oldest === undefined ? 0 : nowMs - oldest.atMs;
  }
}
