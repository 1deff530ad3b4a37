// The rows of a lookup table with their versions by key (hot path): packed arrays and dictionaries, no object a row. The
// versions of a key are a list, newest first.
import { ByteDictionary } from '../byte-dictionary.ts';
import type { Column } from '../batch.ts';
import { NULL_CODE } from '../dictionary.ts';
import { invariant } from '../errors.ts';
import type { Schema } from '../schema.ts';

const CAPACITY_START = 1_024;
/** Keys or strings below which nothing is gained. */
const COMPACTED_FROM = 65_536;
/** Keys that are copied at once: some milliseconds. */
const KEYS_PER_STEP = 2_048;
const NONE = -1;
/** A version takes its time, the one before it, and a mark. */
const VERSION_BYTES = 13;
const HEAD_BYTES = 4;

export interface VersionLimits {
  readonly keepMs: number;
  readonly versionsMax: number;
}

interface StoredColumn {
  readonly name: string;
  /** Null for strings. */
  values: Float64Array<ArrayBuffer> | null;
  codes: Int32Array<ArrayBuffer>;
  readonly dictionary: ByteDictionary;
}

export class VersionedRows {
  readonly #schema: Schema;
  readonly #limits: VersionLimits;
  /** A key's code is its slot. */
  readonly keys: ByteDictionary = new ByteDictionary();
  #heads = new Int32Array(CAPACITY_START).fill(NONE);
  #times = new Float64Array(CAPACITY_START);
  #older = new Int32Array(CAPACITY_START);
  #isDeleted = new Uint8Array(CAPACITY_START);
  readonly #columns: readonly StoredColumn[];
  readonly #byName: ReadonlyMap<string, StoredColumn>;
  /** Versions that were handed out so far, and the first free one among them. */
  #used = 0;
  #free = NONE;
  /** Versions that are there. */
  versions = 0;
  /** Keys that have a row now. */
  rows = 0;
  /** Versions that were given up because others follow them. */
  dropped = 0;
  /** Keys or strings from which it may be worth while to compact it. */
  #compactedFrom = COMPACTED_FROM;
  /** The newest time of a version. */
  #newestMs = Number.NEGATIVE_INFINITY;

