// Sums in which the weight of an event halves with every half-life: three slots, the latest instant, and as of it the sum of
// the weights and that of the weighted values. The accumulator that `ewma`, `decayedSum` and `decayedCount` share.
import { duration, required, type OptionChecks } from '../../core/option-checks.ts';
import type { Accumulator } from '../aggregate.ts';

export interface Decay {
  /** Milliseconds of event time after which an event weighs half as much. */
  readonly halfLifeMs: number;
}

export const decayChecks: OptionChecks<Decay> = { halfLifeMs: required(duration(), 'minutes(10)') };

const accumulators = new Map<number, Accumulator>();

/** What an event at `thenMs` weighs at `nowMs`; more than 1 if it is later. */
export function decayed(halfLifeMs: number, nowMs: number, thenMs: number): number {
  return 0.5 ** ((nowMs - thenMs) / halfLifeMs);
}

/** Adds sums as of `timeMs` to the state. */
function addAt(
  slab: Float64Array,
  at: number,
  halfLifeMs: number,
  timeMs: number,
  weight: number,
  sum: number,
): void {
  const latest = slab[at] as number;
  if (timeMs > latest) {
    const factor = decayed(halfLifeMs, timeMs, latest);
    slab[at] = timeMs;
    slab[at + 1] = (slab[at + 1] as number) * factor + weight;
    slab[at + 2] = (slab[at + 2] as number) * factor + sum;
    return;
  }
  const factor = decayed(halfLifeMs, latest, timeMs);
  slab[at + 1] = (slab[at + 1] as number) + weight * factor;
  slab[at + 2] = (slab[at + 2] as number) + sum * factor;
}

/** One for each half-life, so that aggregates share it. */
export function decay(halfLifeMs: number): Accumulator {
  const known = accumulators.get(halfLifeMs);
  if (known !== undefined) return known;
  const made: Accumulator = {
    width: 3,
    add: (slab, at, value, timeMs) => {
      if (slab[at + 1] !== 0) return addAt(slab, at, halfLifeMs, timeMs, 1, value);
      slab[at] = timeMs;
      slab[at + 1] = 1;
      slab[at + 2] = value;
    },
    merge: (to, a, from, b) => {
      if (from[b + 1] === 0) return;
      if (to[a + 1] === 0) for (let i = 0; i < 3; i++) to[a + i] = from[b + i] as number;
      else addAt(to, a, halfLifeMs, from[b] as number, from[b + 1] as number, from[b + 2] as number);
    },
  };
  accumulators.set(halfLifeMs, made);
  return made;
}
