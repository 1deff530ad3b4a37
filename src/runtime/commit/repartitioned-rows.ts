// Buffers repartitioned rows until their epoch ends (hot path): stages before a barrier process the whole batch that it
// splits, so some of these rows belong to the next epoch. No object per row: values stay in the memory of the fetch, keys
// in that of the stage.
import type { Batch, RawBatch } from '../../core/batch.ts';
import { ByteColumn } from '../../core/byte-column.ts';
import { copyBytes, digitCount, DIGITS_MAX, writeDigits } from '../../core/text-bytes.ts';
import { partitionName } from '../../core/topic-partition.ts';
import type { RowKeys } from '../../operators/key-bytes.ts';
import type { RecordBlock } from '../../ports/event-log.ts';

/** Header of a repartitioned record, and of a dead letter: `topic-partition-offset` of the source record. */
export const SOURCE_HEADER = 'millrace-source';

/** Of the source position in its header: the longest topic, partition and offset, and the header's own name. */
const HEADER_BYTES = 320;

/** Live rows of one batch; those below `from` have been written. */
interface Rows {
  readonly raw: RawBatch;
  readonly keys: RowKeys;
  readonly offsets: Float64Array;
  /** Index of the record in `raw`. */
  readonly indexes: Int32Array;
  from: number;
}

export class RepartitionedRows {
  /** Offset below which an earlier run has committed all outputs. */
  readonly #committedBelow: number;
  /** In source offset order. */
  #waiting: Rows[] = [];

  constructor(committedBelow: number) {
    this.#committedBelow = committedBelow;
  }

  /** @returns the number of rows that are taken: those that an earlier run has not committed */
  add({ rows, offsets, rawIndex, raw }: Batch, keys: RowKeys): number {
    const added: Rows = {
      raw,
      keys,
      offsets: Float64Array.from(rows, (row) => offsets[row] as number),
      indexes: Int32Array.from(rows, (row) => rawIndex[row] as number),
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
   * @param tooLarge called with the records that are larger
   */
  take(
    offsetNext: number,
    bytesMax: number,
    tooLarge: (raw: RawBatch, index: number) => void,
  ): RecordBlock[] {
    const blocks: RecordBlock[] = [];
    for (const rows of this.#waiting) {
      const to = countBelow(rows, offsetNext);
      if (to > rows.from) {
        const large = largeRows(rows, to, bytesMax - HEADER_BYTES);
        for (const i of large) tooLarge(rows.raw, rows.indexes[i] as number);
        for (const block of blocksOf(rows, to, large)) blocks.push(block);
      }
      rows.from = Math.max(rows.from, to);
    }
    this.#waiting = this.#waiting.filter(({ from, offsets }) => from < offsets.length);
    return blocks;
  }
}

function countBelow({ offsets }: Rows, offset: number): number {
  let count = offsets.length;
  while (count > 0 && (offsets[count - 1] as number) >= offset) count--;
  return count;
}

/** Fills in the rows of one target partition. */
class Filling {
  readonly block: RecordBlock;
  readonly #rows: Rows;
  readonly #sources: Sources;
  readonly #header: ByteColumn;
  #count = 0;

  constructor(partition: number, count: number, rows: Rows, sources: Sources) {
    const { raw, keys } = rows;
    this.#rows = rows;
    this.#sources = sources;
    this.#header = emptyRows(sources.bytes, count);
    this.block = {
      partition,
      timestampMs: new Float64Array(count),
      keys: emptyRows(keys.distinct.bytes, count),
      values: emptyRows(raw.values.bytes, count),
      header: { name: SOURCE_HEADER, values: this.#header },
    };
  }

  add(i: number): void {
    const { raw, keys, offsets, indexes } = this.#rows;
    const { block } = this;
    const at = this.#count++;
    const index = indexes[i] as number;
    const id = keys.ids[i] as number;
    block.timestampMs[at] = raw.timestampMs[index] as number;
    block.keys.starts[at] = keys.distinct.starts[id] as number;
    block.keys.ends[at] = keys.distinct.ends[id] as number;
    block.values.starts[at] = raw.values.starts[index] as number;
    block.values.ends[at] = raw.values.ends[index] as number;
    this.#header.starts[at] = this.#sources.end;
    this.#header.ends[at] = this.#sources.write(offsets[i] as number);
  }
}

/** Those of the rows [from, to) whose key and value have more bytes. */
function largeRows({ raw, keys, indexes, from }: Rows, to: number, bytesMax: number): ReadonlySet<number> {
  const large = new Set<number>();
  const { starts, ends } = raw.values;
  const { ids, distinct } = keys;
  for (let i = from; i < to; i++) {
    const index = indexes[i] as number;
    const id = ids[i] as number;
    const valueBytes = (ends[index] as number) - (starts[index] as number);
    const keyBytes = (distinct.ends[id] as number) - (distinct.starts[id] as number);
    if (valueBytes + keyBytes > bytesMax) large.add(i);
  }
  return large;
}

/** The rows [from, to) without `large` as one block per target partition that has any. */
function blocksOf(rows: Rows, to: number, large: ReadonlySet<number>): RecordBlock[] {
  const { ids, partitions } = rows.keys;
  const isWhole = large.size === 0;
  const counts: number[] = [];
  for (let i = rows.from; i < to; i++) {
    if (!isWhole && large.has(i)) continue;
    const partition = partitions[ids[i] as number] as number;
    counts[partition] = (counts[partition] ?? 0) + 1;
  }
  const sources = new Sources(rows.raw, to - rows.from);
  const fillings = counts.map((count, partition) => new Filling(partition, count, rows, sources));
  for (let i = rows.from; i < to; i++) {
    if (!isWhole && large.has(i)) continue;
    (fillings[partitions[ids[i] as number] as number] as Filling).add(i);
  }
  return Object.values(fillings).map(({ block }) => block);
}

function emptyRows(bytes: Buffer, count: number): ByteColumn {
  return new ByteColumn(bytes, new Int32Array(count), new Int32Array(count));
}

/** The source positions of rows, as text. */
class Sources {
  readonly bytes: Buffer;
  readonly #prefix: Buffer;
  end = 0;

  constructor({ origin }: RawBatch, rows: number) {
    this.#prefix = Buffer.from(`${partitionName(origin)}-`);
    this.bytes = Buffer.allocUnsafe(rows * (this.#prefix.length + DIGITS_MAX));
  }

  /** Returns the end position. */
  write(offset: number): number {
    const start = copyBytes(this.#prefix, this.bytes, this.end);
    this.end = writeDigits(this.bytes, start, offset, digitCount(offset));
    return this.end;
  }
}
