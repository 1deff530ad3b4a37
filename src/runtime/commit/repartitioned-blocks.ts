// The records of repartitioned rows in the order of their arrival (hot path): the bytes of the source's records under other
// keys, with their place there in a header. No object per row.
import type { RawBatch } from '../../core/batch.ts';
import { ByteColumn } from '../../core/byte-column.ts';
import { PLACE_TEXT_BYTES_MAX, writePlace } from '../../core/place.ts';
import { copyBytes } from '../../core/text-bytes.ts';
import { partitionName } from '../../core/topic-partition.ts';
import type { RowKeys } from '../../operators/key-bytes.ts';
import type { RecordBlock } from '../../ports/event-log.ts';
import { SOURCE_HEADER } from './source-header.ts';

/** Live rows of one batch; those below `from` have been written. */
export interface Rows {
  readonly raw: RawBatch;
  readonly keys: RowKeys;
  readonly offsets: Float64Array;
  /** The watermark of the source's partition at each row, ms. */
  readonly watermarksMs: Float64Array;
  /** Index of the record in `raw`. */
  readonly indexes: Int32Array;
  /** What is sent of each row: the value of the record, or columns of the row alone. */
  readonly values: ByteColumn;
  /** Row of `values`, by row. */
  readonly valueRows: Int32Array;
  from: number;
}

/** Of the key and the value. */
export function rowBytes({ keys, values, valueRows }: Rows, i: number): number {
  return keys.distinct.bytesAt(keys.ids[i] as number) + values.bytesAt(valueRows[i] as number);
}

/** Fills in the rows of one target partition. */
class Filling {
  readonly block: RecordBlock;
  readonly #rows: Rows;
  readonly #sources: Sources;
  readonly #header: ByteColumn;
  #count = 0;

  constructor(partition: number, count: number, rows: Rows, sources: Sources) {
    const { values, keys } = rows;
    this.#rows = rows;
    this.#sources = sources;
    this.#header = emptyRows(sources.bytes, count);
    this.block = {
      partition,
      timestampMs: new Float64Array(count),
      keys: emptyRows(keys.distinct.bytes, count),
      values: emptyRows(values.bytes, count),
      header: { name: SOURCE_HEADER, values: this.#header },
    };
  }

  add(i: number): void {
    const { raw, keys, offsets, indexes, values, valueRows } = this.#rows;
    const { block } = this;
    const at = this.#count++;
    const index = indexes[i] as number;
    const id = keys.ids[i] as number;
    block.timestampMs[at] = raw.timestampMs[index] as number;
    block.keys.starts[at] = keys.distinct.starts[id] as number;
    block.keys.ends[at] = keys.distinct.ends[id] as number;
    const value = valueRows[i] as number;
    block.values.starts[at] = values.starts[value] as number;
    block.values.ends[at] = values.ends[value] as number;
    this.#header.starts[at] = this.#sources.end;
    this.#header.ends[at] = this.#sources.write(offsets[i] as number);
  }
}

/** The rows [from, to) without `large` as one block per target partition that has any. */
export function blocksOf(rows: Rows, to: number, large: ReadonlySet<number>): RecordBlock[] {
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
    this.bytes = Buffer.allocUnsafe(rows * (this.#prefix.length + PLACE_TEXT_BYTES_MAX));
  }

  /** Returns the end position. */
  write(offset: number): number {
    const start = copyBytes(this.#prefix, this.bytes, this.end);
    this.end = writePlace(this.bytes, start, offset);
    return this.end;
  }
}
