// A value for each key, as a stage's keyed state (hot path). It does what a keyed state must do: tells which keys a batch
// needs, remembers what changed and when, and keeps the bounded hot part in memory.
import type { Barrier, Batch } from '../core/batch.ts';
import { exactJson, parseExactJson } from '../core/exact-json.ts';
import { EntityKeys, NO_KEY } from './entity-keys.ts';
import type { ErasedEntities, StateErasure } from './erasure.ts';
import { KeysErasure } from './keys-erasure.ts';
import type { KeyedState, StageContext } from './stage.ts';
import type { StateChanges } from './state-changes.ts';

export interface KeyValueOptions<V> {
  /** Columns whose values, joined by `|` (`\|` within a value), are the key of a row. */
  readonly key: readonly string[];
  /**
   * Event time after which a value is gone, ms, counted from the latest event that set it; null: never. The stage's
   * `memoryMs` is at least this, or Infinity for null.
   */
  readonly ttlMs: number | null;
  /** JSON by default. */
  readonly encode?: (value: V) => Uint8Array;
  readonly decode?: (bytes: Uint8Array) => V;
}

interface Entry<V> {
  readonly key: string;
  /** Undefined if there is none. */
  value: V | undefined;
  /** The latest event time at which it was set. */
  timeMs: number;
  /** Grows with each use, to find the least recently used. */
  used: number;
}

/** A value as of some offset. */
interface Version<V> {
  readonly value: V | undefined;
  readonly timeMs: number;
}

const TIME_BYTES = 8;

/** Keys are evicted together once there are this many times too many, as finding the least recently used takes a sort. */
const HOT_KEYS_SLACK = 1.25;

/**
 * A value for each key, by the row at hand. Values are replaced and never modified in place: `set` gets a new one. The
 * result is the same however events are batched and whenever the process restarts, before `watermarks` as well as after.
 * @example
 * const total = new KeyValueState<number>({ key: ['card'], ttlMs: days(30) }, context);
 * const operator = syncOperator({
 *   batch(batch) {
 *     total.bind(batch);
 *     for (const row of batch.rows) total.set(row, (total.get(row) ?? 0) + 1);
 *     return batch;
 *   },
 * });
 * return { operator, keyedState: total };
 */
export class KeyValueState<V> implements KeyedState {
  readonly #keys: EntityKeys;
  readonly #ttlMs: number;
  readonly #storeTtlMs: number | null;
  readonly #encode: (value: V) => Uint8Array;
  readonly #decode: (bytes: Uint8Array) => V;
  readonly #hotKeysMax: number;
  readonly #columns: readonly string[];
  /** Whether its keys have the column of the entity. */
  readonly #isOfEntity: boolean;
  /** Whether the store may have keys that memory lacks: after a restart, or once a key was evicted. */
  #storeHasMore: boolean;
  #batch: Batch | null = null;
  readonly #entries = new Map<string, Entry<V>>();
  #uses = 0;
  /** Changes since the last snapshot of batches that are through. */
  readonly #changed = new Map<string, Version<V>>();
  /** Changes of the current batch, in offset order: a barrier may still be placed between them. */
  #recentKeys: string[] = [];
  #recentOffsets: number[] = [];
  #recentVersions: Array<Version<V>> = [];

  constructor(options: KeyValueOptions<V>, context: StageContext) {
    this.#keys = new EntityKeys(options.key);
    this.#columns = options.key;
    this.#isOfEntity = options.key.includes(context.entity ?? '');
    this.#ttlMs = options.ttlMs ?? Number.POSITIVE_INFINITY;
    // An event may be behind the watermark, by which the store expires keys, by the allowed lateness.
    this.#storeTtlMs = options.ttlMs === null ? null : options.ttlMs + context.allowedLatenessMs;
    this.#encode = options.encode ?? ((value) => Buffer.from(exactJson(value)));
    this.#decode = options.decode ?? ((bytes) => parseExactJson(Buffer.from(bytes).toString()) as V);
    this.#hotKeysMax = context.hotKeysMax;
    this.#storeHasMore = Number.isFinite(context.restoredWatermarkMs);
  }

  /** Prepares for the rows of a batch; call it first. */
  bind(batch: Batch): void {
    this.#batch = batch;
    this.#keys.bind(batch);
  }

