// One feature view's state for one partition (hot path): entity keys, predicates and windows brought together.
import type { Barrier, Batch } from '../core/batch.ts';
import type { ViewEntities } from '../core/blocks.ts';
import { EXPIRED_KEPT_MS } from '../core/store-limits.ts';
import { listColumns } from '../core/schema.ts';
import { EMPTY_SLOT, KeySlots } from '../window/key-slots.ts';
import { ViewWindows } from '../window/view-windows.ts';
import { AggregatedValues } from './aggregated-values.ts';
import { EntityKeys, NO_KEY } from './entity-keys.ts';
import { MaskSet } from './predicate.ts';
import type { StageContext } from './stage.ts';
import type { StateChanges } from './state-changes.ts';
import type { View } from './view.ts';

const NO_SLOT = -1;

/** Keys are evicted in one go when there are this many times too many, as finding the oldest takes a sort. */
const HOT_KEYS_SLACK = 1.25;

/** Before the entities' keys of a view, among the keys of its stage. */
export function viewPrefix(view: string): string {
  return `${view}=`;
}

export class ViewState {
  /** Features of the view. */
  readonly width: number;
  readonly #name: string;
  readonly #prefix: string;
  readonly #at: number;
  readonly #windows: ViewWindows;
  readonly #slots: KeySlots;
  readonly #keys: EntityKeys;
  readonly #masks: MaskSet;
  readonly #values: readonly AggregatedValues[];
  /** Slot of each key id, for as long as ids and slots stay what they are. */
  #slotOfId = new Int32Array(0);
  #keyGeneration = -1;
  #evictions = -1;
  readonly #hotKeysMax: number;
  /** Whether the store may hold keys that memory lacks: after a restart, or once a key was evicted. */
  #storeHasMore: boolean;

  /**
   * @param name of the view, which prefixes its keys among those of the stage
   * @param at first feature of the view in the vector
   */
  constructor(name: string, view: View, at: number, context: StageContext) {
    this.#name = name;
    this.#prefix = viewPrefix(name);
    this.#at = at;
    this.#windows = new ViewWindows(Object.values(view.features), context, listColumns(context.schema));
    this.width = this.#windows.width;
    this.#slots = new KeySlots(this.#windows);
    this.#hotKeysMax = context.hotKeysMax;
    this.#storeHasMore = Number.isFinite(context.restoredWatermarkMs);
    this.#keys = new EntityKeys(view.key);
    const { predicates, columns } = this.#windows.inputs;
    this.#masks = new MaskSet(predicates, context);
    this.#values = columns.map((column) => new AggregatedValues(column));
  }

  /** Prepares for what needs the keys of a batch alone: its entities, and reads of rows without a key. */
  bindKeys(batch: Batch): void {
    this.#keys.bind(batch);
  }

  /** Prepares for a batch. */
  bind(batch: Batch): void {
    this.bindKeys(batch);
    this.#slots.beginBatch();
    this.#masks.fill(batch);
    this.#windows.inputs.bind(
      this.#masks.masks,
      this.#values.map((values) => values.of(batch)),
      this.#values.map((values) => values.rangesOf(batch)),
    );
    if (this.#keyGeneration !== this.#keys.generation || this.#evictions !== this.#slots.evictions) {
      this.#slotOfId.fill(NO_SLOT);
      this.#keyGeneration = this.#keys.generation;
      this.#evictions = this.#slots.evictions;
    }
  }

  /** The row's slot; `create` makes one for a new key, else a new key has none. */
  #slotOf(row: number, create: boolean): number {
    const id = this.#keys.idOf(row);
    if (id === NO_KEY) return NO_SLOT;
    if (id >= this.#slotOfId.length) {
      const grown = new Int32Array(Math.max(64, id * 2)).fill(NO_SLOT);
      grown.set(this.#slotOfId);
      this.#slotOfId = grown;
    }
    let slot = this.#slotOfId[id] as number;
    if (slot === NO_SLOT) {
      const name = this.#keys.nameOf(id);
      slot = create ? this.#slots.obtain(name) : this.#slots.find(name);
      this.#slotOfId[id] = slot;
    }
    if (slot !== NO_SLOT) this.#slots.touch(slot);
    return slot;
  }

  /** Adds the row to the windows of its key if a predicate holds for it. */
  update(row: number, timeMs: number): void {
    if (!this.#windows.takes(row)) return;
    const slot = this.#slotOf(row, true);
    if (slot === NO_SLOT) return;
    this.#windows.update(slot, row, timeMs);
    this.#slots.updated(slot, timeMs);
  }

  /** Writes the view's features of the row's key as of `timeMs` into the vector that begins at `base`. */
  read(row: number, timeMs: number, out: Float32Array, base: number): void {
    const slot = this.#slotOf(row, false);
    this.#windows.read(slot === NO_SLOT ? EMPTY_SLOT : slot, timeMs, out, base + this.#at);
  }

  /** The entities of these rows of the batch. */
  entities(rows: Int32Array): ViewEntities {
    const keys: Array<string | null> = [];
    for (let i = 0; i < rows.length; i++) {
      const id = this.#keys.idOf(rows[i] as number);
      keys.push(id === NO_KEY ? null : this.#keys.nameOf(id));
    }
    return { view: this.#name, keys };
  }

  /** Forgets the least recently used keys past the bound. */
  evict(): void {
    if (this.#slots.size <= this.#hotKeysMax * HOT_KEYS_SLACK) return;
    this.#slots.evictTo(this.#hotKeysMax);
    this.#storeHasMore = true;
  }

  wantedKeys(batch: Batch, into: Set<string>): void {
    if (!this.#storeHasMore) return;
    this.#keys.bind(batch);
    const { rows } = batch;
    for (let i = 0; i < rows.length; i++) {
      const id = this.#keys.idOf(rows[i] as number);
      if (id === NO_KEY) continue;
      const name = this.#keys.nameOf(id);
      if (!this.#slots.has(name)) into.add(this.#prefix + name);
    }
  }

  hydrate(key: string, blob: Uint8Array | null): void {
    if (blob === null || !key.startsWith(this.#prefix)) return;
    const name = key.slice(this.#prefix.length);
    // What memory has is newer than the store.
    if (this.#slots.has(name)) return;
    const slot = this.#slots.obtain(name);
    try {
      this.#slots.restored(slot, this.#windows.restore(slot, name, blob));
    } catch (error) {
      this.#slots.forget(name);
      throw error;
    }
    // A slot cached as missing may exist now.
    this.#evictions = -1;
  }

  /** Adds the keys that changed in this epoch to the barrier, with the vector that the online store serves. */
  snapshot(barrier: Barrier, changes: StateChanges): void {
    const { ttlMs } = this.#windows;
    this.#slots.drainDirty((key, slot, lastTimeMs) => {
      const served = new Float32Array(this.width);
      this.#windows.read(slot, lastTimeMs, served, 0);
      changes.put(
        this.#prefix + key,
        this.#windows.serialize(slot, lastTimeMs),
        lastTimeMs,
        // Readers of the online store learn for a while that a key has expired.
        Number.isFinite(ttlMs) ? ttlMs + EXPIRED_KEPT_MS : null,
        new Uint8Array(served.buffer),
      );
    });
    this.#slots.evictExpired(barrier.watermarkMs, ttlMs);
  }
}
