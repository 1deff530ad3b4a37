// Served features by entity, with their names (control path): computed from the windows that the online store has, as of
// an instant, so that they age.
import { MillraceError } from '../../core/errors.ts';
import { SERVED_CLOCK_AHEAD_MS_MAX } from '../../core/limits.ts';
import { partitionOf } from '../../core/murmur2.ts';
import type { View } from '../../operators/view.ts';
import type { ServedFeatures } from '../../ports/route.ts';
import type { ServedState } from '../../ports/state-store.ts';
import type { FeatureReader } from '../../serving/serving-context.ts';
import type { Topology } from '../../topology/define.ts';
import { EMPTY_SLOT } from '../../window/key-slots.ts';
import { ViewWindows } from '../../window/view-windows.ts';
import type { Adapters } from './adapters.ts';

const SLOT = EMPTY_SLOT + 1;

interface Found extends ServedState {
  /** Of its partition, at the checkpoint. */
  readonly watermarkMs: number;
}

/** Computes features of one view, one entity at a time. */
class ViewReader {
  readonly #names: readonly string[];
  readonly #windows: ViewWindows;
  readonly #allowedLatenessMs: number;
  /** Age of the newest event at which no window can show it any more, ms. */
  readonly #memoryMs: number;
  /** The longest window, ms. */
  readonly #lengthMs: number;

  constructor({ features }: View, allowedLatenessMs: number) {
    const aggregates = Object.values(features);
    this.#names = Object.keys(features);
    this.#windows = new ViewWindows(aggregates, { allowedLatenessMs });
    this.#windows.reserve(SLOT + 1);
    this.#windows.clear(EMPTY_SLOT);
    this.#allowedLatenessMs = allowedLatenessMs;
    this.#memoryMs = Math.max(...aggregates.map(({ over }) => over.memoryMs));
    this.#lengthMs = Math.max(...aggregates.map(({ over }) => over.lengthMs));
  }

  /** Null for state of other windows, which the owner of the partition does not use either. */
  read(key: string, { state, eventTimeMs, watermarkMs }: Found, atMs: number): ServedFeatures | null {
    // Panes older than what a late event may still see are gone.
    const asOfMs = Math.max(atMs, watermarkMs - this.#allowedLatenessMs);
    this.#windows.clear(SLOT);
    try {
      this.#windows.restore(SLOT, key, state);
    } catch (error) {
      if (error instanceof MillraceError) return null;
      throw error;
    }
    const values = this.#valuesOf(SLOT, asOfMs);
    const empty = this.#valuesOf(EMPTY_SLOT, asOfMs);
    const ageMs = asOfMs - eventTimeMs;
    const isEmpty = values.every((value, i) => Object.is(value, empty[i]));
    const expired = ageMs >= this.#memoryMs || (ageMs >= this.#lengthMs && isEmpty);
    return {
      values: Object.fromEntries(
        this.#names.map((name, i) => [name, Number.isNaN(values[i]) ? null : (values[i] ?? null)]),
      ),
      eventTimeMs,
      asOfMs,
      status: expired ? 'expired' : 'fresh',
      expired,
    };
  }

  #valuesOf(slot: number, asOfMs: number): Float32Array {
    const values = new Float32Array(this.#windows.width);
    this.#windows.read(slot, asOfMs, values, 0);
    return values;
  }
}

/**
 * Now, in event time: the clock, or the partition's watermark where that is ahead. Where the watermark is further behind
 * than a live source ever is, the topic is a replay of the past, and its present is the watermark.
 */
function nowOf(watermarkMs: number, clockMs: number): number {
  const isReplay = clockMs - watermarkMs > SERVED_CLOCK_AHEAD_MS_MAX;
  return isReplay ? watermarkMs : Math.max(watermarkMs, clockMs);
}

/**
 * Reads features of `view=entity`, for example `origin=JFK`; the values of an entity of several columns are joined by `|`.
 * The search starts at the partition of a record with that key. As the source may have another key, it covers every
 * partition; of several, the one with the newest event counts.
 * @param nowMs the clock
 */
export function servedFeatures(
  topology: Topology,
  { stores }: Pick<Adapters, 'stores'>,
  nowMs: () => number = Date.now,
): FeatureReader {
  const stage = topology.features;
  const views = stage?.options.views ?? {};
  const { allowedLatenessMs } = topology.watermarks;
  const readers = new Map<string, ViewReader>();
  const readerOf = (name: string): ViewReader | null => {
    const view = Object.hasOwn(views, name) ? views[name] : undefined;
    if (view === undefined) return null;
    const reader = readers.get(name) ?? new ViewReader(view, allowedLatenessMs);
    readers.set(name, reader);
    return reader;
  };
  return async (name, key, atMs) => {
    if (stage === null || name !== topology.name) return null;
    const split = key.indexOf('=');
    const [view, entity] = [key.slice(0, Math.max(0, split)), key.slice(split + 1)];
    const reader = readerOf(view);
    if (reader === null) return null;
    const { topic, partitions } = topology.source;
    const first = partitionOf(Buffer.from(entity), partitions);
    let newest: Found | null = null;
    for (let i = 0; i < partitions; i++) {
      const partition = (first + i) % partitions;
      const served = await stores.served(topology.name, { topic, partition }, [`${stage.id}:${key}`]);
      const state = served?.states[0] ?? null;
      if (served === null || state === null) continue;
      const { watermarkMs } = served;
      if (newest === null || state.eventTimeMs > newest.eventTimeMs) newest = { ...state, watermarkMs };
    }
    if (newest === null) return null;
    // Before the first checkpoint there is no watermark.
    const watermarkMs = Number.isFinite(newest.watermarkMs) ? newest.watermarkMs : newest.eventTimeMs;
    return reader.read(key, { ...newest, watermarkMs }, atMs ?? nowOf(watermarkMs, nowMs()));
  };
}