  /** The value of the row's key as of the row; undefined if there is none, or a column of the key is null. */
  get(row: number): V | undefined {
    const entry = this.#entryOf(row, false);
    if (entry === undefined) return undefined;
    return this.#timeOf(row) - entry.timeMs >= this.#ttlMs ? undefined : entry.value;
  }

  /**
   * Sets the value of the row's key, undefined to delete it; nothing happens if a column of the key is null, or its entity
   * was erased.
   */
  set(row: number, value: V | undefined): void {
    if (this.#isOfEntity && this.#batch?.erased?.[row] === 1) return;
    const entry = this.#entryOf(row, true);
    if (entry === undefined) return;
    entry.value = value;
    entry.timeMs = Math.max(entry.timeMs, this.#timeOf(row));
    this.#recentKeys.push(entry.key);
    this.#recentOffsets.push((this.#batch as Batch).offsets[row] as number);
    this.#recentVersions.push({ value, timeMs: entry.timeMs });
  }

  /** The row's key; null if one of its columns is null. */
  keyOf(row: number): string | null {
    const id = this.#keys.idOf(row);
    return id === NO_KEY ? null : this.#keys.nameOf(id);
  }

  #timeOf(row: number): number {
    return (this.#batch as Batch).eventTimeMs[row] as number;
  }

  #entryOf(row: number, create: boolean): Entry<V> | undefined {
    const key = this.keyOf(row);
    if (key === null) return undefined;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      if (!create) return undefined;
      entry = this.#add(key, undefined, Number.NEGATIVE_INFINITY);
    }
    entry.used = ++this.#uses;
    return entry;
  }

  #add(key: string, value: V | undefined, timeMs: number): Entry<V> {
    const entry = { key, value, timeMs, used: ++this.#uses };
    this.#entries.set(key, entry);
    return entry;
  }

  wantedKeys(batch: Batch, into: Set<string>): void {
    if (!this.#storeHasMore) return;
    this.#keys.bind(batch);
    for (const row of batch.rows) {
      const key = this.keyOf(row);
      if (key !== null && !this.#entries.has(key)) into.add(key);
    }
  }

  hydrate(key: string, blob: Uint8Array | null): void {
    if (this.#entries.has(key)) return;
    if (blob === null) {
      this.#add(key, undefined, Number.NEGATIVE_INFINITY);
      return;
    }
    const timeMs = Buffer.from(blob.buffer, blob.byteOffset, TIME_BYTES).readDoubleLE(0);
    this.#add(key, this.#decode(blob.subarray(TIME_BYTES)), timeMs);
  }

  erasure(entities: ErasedEntities): StateErasure {
    return new KeysErasure([{ prefix: '', key: this.#columns }], entities);
  }

  snapshot({ offsetNext }: Barrier, changes: StateChanges): void {
    this.#settle(offsetNext);
    for (const [key, { value, timeMs }] of this.#changed) {
      if (value === undefined) changes.delete(key);
      else changes.put(key, this.#blobOf(value, timeMs), timeMs, this.#storeTtlMs);
    }
    this.#changed.clear();
  }

  #blobOf(value: V, timeMs: number): Uint8Array {
    const bytes = this.#encode(value);
    const blob = Buffer.allocUnsafe(TIME_BYTES + bytes.length);
    blob.writeDoubleLE(timeMs, 0);
    blob.set(bytes, TIME_BYTES);
    return blob;
  }

  /** Takes the changes by events before an offset out of the current batch's. */
  #settle(offsetNext: number): void {
    let count = 0;
    while (count < this.#recentOffsets.length && (this.#recentOffsets[count] as number) < offsetNext) {
      this.#changed.set(this.#recentKeys[count] as string, this.#recentVersions[count] as Version<V>);
      count += 1;
    }
    if (count === 0) return;
    this.#recentKeys = this.#recentKeys.slice(count);
    this.#recentOffsets = this.#recentOffsets.slice(count);
    this.#recentVersions = this.#recentVersions.slice(count);
  }

  evict(): void {
    // The batch before is through: no barrier will be placed inside it any more.
    this.#settle(Number.POSITIVE_INFINITY);
    if (this.#entries.size <= this.#hotKeysMax * HOT_KEYS_SLACK) return;
    const clean = [...this.#entries.values()].filter(({ key }) => !this.#changed.has(key));
    clean.sort((a, b) => a.used - b.used);
    const excess = this.#entries.size - this.#hotKeysMax;
    for (const { key } of clean.slice(0, excess)) this.#entries.delete(key);
    this.#storeHasMore = true;
  }
}
