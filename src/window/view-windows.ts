// The windows of one view (hot path): its aggregates grouped by window, the windows by kind, and what the store keeps of
// a key.
import { stableJson } from '../core/stable-json.ts';
import { stringHash } from '../core/string-hash.ts';
import type { Aggregate } from './aggregate.ts';
import { aggregateContent } from './aggregate-content.ts';
import type { SlotStates } from './key-slots.ts';
import { predicateKey } from './predicate.ts';
import { StateReader, StateWriter } from './state-slots.ts';
import { ViewInputs, type RowMask } from './view-inputs.ts';
import { SlabAggregates, type ViewFeature } from './window-aggregates.ts';
import type { WindowSpec, WindowContext, WindowDefinition, WindowState } from './window.ts';

interface WindowGroup {
  readonly window: WindowSpec;
  readonly features: ViewFeature[];
}

/** Aggregates by kind of window, then by window, in the order in which the view names them first. */
function groupByWindow(aggregates: readonly Aggregate[]): Map<WindowDefinition, Map<string, WindowGroup>> {
  const kinds = new Map<WindowDefinition, Map<string, WindowGroup>>();
  for (const [feature, aggregate] of aggregates.entries()) {
    const { over, where } = aggregate;
    const { definition } = over;
    const windows = kinds.get(definition) ?? new Map<string, WindowGroup>();
    kinds.set(definition, windows);
    const key = definition.byPredicate === false ? over.key : over.key + predicateKey(where);
    const group = windows.get(key) ?? { window: over, features: [] };
    windows.set(key, group);
    group.features.push({ aggregate, feature });
  }
  return kinds;
}

/** 32 bits that change with everything that decides what the slots of a stored state mean. */
function fingerprintOf(aggregates: readonly Aggregate[], lists: ReadonlySet<string>): number {
  const parts = aggregates.map((aggregate) => [
    aggregate.definition.name,
    aggregate.definition.width,
    ...aggregateContent(aggregate),
    ...(lists.has(aggregate.column ?? '') ? ['items'] : []),
  ]);
  return stringHash(stableJson(parts)) % 2 ** 32;
}

/**
 * A key's state is a list of Float64 slots, packed with the fingerprint of the view's aggregates: event time of the newest row,
 * then for each state the number of its slots and the slots.
 */
export class ViewWindows implements SlotStates {
  /** Features of the view. */
  readonly width: number;
  readonly inputs: ViewInputs = new ViewInputs();
  readonly #taken: RowMask;
  /** Event time after its newest row at which a key holds nothing that a query could see, ms; Infinity for state that is kept forever. */
  readonly ttlMs: number;
  readonly #states: readonly WindowState[];
  readonly #fingerprint: number;
  readonly #writer = new StateWriter();

  /** @param lists columns whose rows have a list of values each, all of which are aggregated */
  constructor(
    aggregates: readonly Aggregate[],
    context: WindowContext,
    lists: ReadonlySet<string> = new Set(),
  ) {
    this.width = aggregates.length;
    this.#states = [...groupByWindow(aggregates)].flatMap(([definition, windows]) => {
      const opened = [...windows.values()].map(({ window, features }) => ({
        parameters: window.parameters,
        aggregates: new SlabAggregates(features, this.inputs, lists),
      }));
      return definition.open(opened, context);
    });
    this.ttlMs = this.#states.reduce(
      (most, { ttlMs }) => Math.max(most, ttlMs ?? Number.POSITIVE_INFINITY),
      0,
    );
    this.#taken = this.inputs.anyOf(aggregates.map(({ where }) => where));
    this.#fingerprint = fingerprintOf(aggregates, lists);
  }

  reserve(slots: number): void {
    for (const state of this.#states) state.reserve(slots);
  }

  clear(slot: number): void {
    for (const state of this.#states) state.clear(slot);
  }

  /** Whether an aggregate takes the row of the current batch. */
  takes(row: number): boolean {
    return this.#taken.mask[row] !== 0;
  }

  /** Adds a row to the windows of a slot. */
  update(slot: number, row: number, timeMs: number): void {
    const states = this.#states;
    for (let i = 0; i < states.length; i++) (states[i] as WindowState).update(slot, row, timeMs);
  }

  /** Writes the view's features as of `timeMs` into `out` at `outAt`. */
  read(slot: number, timeMs: number, out: Float32Array, outAt: number): void {
    const states = this.#states;
    for (let i = 0; i < states.length; i++) (states[i] as WindowState).read(slot, timeMs, out, outAt);
  }

  /** A slot's state as the store keeps it. */
  serialize(slot: number, lastTimeMs: number): Uint8Array {
    const writer = this.#writer;
    writer.reset();
    writer.push(lastTimeMs);
    for (const state of this.#states) {
      const lengthAt = writer.length;
      writer.push(0);
      state.write(slot, writer);
      writer.set(lengthAt, writer.length - lengthAt - 1);
    }
    return writer.bytes(this.#fingerprint);
  }

  /**
   * Takes in what `serialize` gave, into a cleared slot.
   * @returns event time of the newest row
   * @throws MillraceError STORE_FAILED where other windows have written it
   */
  restore(slot: number, key: string, bytes: Uint8Array): number {
    const reader = StateReader.of(key, bytes, this.#fingerprint);
    const lastTimeMs = reader.next();
    if (!Number.isFinite(lastTimeMs)) throw reader.foreign();
    for (const state of this.#states) {
      const part = reader.part(reader.count(reader.left));
      state.restore(slot, part);
      if (part.left > 0) throw reader.foreign();
    }
    if (reader.left > 0) throw reader.foreign();
    return lastTimeMs;
  }
}
