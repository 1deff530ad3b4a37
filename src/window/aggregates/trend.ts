// The slope of a column over time: five slots, the count, the means of time and value, the sum of squared deviations of the
// time, and that of the products of both deviations. Merged as in Chan, Golub, LeVeque (1979).
import { MS_PER_SECOND } from '../../core/time.ts';
import type { NumberAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';

const WIDTH = 5;

function mergePart(
  slab: Float64Array,
  at: number,
  countB: number,
  timeB: number,
  valueB: number,
  squaresB: number,
  productsB: number,
): void {
  const countA = slab[at] as number;
  const count = countA + countB;
  const shareB = countB / count;
  const time = timeB - (slab[at + 1] as number);
  const value = valueB - (slab[at + 2] as number);
  slab[at] = count;
  slab[at + 1] = (slab[at + 1] as number) + time * shareB;
  slab[at + 2] = (slab[at + 2] as number) + value * shareB;
  slab[at + 3] = (slab[at + 3] as number) + squaresB + time * time * countA * shareB;
  slab[at + 4] = (slab[at + 4] as number) + productsB + time * value * countA * shareB;
}

/**
 * Slope of the least-squares line through the values that are not null, over event time: by how much they rise in a second.
 * NaN if they have less than two instants, and where one is infinite.
 */
export const trend: NumberAggregate = defineAggregate({
  name: 'trend',
  input: 'number',
  width: WIDTH,
  add: (slab, at, value, timeMs) => {
    const finite = Number.isFinite(value) ? value : Number.NaN;
    if (slab[at] === 0) {
      slab[at] = 1;
      slab[at + 1] = timeMs;
      slab[at + 2] = finite;
    } else mergePart(slab, at, 1, timeMs, finite, 0, 0);
  },
  merge: (to, a, from, b) => {
    if (from[b] === 0) return;
    if (to[a] === 0) for (let i = 0; i < WIDTH; i++) to[a + i] = from[b + i] as number;
    else
      mergePart(
        to,
        a,
        from[b] as number,
        from[b + 1] as number,
        from[b + 2] as number,
        from[b + 3] as number,
        from[b + 4] as number,
      );
  },
  read: (slab, at) =>
    slab[at + 3] === 0 ? Number.NaN : (MS_PER_SECOND * (slab[at + 4] as number)) / (slab[at + 3] as number),
});
