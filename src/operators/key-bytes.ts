// Keys as a log has them (hot path): the bytes and the partition of each distinct key, computed once for all of its rows.
import { ByteColumn } from '../core/byte-column.ts';
import { partitionOf } from '../core/murmur2.ts';
import { TEXT_BYTES_PER_UNIT_MAX, writeText } from '../core/text-bytes.ts';

/** Keys of a batch's live rows. */
export interface RowKeys {
  /** One per live row: its key, as a row of `distinct`. */
  readonly ids: Int32Array;
  /** Each key once. */
  readonly distinct: ByteColumn;
  /** The partition of each row of `distinct`. */
  readonly partitions: Int32Array;
}

const KEYS_AT_FIRST = 64;
const BYTES_AT_FIRST = 1_024;

export class KeyBytes {
  readonly #partitionCount: number;
  #keys = new ByteColumn(
    Buffer.allocUnsafe(BYTES_AT_FIRST),
    new Int32Array(KEYS_AT_FIRST),
    new Int32Array(KEYS_AT_FIRST),
  );
  #partitions = new Int32Array(KEYS_AT_FIRST);
  #end = 0;
  #count = 0;

  constructor(partitionCount: number) {
    this.#partitionCount = partitionCount;
  }

  /** Keys that are known; their ids are below it. */
  get count(): number {
    return this.#count;
  }

  /** Adds the key whose id is `count`. */
  add(text: string): void {
    const id = this.#count;
    const bytesMax = this.#end + text.length * TEXT_BYTES_PER_UNIT_MAX;
    if (id === this.#partitions.length || bytesMax > this.#keys.bytes.length) this.#grow(bytesMax);
    const { bytes, starts, ends } = this.#keys;
    starts[id] = this.#end;
    this.#end = ends[id] = writeText(bytes, this.#end, text);
    this.#partitions[id] = partitionOf(bytes.subarray(starts[id], ends[id]), this.#partitionCount);
    this.#count += 1;
  }

  /** The keys of rows whose ids are known. Keys that are added later do not change it. */
  of(ids: Int32Array): RowKeys {
    return { ids, distinct: this.#keys, partitions: this.#partitions };
  }

  /** Into new memory: rows that were returned refer to the old. */
  #grow(bytesMax: number): void {
    const { bytes, starts, ends } = this.#keys;
    const keys = this.#count < starts.length ? starts.length : 2 * starts.length;
    const grown = Buffer.allocUnsafe(Math.max(bytes.length, 2 * bytesMax));
    bytes.copy(grown, 0, 0, this.#end);
    this.#keys = new ByteColumn(grown, longer(starts, keys), longer(ends, keys));
    this.#partitions = longer(this.#partitions, keys);
  }
}

function longer(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(length);
  grown.set(array);
  return grown;
}
