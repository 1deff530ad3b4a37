// Rows under another key until their epoch ends (hot path): stages before a barrier go through the whole batch that it
// cuts in two, so some of these belong to the epoch after it. No object a row: values stay in the memory that the log
// gave them in, keys in that of the stage.
import type { Batch, RawBatch } from '../../core/batch.ts';
import { ByteColumn } from '../../core/byte-column.ts';
import { copyBytes, digitCount, DIGITS_MAX, writeDigits } from '../../core/text-bytes.ts';
import { partitionName } from '../../core/topic-partition.ts';
import type { RowKeys } from '../../operators/key-bytes.ts';
import type { RecordBlock } from '../../ports/event-log.ts';

/** Of a repartitioned record: `topic-partition-offset` of the one that it was. */
export const SOURCE_HEADER = 'millrace-source';

/** Live rows of one batch, those below `from` of which have gone out. */
interface Rows {
  readonly raw: RawBatch;
  readonly keys: RowKeys;
  readonly offsets: Float64Array;
  /** Of the record in `raw`. */
  readonly indexes: Int32Array;
  from: number;
}

export class RepartitionedRows {
  /** G: what lies below it is out. */
  readonly #heldBelow: number;
  /** In the order of their offsets in the source. */
  #waiting: Rows[] = [];

  constructor(heldBelow: number) {
    this.#heldBelow = heldBelow;
  }

  /** @returns how many rows go out: those that are not out already */
  add({ rows, offsets, rawIndex, raw }: Batch, keys: RowKeys): number {
    const added: Rows = {
      raw,
      keys,
      offsets: Float64Array.from(rows, (row) => offsets[row] as number),
      indexes: Int32Array.from(rows, (row) => rawIndex[row] as number),
      from: 0,
    };
    added.from = countBelow(added, this.#heldBelow);
    const count = rows.length - added.from;
    if (count > 0) this.#waiting.push(added);
    return count;
  }

  /** Those before `offsetNext`, which are then no more here. */
  take(offsetNext: number): RecordBlock[] {
    const blocks: RecordBlock[] = [];
    for (const rows of this.#waiting) {
      const to = countBelow(rows, offsetNext);
      if (to > rows.from) blocks.push(...blocksOf(rows, to));
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

/** A partition's rows, as they are filled in. */
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

/** Of the rows [from, to): one a partition that has any. */
function blocksOf(rows: Rows, to: number): RecordBlock[] {
  const { ids, partitions } = rows.keys;
  const counts: number[] = [];
  for (let i = rows.from; i < to; i++) {
    const partition = partitions[ids[i] as number] as number;
    counts[partition] = (counts[partition] ?? 0) + 1;
  }
  const sources = new Sources(rows.raw, to - rows.from);
  const fillings = counts.map((count, partition) => new Filling(partition, count, rows, sources));
  for (let i = rows.from; i < to; i++) (fillings[partitions[ids[i] as number] as number] as Filling).add(i);
  return Object.values(fillings).map(({ block }) => block);
}

function emptyRows(bytes: Buffer, count: number): ByteColumn {
  return new ByteColumn(bytes, new Int32Array(count), new Int32Array(count));
}

/** Where rows were, as text. */
class Sources {
  readonly bytes: Buffer;
  readonly #prefix: Buffer;
  end = 0;

  constructor({ origin }: RawBatch, rows: number) {
    this.#prefix = Buffer.from(`${partitionName(origin)}-`);
    this.bytes = Buffer.allocUnsafe(rows * (this.#prefix.length + DIGITS_MAX));
  }

  /** Gives where it ends. */
  write(offset: number): number {
    const start = copyBytes(this.#prefix, this.bytes, this.end);
    this.end = writeDigits(this.bytes, start, offset, digitCount(offset));
    return this.end;
  }
}
