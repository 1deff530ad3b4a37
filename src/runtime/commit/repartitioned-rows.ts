// Buffers repartitioned rows until their epoch ends (hot path): stages before a barrier process the whole batch that it
// splits, so some of these rows belong to the next epoch. No object per row: values stay in the memory of the fetch, or
// of the batch that was made of them, keys in that of the stage.
import type { Batch, RawBatch } from '../../core/batch.ts';
import type { ByteColumn } from '../../core/byte-column.ts';
import type { RowKeys } from '../../operators/key-bytes.ts';
import type { RecordBlock } from '../../ports/event-log.ts';
import { blocksOf, rowBytes, type Rows } from './repartitioned-blocks.ts';

/** Of the source position in its header: the longest topic, partition and offset, and the header's own name. */
const SOURCE_HEADER_BYTES = 320;

/** Takes the rows [from, to) without `large`. */
type TakeRows = (rows: Rows, to: number, large: ReadonlySet<number>) => void;

/** Called with a record that is larger than its topic accepts. @param place of the row */
type TooLarge = (raw: RawBatch, index: number, place: number) => void;

export class RepartitionedRows {
  /** Offset below which an earlier run has committed all outputs. */
  readonly #committedBelow: number;
  /** In source offset order. */
  #waiting: Rows[] = [];

  constructor(committedBelow: number) {
    this.#committedBelow = committedBelow;
  }

  /**
   * @param watermarksMs of the live rows
   * @param values what is sent of each; null for the values of their records
   * @returns the number of rows that are taken: those that an earlier run has not committed
   */
  add(
    { rows, offsets, rawIndex, raw }: Batch,
    keys: RowKeys,
    watermarksMs: Float64Array,
    values: ByteColumn | null = null,
  ): number {
    const indexes = Int32Array.from(rows, (row) => rawIndex[row] as number);
    const added: Rows = {
      raw,
      keys,
      watermarksMs,
      offsets: Float64Array.from(rows, (row) => offsets[row] as number),
      indexes,
      values: values ?? raw.values,
      valueRows: values === null ? indexes : indexes.map((_index, i) => i),
      from: 0,
    };
    added.from = countBelow(added, this.#committedBelow);
    const count = rows.length - added.from;
    if (count > 0) this.#waiting.push(added);
    return count;
  }

  /**
   * Removes and returns the rows before `offsetNext`.
   * @param bytesMax of a record of the topic
   */
  take(offsetNext: number, bytesMax: number, tooLarge: TooLarge): RecordBlock[] {
    const blocks: RecordBlock[] = [];
    this.takeRows(offsetNext, bytesMax, tooLarge, (rows, to, large) => {
      for (const block of blocksOf(rows, to, large)) blocks.push(block);
    });
    return blocks;
  }

  /** Removes the rows before `offsetNext`, and calls `take` with those of each batch, in order. */
  takeRows(offsetNext: number, bytesMax: number, tooLarge: TooLarge, take: TakeRows): void {
    for (const rows of this.#waiting) {
      const to = countBelow(rows, offsetNext);
      if (to > rows.from) {
        const large = largeRows(rows, to, bytesMax - SOURCE_HEADER_BYTES);
        for (const i of large) tooLarge(rows.raw, rows.indexes[i] as number, rows.offsets[i] as number);
        take(rows, to, large);
      }
      rows.from = Math.max(rows.from, to);
    }
    this.#waiting = this.#waiting.filter(({ from, offsets }) => from < offsets.length);
  }
}

function countBelow({ offsets }: Rows, offset: number): number {
  let count = offsets.length;
  while (count > 0 && (offsets[count - 1] as number) >= offset) count--;
  return count;
}

/** Those of the rows [from, to) whose key and value have more bytes. */
function largeRows(rows: Rows, to: number, bytesMax: number): ReadonlySet<number> {
  const large = new Set<number>();
  for (let i = rows.from; i < to; i++) if (rowBytes(rows, i) > bytesMax) large.add(i);
  return large;
}
