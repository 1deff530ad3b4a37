// Drives the windows of one view with single events, like a view state with batches (for tests).
import { EMPTY_SLOT, KeySlots } from '../../src/window/key-slots.ts';
import type { Aggregate } from '../../src/window/aggregate.ts';
import { ViewWindows } from '../../src/window/view-windows.ts';

export class OneRowView {
  readonly windows: ViewWindows;
  readonly slots: KeySlots;
  readonly #masks: readonly Uint8Array[];
  readonly #values: readonly Float64Array[];

  constructor(aggregates: readonly Aggregate[], allowedLatenessMs: number) {
    this.windows = new ViewWindows(aggregates, { allowedLatenessMs });
    this.slots = new KeySlots(this.windows);
    const { predicates, columns } = this.windows.inputs;
    this.#masks = predicates.map(() => new Uint8Array(1));
    this.#values = columns.map(() => new Float64Array(1));
  }

  /**
   * Adds an event whose column has `value`, or each column its own; `selected` says which predicates of the view select it.
   */
  update(
    key: string,
    timeMs: number,
    value: number | Readonly<Record<string, number>> = 0,
    selected: readonly boolean[] = [],
  ): void {
    for (const [i, mask] of this.#masks.entries()) mask[0] = selected[i] === false ? 0 : 1;
    for (const [i, values] of this.#values.entries()) {
      const name = this.windows.inputs.columns[i]?.name ?? '';
      values[0] = typeof value === 'number' ? value : (value[name] ?? Number.NaN);
    }
    this.windows.inputs.bind(this.#masks, this.#values);
    const slot = this.slots.obtain(key);
    this.windows.update(slot, 0, timeMs);
    this.slots.updated(slot, timeMs);
  }

  /** The view's features of a key at `timeMs`. */
  read(key: string, timeMs: number): Float32Array {
    const out = new Float32Array(this.windows.width);
    this.windows.read(this.slots.has(key) ? this.slots.find(key) : EMPTY_SLOT, timeMs, out, 0);
    return out;
  }

  serialize(key: string): Uint8Array {
    const slot = this.slots.find(key);
    return this.windows.serialize(slot, this.slots.lastTimeMs(slot));
  }

  restore(key: string, bytes: Uint8Array): void {
    const slot = this.slots.obtain(key);
    this.slots.restored(slot, this.windows.restore(slot, key, bytes));
  }
}
