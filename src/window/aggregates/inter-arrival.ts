// The time between events: their number, the earliest instant, the sum of the squares of the gaps between instants in their
// order, and the latest instants, each once, latest first. A late event divides the gap that it falls into, which is known
// where the instants next to it are among those that are kept.
import { MS_PER_SECOND } from '../../core/time.ts';
import type { Accumulator, EventAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';

const KEPT = 8;
const SQUARES = 2;
const LATEST = 3;

function square(x: number): number {
  return x * x;
}

/** Puts an instant in its place among the latest ones. */
function insert(slab: Float64Array, first: number, timeMs: number): void {
  let at = first;
  while (at < first + KEPT && timeMs < (slab[at] as number)) at++;
  if (at === first + KEPT || timeMs === slab[at]) return;
  slab.copyWithin(at + 1, at, first + KEPT - 1);
  slab[at] = timeMs;
}

/** By how much an instant adds to the sum of squares, which is less than nothing where it divides a gap. */
function squaresBy(slab: Float64Array, at: number, timeMs: number): number {
  const earliest = slab[at + 1] as number;
  if (timeMs <= earliest) return square(earliest - timeMs);
  const first = at + LATEST;
  if (timeMs >= (slab[first] as number)) return square(timeMs - (slab[first] as number));
  for (let i = first + 1; i < first + KEPT; i++) {
    const before = slab[i] as number;
    if (timeMs < before) continue;
    const after = slab[i - 1] as number;
    return before === Number.NEGATIVE_INFINITY
      ? 0
      : square(timeMs - before) + square(after - timeMs) - square(after - before);
  }
  return 0; // in a gap that is not known: it stays whole
}

const gaps: Accumulator = {
  width: LATEST + KEPT,
  clear: (slab, at) => {
    slab[at + 1] = Number.POSITIVE_INFINITY;
    slab.fill(Number.NEGATIVE_INFINITY, at + LATEST, at + LATEST + KEPT);
  },
  add: (slab, at, _value, timeMs) => {
    if (slab[at] !== 0) slab[at + SQUARES] = (slab[at + SQUARES] as number) + squaresBy(slab, at, timeMs);
    slab[at] = (slab[at] as number) + 1;
    if (timeMs < (slab[at + 1] as number)) slab[at + 1] = timeMs;
    insert(slab, at + LATEST, timeMs);
  },
  merge: (to, a, from, b) => {
    if (from[b] === 0) return;
    const between = to[a] === 0 ? 0 : (from[b + 1] as number) - (to[a + LATEST] as number);
    to[a] = (to[a] as number) + (from[b] as number);
    if ((from[b + 1] as number) < (to[a + 1] as number)) to[a + 1] = from[b + 1] as number;
    to[a + SQUARES] = (to[a + SQUARES] as number) + (from[b + SQUARES] as number) + square(between);
    for (let i = LATEST; i < LATEST + KEPT; i++) insert(to, a + LATEST, from[b + i] as number);
  },
};

/** Between the earliest and the latest event. */
function span(slab: Float64Array, at: number): number {
  return (slab[at + LATEST] as number) - (slab[at + 1] as number);
}

/** Mean seconds between consecutive events in the order of event time; NaN below two events. */
export const interArrivalMean: EventAggregate = defineAggregate({
  ...gaps,
  name: 'inter-arrival-mean',
  input: 'none',
  read: (slab, at) => {
    const count = (slab[at] as number) - 1;
    return count < 1 ? Number.NaN : span(slab, at) / count / MS_PER_SECOND;
  },
});

/**
 * Sample standard deviation (n - 1) of the seconds between consecutive events in the order of event time; NaN below three
 * events. Exact as long as a late event comes after at most seven later instants of its pane; else the gap that it falls
 * into stays whole.
 */
export const interArrivalStd: EventAggregate = defineAggregate({
  ...gaps,
  name: 'inter-arrival-std',
  input: 'none',
  isOrdered: true,
  read: (slab, at) => {
    const count = (slab[at] as number) - 1;
    if (count < 2) return Number.NaN;
    const deviations = (slab[at + SQUARES] as number) - square(span(slab, at)) / count;
    return Math.sqrt(Math.max(0, deviations) / (count - 1)) / MS_PER_SECOND;
  },
});
