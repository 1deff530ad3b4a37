// An aggregate with several features that is written outside src.
import { defineVector, type NumberVector } from 'millrace';

/** Slots: the lowest and the highest value; NaN without one. */
function join(slab: Float64Array, at: number, low: number, high: number): void {
  if (!(slab[at]! <= low)) slab[at] = low;
  if (!(slab[at + 1]! >= high)) slab[at + 1] = high;
}

export const extent: NumberVector<object, 'low' | 'high' | 'spread'> = defineVector({
  name: 'extent',
  input: 'number',
  checks: {},
  make: () => ({
    width: 2,
    clear: (slab, at) => void slab.fill(Number.NaN, at, at + 2),
    add: (slab, at, value) => join(slab, at, value, value),
    merge: (to, a, from, b) => {
      if (!Number.isNaN(from[b])) join(to, a, from[b]!, from[b + 1]!);
    },
    parts: {
      low: { read: (slab, at) => slab[at]! },
      high: { read: (slab, at) => slab[at + 1]! },
      spread: { read: (slab, at) => slab[at + 1]! - slab[at]! },
    },
  }),
});