  constructor(schema: Schema, limits: VersionLimits) {
    this.#schema = schema;
    this.#limits = limits;
    this.#columns = Object.entries(schema).map(([name, { kind }]) => ({
      name,
      values: kind === 'number' ? new Float64Array(CAPACITY_START) : null,
      codes: new Int32Array(kind === 'number' ? 0 : CAPACITY_START),
      dictionary: new ByteDictionary(),
    }));
    this.#byName = new Map(this.#columns.map((column) => [column.name, column]));
  }

  /** The memory that it takes, about. */
  get bytes(): number {
    let bytes = this.keys.byteLength + this.#heads.length * HEAD_BYTES + this.#times.length * VERSION_BYTES;
    for (const { values, codes, dictionary } of this.#columns)
      bytes += (values?.byteLength ?? 0) + codes.byteLength + dictionary.byteLength;
    return bytes;
  }

  /** The slot of a key, a new one if it is not known. */
  slotOf(key: string): number {
    const slot = this.keys.encode(key);
    if (slot >= this.#heads.length) this.#heads = enlarged(this.#heads, NONE);
    return slot;
  }

  /** A row of a batch becomes the version of a key from a time on, in place of one of that time. */
  put(slot: number, timeMs: number, columns: Readonly<Record<string, Column>>, row: number): void {
    const version = this.#place(slot, timeMs, 0);
    if (version === NONE) return;
    for (const stored of this.#columns) copyCell(columns[stored.name] as Column, row, stored, version);
  }

  /** The key has no row from a time on. */
  remove(slot: number, timeMs: number): void {
    this.#place(slot, timeMs, 1);
  }

  /** The version of a key at a time; -1 for none. */
  find(slot: number, timeMs: number): number {
    const times = this.#times;
    let at = this.#heads[slot] as number;
    while (at >= 0 && (times[at] as number) > timeMs) at = this.#older[at] as number;
    return at < 0 || this.#isDeleted[at] === 1 ? NONE : at;
  }

  /** Whether the key has a row now. */
  has(slot: number): boolean {
    const head = this.#heads[slot] as number;
    return head >= 0 && this.#isDeleted[head] === 0;
  }

  /** A column for versions, by row of a batch; null for -1. */
  gather(name: string, at: Int32Array, rows: Int32Array, size: number): Column {
    const { values, codes, dictionary } = this.#byName.get(name) as StoredColumn; // the topology names its columns
    if (values !== null) {
      const gathered = new Float64Array(size).fill(Number.NaN);
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i] as number;
        const version = at[row] as number;
        if (version >= 0) gathered[row] = values[version] as number;
      }
      return { kind: 'number', values: gathered };
    }
    const gathered = new Int32Array(size).fill(NULL_CODE);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      const version = at[row] as number;
      if (version >= 0) gathered[row] = codes[version] as number;
    }
    return { kind: 'string', codes: gathered, dictionary };
  }

  /** Whether much of what it has in memory is not in use. */
  get isWasteful(): boolean {
    const strings = this.#strings;
    if (Math.max(strings, this.keys.size) <= this.#compactedFrom) return false;
    return this.keys.size > 2 * this.rows || strings > 2 * this.versions;
  }

  /**
   * A copy without what is not in use: keys that were deleted longer ago than versions are kept among it.
   * @param keeps whether a key is kept; all by default
   * @param moved called for each key that is kept, with its old and its new slot
   */
  compacted(
    keeps: (slot: number) => boolean = () => true,
    moved: (from: number, to: number) => void = () => undefined,
  ): VersionedRows {
    const steps = this.compacting(keeps, moved);
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  }

  /** The same in steps, between which nothing may be put or removed: of a million keys all at once takes a second. */
  *compacting(
    keeps: (slot: number) => boolean,
    moved: (from: number, to: number) => void,
  ): Generator<void, VersionedRows> {
    const copy = new VersionedRows(this.#schema, this.#limits);
    copy.dropped = this.dropped;
    const columns = this.#whole();
    const chain: number[] = [];
    for (let slot = 0; slot < this.keys.size; slot++) {
      if (slot % KEYS_PER_STEP === KEYS_PER_STEP - 1) yield;
      const head = this.#heads[slot] as number;
      if (head < 0 || !keeps(slot) || this.#isGone(head)) continue;
      chain.length = 0;
      for (let at = head; at >= 0; at = this.#older[at] as number) chain.push(at);
      const to = copy.slotOf(this.keys.decode(slot) as string);
      for (const at of chain.reverse()) {
        const timeMs = this.#times[at] as number;
        if (this.#isDeleted[at] === 1) copy.remove(to, timeMs);
        else copy.put(to, timeMs, columns, at);
      }
      moved(slot, to);
    }
    copy.#compactedFrom = Math.max(COMPACTED_FROM, 2 * Math.max(copy.#strings, copy.keys.size));
    return copy;
  }

  /** Whether a key has ended longer ago than versions are kept. */
  #isGone(head: number): boolean {
    return (
      this.#isDeleted[head] === 1 && (this.#times[head] as number) <= this.#newestMs - this.#limits.keepMs
    );
  }

  /** Of the column with most of them. */
  get #strings(): number {
    return Math.max(0, ...this.#columns.map(({ dictionary }) => dictionary.size));
  }

  #whole(): Record<string, Column> {
    return Object.fromEntries(
      this.#columns.map(({ name, values, codes, dictionary }): [string, Column] => [
        name,
        values === null ? { kind: 'string', codes, dictionary } : { kind: 'number', values },
      ]),
    );
  }

  /** The version to write into; -1 for one that is given up at once. */
  #place(slot: number, timeMs: number, isDeleted: 0 | 1): number {
    const head = this.#heads[slot] as number;
    const hadRow = this.has(slot);
    let newer = NONE;
    let at = head;
    let newerCount = 0;
    for (; at >= 0 && (this.#times[at] as number) > timeMs; at = this.#older[at] as number) {
      newer = at;
      newerCount += 1;
    }
    if (at < 0 || this.#times[at] !== timeMs) {
      if (newer >= 0 && this.#endsList(newer, newerCount, head)) {
        this.dropped += 1;
        return NONE;
      }
      const version = this.#allocate();
      this.#times[version] = timeMs;
      this.#older[version] = at;
      if (newer < 0) this.#heads[slot] = version;
      else this.#older[newer] = version;
      at = version;
      this.#trim(this.#heads[slot] as number);
      if (timeMs > this.#newestMs) this.#newestMs = timeMs;
    }
    this.#isDeleted[at] = isDeleted;
    this.rows += Number(this.has(slot)) - Number(hadRow);
    return at;
  }

  /** Whether a version is the oldest that its key may have. */
  #endsList(version: number, count: number, head: number): boolean {
    const { keepMs, versionsMax } = this.#limits;
    return count >= versionsMax || (this.#times[version] as number) <= (this.#times[head] as number) - keepMs;
  }

  #trim(head: number): void {
    let count = 1;
    for (let at = head; (this.#older[at] as number) >= 0; at = this.#older[at] as number, count++) {
      if (!this.#endsList(at, count, head)) continue;
      let given = this.#older[at] as number;
      this.#older[at] = NONE;
      while (given >= 0) {
        const next = this.#older[given] as number;
        this.#older[given] = this.#free;
        this.#free = given;
        this.versions -= 1;
        this.dropped += 1;
        given = next;
      }
      return;
    }
  }

  #allocate(): number {
    this.versions += 1;
    if (this.#free >= 0) {
      const version = this.#free;
      this.#free = this.#older[version] as number;
      return version;
    }
    const version = this.#used++;
    if (version >= this.#times.length) this.#grow();
    return version;
  }

  #grow(): void {
    this.#times = enlarged(this.#times, 0);
    this.#older = enlarged(this.#older, NONE);
    this.#isDeleted = enlarged(this.#isDeleted, 0);
    for (const column of this.#columns) {
      if (column.values === null) column.codes = enlarged(column.codes, NULL_CODE);
      else column.values = enlarged(column.values, Number.NaN);
    }
  }
}

function copyCell(from: Column, row: number, into: StoredColumn, version: number): void {
  if (from.kind === 'number') {
    (into.values as Float64Array)[version] = from.values[row] as number; // both are of the schema
    return;
  }
  invariant(from.kind === 'string', 'no table has a column of lists');
  const text = from.dictionary.decode(from.codes[row] as number);
  into.codes[version] = text === undefined ? NULL_CODE : into.dictionary.encode(text);
}

function enlarged<T extends Float64Array | Int32Array | Uint8Array>(array: T, rest: number): T {
  const twice = new (array.constructor as new (length: number) => T)(array.length * 2); // an array of its own kind
  twice.set(array);
  twice.fill(rest, array.length);
  return twice;
}
