// The rows that a merge releases, in order (hot path): runs of rows of one group, without an object per row, and the block
// of records that they become.
import { ByteColumn } from '../../core/byte-column.ts';
import { PLACE_TEXT_BYTES_MAX, writePlace } from '../../core/place.ts';
import { copyBytes } from '../../core/text-bytes.ts';
import type { RecordBlock } from '../../ports/event-log.ts';
import { SOURCE_HEADER } from '../commit/source-header.ts';
import { partitionName } from '../../core/topic-partition.ts';
import type { MergeSource } from './merge-source.ts';
import type { MergedRow } from './merge-state.ts';
import type { GroupRows } from './row-group.ts';

export class MergedRuns {
  readonly #sources: MergeSource[] = [];
  readonly #rows: GroupRows[] = [];
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  count = 0;
  /** Of keys and values. */
  bytes = 0;

  /** Adds rows [from, to). */
  add(source: MergeSource, rows: GroupRows, from: number, to: number): void {
    this.#sources.push(source);
    this.#rows.push(rows);
    this.#from.push(from);
    this.#to.push(to);
    this.count += to - from;
    for (let i = from; i < to; i++) this.bytes += rowBytes(rows, i);
  }

  /** The last row; null if there is none. */
  get last(): MergedRow | null {
    const source = this.#sources.at(-1);
    const place = this.#rows.at(-1)?.offsets[(this.#to.at(-1) ?? 0) - 1];
    return source === undefined || place === undefined ? null : { source, place };
  }

  /** The place of each row in its source, `topic-partition-offset` or `...offset.item`, is its header, or, with the topic's mark, its key. */
  block(partition: number, isKeyedByPlace: boolean = false): RecordBlock {
    const { count } = this;
    const headerBytes = this.#sources.reduce((sum, source, run) => {
      const rows = (this.#to[run] as number) - (this.#from[run] as number);
      return sum + rows * (Buffer.byteLength(partitionName(source)) + 1 + PLACE_TEXT_BYTES_MAX);
    }, 0);
    const bytes = Buffer.allocUnsafe(this.bytes + headerBytes);
    const column = (): ByteColumn => new ByteColumn(bytes, new Int32Array(count), new Int32Array(count));
    const block = { partition, timestampMs: new Float64Array(count), keys: column(), values: column() };
    const header = column();
    let row = 0;
    let end = 0;
    for (const [run, rows] of this.#rows.entries()) {
      const source = this.#sources[run] as MergeSource;
      const prefix = Buffer.from(`${isKeyedByPlace ? partitionName(source) : source.name}-`);
      const to = this.#to[run] as number;
      for (let i = this.#from[run] as number; i < to; i++, row++) {
        block.timestampMs[row] = rows.timestampMs[i] as number;
        end = copyRow(rows.keys, i, block.keys, row, end);
        end = copyRow(rows.values, i, block.values, row, end);
        header.starts[row] = end;
        end = writePlace(bytes, copyBytes(prefix, bytes, end), rows.offsets[i] as number);
        header.ends[row] = end;
      }
    }
    if (isKeyedByPlace) return { ...block, keys: header };
    return { ...block, header: { name: SOURCE_HEADER, values: header } };
  }
}

/** Of the key and the value. */
export function rowBytes({ keys, values }: GroupRows, row: number): number {
  return keys.bytesAt(row) + values.bytesAt(row);
}

/** Returns the end of the bytes. */
function copyRow(from: ByteColumn, row: number, into: ByteColumn, at: number, end: number): number {
  const start = from.starts[row] as number;
  into.starts[at] = start < 0 ? -1 : end;
  const copied = start < 0 ? 0 : from.bytes.copy(into.bytes, end, start, from.ends[row]);
  return (into.ends[at] = end + copied);
}
