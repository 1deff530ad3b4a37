// The features of one view, computed from the state that the online store has of an entity, as of an instant (control path).
import { MillraceError } from '../../core/errors.ts';
import { SERVED_CLOCK_AHEAD_MS_MAX } from '../../core/store-limits.ts';
import type { View } from '../../operators/view.ts';
import type { ServedState } from '../../ports/state-store.ts';
import { EMPTY_SLOT } from '../../window/key-slots.ts';
import { ViewWindows } from '../../window/view-windows.ts';

const SLOT = EMPTY_SLOT + 1;

/** Computes features of one view, one entity at a time. */
export class ViewReader {
  readonly view: View;
  readonly names: readonly string[];
  /** The features as of the last `read`, in the order of the names; NaN for a missing value. */
  readonly values: Float32Array;
  readonly #windows: ViewWindows;
  readonly #empty: Float32Array;
  /** Age of the newest event at which no window can show it any more, ms. */
  readonly #memoryMs: number;
  /** The longest window, ms. */
  readonly #lengthMs: number;

  constructor(view: View, allowedLatenessMs: number) {
    const aggregates = Object.values(view.features);
    this.view = view;
    this.names = Object.keys(view.features);
    this.#windows = new ViewWindows(aggregates, { allowedLatenessMs });
    this.#windows.reserve(SLOT + 1);
    this.#windows.clear(EMPTY_SLOT);
    this.values = new Float32Array(this.#windows.width);
    this.#empty = new Float32Array(this.#windows.width);
    this.#memoryMs = Math.max(...aggregates.map(({ over }) => over.memoryMs));
    this.#lengthMs = Math.max(...aggregates.map(({ over }) => over.lengthMs));
  }

  /** False for state of other windows, which the owner of the partition does not use either. */
  read(key: string, { state }: ServedState, asOfMs: number): boolean {
    this.#windows.clear(SLOT);
    try {
      this.#windows.restore(SLOT, key, state);
    } catch (error) {
      if (error instanceof MillraceError) return false;
      throw error;
    }
    this.#windows.read(SLOT, asOfMs, this.values, 0);
    return true;
  }

  /** Whether no window shows an event of the entity any more, after `read`. */
  isExpired(eventTimeMs: number, asOfMs: number): boolean {
    const ageMs = asOfMs - eventTimeMs;
    if (ageMs >= this.#memoryMs) return true;
    if (ageMs < this.#lengthMs) return false;
    this.#windows.read(EMPTY_SLOT, asOfMs, this.#empty, 0);
    return this.values.every((value, i) => Object.is(value, this.#empty[i]));
  }
}

/**
 * Now, in event time: the clock, or the partition's watermark where that is ahead. Where the watermark is further behind
 * than a live source ever is, the topic is a replay of the past, and its present is the watermark.
 */
export function nowOf(watermarkMs: number, clockMs: number): number {
  const isReplay = clockMs - watermarkMs > SERVED_CLOCK_AHEAD_MS_MAX;
  return isReplay ? watermarkMs : Math.max(watermarkMs, clockMs);
}
