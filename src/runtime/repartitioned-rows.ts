// Rows under another key until their epoch ends (hot path): stages before a barrier go through the whole batch that it
// cuts in two, so some of these belong to the epoch after it.
import type { Batch } from '../core/batch.ts';
import { partitionName } from '../core/topic-partition.ts';
import type { LogRecord } from '../ports/event-log.ts';

/** Of a repartitioned record: `topic-partition-offset` of the one that it was. */
export const SOURCE_HEADER = 'millrace-source';

export class RepartitionedRows {
  /** G: what lies below it is out. */
  readonly #heldBelow: number;
  /** In the order of their offsets in the source. */
  #records: LogRecord[] = [];
  #offsets: number[] = [];

  constructor(heldBelow: number) {
    this.#heldBelow = heldBelow;
  }

  /**
   * @param keys one a live row
   * @returns how many rows go out: those that are not out already
   */
  add({ rows, offsets, rawIndex, raw }: Batch, keys: readonly Buffer[]): number {
    const source = `${partitionName(raw.origin)}-`;
    let from = 0;
    while (from < rows.length && (offsets[rows[from] as number] as number) < this.#heldBelow) from++;
    for (let i = from; i < rows.length; i++) {
      const row = rows[i] as number;
      const index = rawIndex[row] as number;
      const offset = offsets[row] as number;
      this.#offsets.push(offset);
      this.#records.push({
        key: keys[i] as Buffer,
        value: raw.values.at(index),
        timestampMs: raw.timestampMs[index] as number,
        headers: { [SOURCE_HEADER]: source + offset },
      });
    }
    return rows.length - from;
  }

  /** Those before `offsetNext`, which are then no more here. */
  take(offsetNext: number): LogRecord[] {
    const records = this.#records;
    let count = records.length;
    while (count > 0 && (this.#offsets[count - 1] as number) >= offsetNext) count--;
    this.#records = records.splice(count);
    this.#offsets = this.#offsets.slice(count);
    return records;
  }
}
