// What is known of the values of a column in a period (hot path: `addNumbers` and `addStrings` loop over rows). Profiles of
// parts of the rows merge into that of all.
import { NULL_CODE, type Dictionary } from '../core/dictionary.ts';
import { PROFILE_EXAMPLE_LENGTH_MAX, PROFILE_EXAMPLES } from '../core/profile-limits.ts';
import type { ColumnProfileRow } from '../core/reports.ts';
import { hashed, hashNumber } from '../core/value-hash.ts';
import { HyperLogLog } from './hyper-log-log.ts';

/** A value with the lowest hashes so far: which ones they are depends on the set of values alone. */
interface Example {
  readonly hash: number;
  readonly text: string;
}

/** Which strings of a column's dictionary a profile has: by code, the stamp of the last profile that took it. */
export class SeenCodes {
  #dictionary: Dictionary | null = null;
  #seen = new Uint32Array(0);

  of(dictionary: Dictionary): Uint32Array {
    if (this.#dictionary !== dictionary) this.#seen = new Uint32Array(dictionary.size);
    else if (this.#seen.length < dictionary.size) {
      const more = new Uint32Array(dictionary.size * 2);
      more.set(this.#seen);
      this.#seen = more;
    }
    this.#dictionary = dictionary;
    return this.#seen;
  }
}

/** `min` and `max` of strings are of their lengths in bytes of UTF-8. `distinct` is rounded. */
export type ProfileFigures = Pick<
  ColumnProfileRow,
  'rows' | 'nulls' | 'min' | 'max' | 'distinct' | 'examples'
>;

export class ColumnProfile {
  rows = 0;
  nulls = 0;
  readonly distinct: HyperLogLog = new HyperLogLog();
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  /** Ascending by hash; null if values may not be shown. */
  #examples: Example[] | null;
  /** No value with a higher hash becomes an example; -1: none does. */
  #exampleHashMax: number;

  /** @param isSensitive of a column whose values may not be shown: it has neither examples nor a range */
  constructor(isSensitive: boolean) {
    this.#examples = isSensitive ? null : [];
    this.#exampleHashMax = isSensitive ? -1 : 0xffff_ffff;
  }

  /** Rows [from, to) of `rows`, which are indices of `values`; NaN is null. */
  addNumbers(values: Float64Array, rows: Int32Array, from: number, to: number): void {
    let [nulls, min, max, last] = [0, this.#min, this.#max, Number.NaN];
    for (let i = from; i < to; i++) {
      const value = values[rows[i] as number] as number;
      if (Number.isNaN(value)) nulls += 1;
      else if (value !== last) {
        last = value;
        if (value < min) min = value;
        if (value > max) max = value;
        hashNumber(value);
        this.distinct.add(hashed.high, hashed.low);
        if (hashed.low >>> 0 <= this.#exampleHashMax) this.#example(hashed.low >>> 0, String(value));
      }
    }
    this.#min = min;
    this.#max = max;
    this.nulls += nulls;
    this.rows += to - from;
  }

  /**
   * The same of a string column. @param seen of the column and the dictionary
   * @param stamp of this profile, which no other one of the column has; not 0
   */
  addStrings(
    codes: Int32Array,
    dictionary: Dictionary,
    seen: Uint32Array,
    stamp: number,
    rows: Int32Array,
    from: number,
    to: number,
  ): void {
    let nulls = 0;
    for (let i = from; i < to; i++) {
      const code = codes[rows[i] as number] as number;
      if (code === NULL_CODE) nulls += 1;
      else if (seen[code] !== stamp) {
        seen[code] = stamp;
        this.#addString(dictionary, code);
      }
    }
    this.nulls += nulls;
    this.rows += to - from;
  }

  #addString(dictionary: Dictionary, code: number): void {
    const length = dictionary.hashValue(code);
    if (length < this.#min) this.#min = length;
    if (length > this.#max) this.#max = length;
    this.distinct.add(hashed.high, hashed.low);
    if (hashed.low >>> 0 > this.#exampleHashMax) return;
    const hash = hashed.low >>> 0;
    this.#example(hash, (dictionary.decode(code) ?? '').slice(0, PROFILE_EXAMPLE_LENGTH_MAX));
  }

  /** The few values with the lowest hashes: a value is looked at more than once only if it is one of them. */
  #example(hash: number, text: string): void {
    const examples = this.#examples;
    if (examples === null || hash > this.#exampleHashMax) return;
    if (examples.some((known) => known.hash === hash && known.text === text)) return;
    examples.push({ hash, text });
    examples.sort((a, b) => a.hash - b.hash || (a.text < b.text ? -1 : 1));
    examples.length = Math.min(examples.length, PROFILE_EXAMPLES);
    if (examples.length === PROFILE_EXAMPLES)
      this.#exampleHashMax = examples.at(-1)?.hash ?? this.#exampleHashMax;
  }

  /** Adds the rows of another profile of the column. */
  merge(other: ColumnProfile): void {
    this.rows += other.rows;
    this.nulls += other.nulls;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
    this.distinct.merge(other.distinct);
    for (const { hash, text } of other.#examples ?? []) this.#example(hash, text);
  }

  /** Whether its values may not be shown. */
  get isSensitive(): boolean {
    return this.#examples === null;
  }

  figures(): ProfileFigures {
    const hasRange = this.#examples !== null && this.#min <= this.#max;
    return {
      rows: this.rows,
      nulls: this.nulls,
      min: hasRange ? this.#min : null,
      max: hasRange ? this.#max : null,
      distinct: Math.round(this.distinct.estimate()),
      examples: (this.#examples ?? []).map(({ text }) => text),
    };
  }

  /** Length of the JSON, the JSON, the sketch. */
  snapshot(): Buffer {
    const { rows, nulls } = this;
    const range = this.#min <= this.#max ? [this.#min, this.#max] : [];
    const json = Buffer.from(JSON.stringify({ rows, nulls, range, examples: this.#examples ?? [] }));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(json.length);
    return Buffer.concat([length, json, this.distinct.snapshot()]);
  }

  /** Adds the rows of a snapshot. Throws for bytes that no snapshot has. */
  restore(bytes: Buffer): void {
    const end = 4 + bytes.readUInt32LE(0);
    const { rows, nulls, range, examples } = JSON.parse(String(bytes.subarray(4, end))) as Snapshot; // as written
    this.rows += rows;
    this.nulls += nulls;
    this.#min = Math.min(this.#min, ...range);
    this.#max = Math.max(this.#max, ...range);
    this.distinct.restore(bytes.subarray(end));
    for (const { hash, text } of examples) this.#example(hash, text);
  }
}

interface Snapshot {
  readonly rows: number;
  readonly nulls: number;
  readonly range: readonly number[];
  readonly examples: readonly Example[];
}
