// Events of vehicles, and what rules with state must find in them: calculated from all events so far.
import fc from 'fast-check';
import {
  double,
  nullable,
  referenceOf,
  source,
  string,
  timestamp,
  type ColumnType,
  type DistributionReference,
  type Source,
} from '../../src/index.ts';

const schema = {
  id: string,
  vehicle: nullable(string),
  km: nullable(double),
  note: nullable(string),
  at: timestamp,
};
export const trips: Source<{
  readonly id: ColumnType<'string'>;
  readonly vehicle: ColumnType<'string?'>;
  readonly km: ColumnType<'double?'>;
  readonly note: ColumnType<'string?'>;
  readonly at: ColumnType<'timestamp'>;
}> = source('trips', { schema, eventTime: 'at' });
export type Read = 'vehicle: any' | 'km: number' | 'km: any' | 'note: any';
export interface Event {
  readonly vehicle: string | null;
  readonly km: number | null;
  readonly note: string | null;
  readonly at: number;
}

export const LATENESS = 20_000;
export const WINDOW = 60_000;
export const refuses = { otherwise: 'dead-letter' } as const;

/** Indices of the events that break the rule. */
export type Oracle = (events: readonly Event[]) => number[];

export const monotonicOracle: Oracle = (events) => {
  const broken: number[] = [];
  for (const [i, { vehicle, km }] of events.entries()) {
    if (vehicle === null || km === null) continue;
    const before = events
      .slice(0, i)
      .filter((event, j) => event.vehicle === vehicle && event.km !== null && !broken.includes(j));
    const last = before.at(-1)?.km ?? null;
    if (last !== null && km < last) broken.push(i);
  }
  return broken;
};

/** @param isMet of the events of a window; null if it says nothing */
export const windowOracle =
  (isMet: (window: readonly Event[]) => boolean | null): Oracle =>
  (events) => {
    const newest = (i: number): number => Math.max(...events.slice(0, i + 1).map(({ at }) => at));
    const complete = (i: number): number => Math.floor((newest(i) - LATENESS) / WINDOW);
    const window = (event: Event | undefined): number => Math.floor((event?.at ?? 0) / WINDOW);
    let isBroken = false;
    return [...events.keys()].filter((i) => {
      const last = complete(i) - 1;
      if (i > 0 && complete(i) > complete(i - 1) && last > window(events[0])) {
        const counted = events.filter((event, j) => j < i && window(event) === last && last >= complete(j));
        const verdict = isMet(counted);
        if (verdict !== null) isBroken = !verdict;
      }
      return isBroken;
    });
  };

export const reference: DistributionReference = referenceOf(['x', 'x', 'y', null]);
export const shares = (events: readonly Event[]): number[] =>
  ['x', 'y'].map((note) => events.filter((event) => event.note === note).length / events.length);
export const psi = (events: readonly Event[]): number => {
  const [x = 0, y = 0] = shares(events);
  const missing = events.filter(({ note }) => note === null).length / events.length;
  const pairs = [
    [x, 0.5],
    [y, 0.25],
    [1 - x - y - missing, 0],
    [missing, 0.25],
  ];
  return pairs.reduce((sum, [q = 0, p = 0]) => {
    const [a, b] = [Math.max(q, 1e-4), Math.max(p, 1e-4)];
    return sum + (a - b) * Math.log(a / b);
  }, 0);
};

export const eventArbitrary: fc.Arbitrary<Omit<Event, 'at'> & { readonly step: number }> = fc.record({
  vehicle: fc.constantFrom('a', 'b', null),
  km: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 5 })),
  note: fc.constantFrom('x', 'y', 'z', null),
  step: fc.integer({ min: -15_000, max: 45_000 }),
});
