// A mean in which the weight of a value halves with every half-life: an aggregate with a parameter.
import { defineAggregate, type NumberAggregate } from 'millrace';

/** Advances the state at `at` to `timeMs`. Slots: the reference time of the weights, their sum, the weighted sum. */
function moveTo(slab: Float64Array, at: number, timeMs: number, halfLifeMs: number): void {
  const factor = 0.5 ** ((timeMs - slab[at]!) / halfLifeMs);
  slab[at] = timeMs;
  slab[at + 1]! *= factor;
  slab[at + 2]! *= factor;
}

export const decayedMean: NumberAggregate<{ halfLifeMs: number }> = defineAggregate(
  ({ halfLifeMs }: { halfLifeMs: number }) => ({
    name: 'decayed-mean',
    input: 'number',
    width: 3,
    add: (slab, at, value, timeMs) => {
      if (slab[at + 1] === 0) slab[at] = timeMs;
      else if (timeMs > slab[at]!) moveTo(slab, at, timeMs, halfLifeMs);
      const weight = 0.5 ** ((slab[at]! - timeMs) / halfLifeMs);
      slab[at + 1]! += weight;
      slab[at + 2]! += weight * value;
    },
    merge: (to, a, from, b) => {
      if (from[b + 1] === 0) return;
      if (to[a + 1] === 0) to[a] = from[b]!;
      else if (from[b]! > to[a]!) moveTo(to, a, from[b]!, halfLifeMs);
      const weight = 0.5 ** ((to[a]! - from[b]!) / halfLifeMs);
      to[a + 1]! += weight * from[b + 1]!;
      to[a + 2]! += weight * from[b + 2]!;
    },
    read: (slab, at) => slab[at + 2]! / slab[at + 1]!,
  }),
);
