// One feature view's state for one partition (hot path): entity keys, predicates and panes brought together.
import type { Barrier, Batch, NumberColumn } from '../core/batch.ts';
import { invariant } from '../core/errors.ts';
import { layOut } from '../window/pane-layout.ts';
import { PaneStore } from '../window/pane-store.ts';
import { EntityKeys, NO_KEY } from './entity-keys.ts';
import { MaskSet } from './predicate.ts';
import type { StageContext } from './stage.ts';
import type { StateChanges } from './state-changes.ts';
import type { View } from './view.ts';

const NO_SLOT = -1;

/** Keys are evicted in one go when there are this many times too many, as finding the oldest takes a sort. */
const HOT_KEYS_SLACK = 1.25;

export class ViewState {
  /** Features of the view. */
  readonly width: number;
  readonly #prefix: string;
  readonly #at: number;
  readonly #panes: PaneStore;
  readonly #keys: EntityKeys;
  readonly #masks: MaskSet;
  readonly #values: Float64Array[];
  /** Slot of each key id, for as long as ids and slots stay what they are. */
  #slots = new Int32Array(0);
  #keyGeneration = -1;
  #evictions = -1;
  readonly #hotKeysMax: number;
  /** Whether the store may hold keys that memory lacks: after a restart, or once a key was evicted. */
  #storeHasMore: boolean;

  /**
   * @param prefix of the view's keys among those of the stage
   * @param at first feature of the view in the vector
   */
  constructor(prefix: string, view: View, at: number, context: StageContext) {
    this.#prefix = prefix;
    this.#at = at;
    const layout = layOut(Object.values(view.features), context.allowedLatenessMs);
    this.width = layout.featureCount;
    this.#panes = new PaneStore(layout);
    this.#hotKeysMax = context.hotKeysMax;
    this.#storeHasMore = Number.isFinite(context.restoredWatermarkMs);
    this.#keys = new EntityKeys(view.key);
    this.#masks = new MaskSet(layout.predicates);
    this.#values = layout.columns.map(() => new Float64Array(0));
  }

  /** Prepares for a batch. */
  bind(batch: Batch): void {
    this.#keys.bind(batch);
    this.#panes.beginBatch();
    this.#masks.fill(batch);
    for (const [i, name] of this.#panes.layout.columns.entries()) {
      const column = batch.columns[name] as NumberColumn;
      invariant(column.kind === 'number', `aggregated column ${name} is a number`);
      this.#values[i] = column.values;
    }
    if (this.#keyGeneration !== this.#keys.generation || this.#evictions !== this.#panes.evictions) {
      this.#slots.fill(NO_SLOT);
      this.#keyGeneration = this.#keys.generation;
      this.#evictions = this.#panes.evictions;
    }
  }

  /** The row's slot; `create` makes one for a new key, else a new key has none. */
  #slotOf(row: number, create: boolean): number {
    const id = this.#keys.idOf(row);
    if (id === NO_KEY) return NO_SLOT;
    if (id >= this.#slots.length) {
      const grown = new Int32Array(Math.max(64, id * 2)).fill(NO_SLOT);
      grown.set(this.#slots);
      this.#slots = grown;
    }
    let slot = this.#slots[id] as number;
    if (slot === NO_SLOT) {
      const name = this.#keys.nameOf(id);
      slot = create ? this.#panes.obtain(name) : this.#panes.find(name);
      this.#slots[id] = slot;
    }
    if (slot !== NO_SLOT) this.#panes.touch(slot);
    return slot;
  }

  /** Adds the row to the windows of its key, where a predicate holds for it. */
  update(row: number, timeMs: number): void {
    const { masks } = this.#masks;
    let any = 0;
    for (let i = 0; i < masks.length; i++) any |= (masks[i] as Uint8Array)[row] as number;
    if (any === 0) return;
    const slot = this.#slotOf(row, true);
    if (slot !== NO_SLOT) this.#panes.update(slot, row, timeMs, masks, this.#values);
  }

  /** Writes the view's features of the row's key as of `timeMs` into the vector that begins at `base`. */
  read(row: number, timeMs: number, out: Float32Array, base: number): void {
    this.#panes.read(this.#slotOf(row, false), timeMs, out, base + this.#at);
  }

  /** Forgets the least recently used keys past the bound. */
  evict(): void {
    if (this.#panes.size <= this.#hotKeysMax * HOT_KEYS_SLACK) return;
    this.#panes.evictTo(this.#hotKeysMax);
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
      if (!this.#panes.has(name)) into.add(this.#prefix + name);
    }
  }

  hydrate(key: string, blob: Uint8Array | null): void {
    if (blob === null || !key.startsWith(this.#prefix)) return;
    this.#panes.restore(key.slice(this.#prefix.length), blob);
    // A slot cached as missing may exist now.
    this.#evictions = -1;
  }

  /** Adds the keys that changed in this epoch to the barrier, with the vector that the online store serves. */
  snapshot(barrier: Barrier, changes: StateChanges): void {
    const { ttlMs } = this.#panes.layout;
    this.#panes.drainDirty((key, slot, lastTimeMs) => {
      const served = new Float32Array(this.width);
      this.#panes.read(slot, lastTimeMs, served, 0);
      changes.put(
        this.#prefix + key,
        this.#panes.serialize(slot),
        lastTimeMs,
        ttlMs,
        new Uint8Array(served.buffer),
      );
    });
    this.#panes.evictExpired(barrier.watermarkMs);
  }
}
