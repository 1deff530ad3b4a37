// Every built-in aggregate by its definition in plain arithmetic, over all events of a window (for tests).
import * as millrace from '../../../src/index.ts';
import type { Aggregate, WindowSpec } from '../../../src/index.ts';
import type * as builtIn from '../../../src/window/aggregates/index.ts';
import { categoryOfHash } from '../../../src/core/string-hash.ts';

export interface Event {
  /** Not null for aggregates of a column. */
  readonly value: number;
  readonly timeMs: number;
}

/** What an aggregate is, of the events of a window in the order in which they have arrived. */
export interface Definition {
  readonly aggregate: (over: WindowSpec) => Aggregate;
  readonly value: (events: readonly Event[], nowMs: number, seconds: number) => number;
  /** States that are merged have to follow each other in event time, and late events may not be very late. */
  readonly isOrdered?: true;
  /** Relative, of a value that is approximate. */
  readonly tolerance?: number;
}

/** Those that have several features. */
export type VectorName =
  | 'quantiles'
  | 'histogram'
  | 'topK'
  | 'lastK'
  | 'lastKCategories'
  | 'distinctLastK'
  | 'distinctLastKCategories';

export const valuesOf = (events: readonly Event[]): number[] => events.map(({ value }) => value);

export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

export function meanOf(values: readonly number[]): number {
  return sumOf(values) / values.length;
}

/** The mean of a power of the deviations. */
function centralMoment(values: readonly number[], power: number): number {
  const mean = meanOf(values);
  return meanOf(values.map((value) => (value - mean) ** power));
}

function varianceOf(values: readonly number[]): number {
  return values.length < 2 ? Number.NaN : (centralMoment(values, 2) * values.length) / (values.length - 1);
}

function earliestOf(events: readonly Event[]): number {
  return events.toSorted((a, b) => a.timeMs - b.timeMs)[0]?.value ?? Number.NaN;
}

function latestOf(events: readonly Event[]): number {
  return events.toSorted((a, b) => a.timeMs - b.timeMs).at(-1)?.value ?? Number.NaN;
}

/** Two values have no noise of rounding that would make a variance of nothing. */
function isConstant(values: readonly number[]): boolean {
  return values.every((value) => value === values[0]);
}

function slopeOf(events: readonly Event[]): number {
  const times = events.map(({ timeMs }) => timeMs / 1_000);
  const [time, value] = [meanOf(times), meanOf(valuesOf(events))];
  if (isConstant(times)) return Number.NaN;
  const products = sumOf(events.map((event, i) => ((times[i] as number) - time) * (event.value - value)));
  return products / sumOf(times.map((at) => (at - time) ** 2));
}

function gapsOf(events: readonly Event[]): number[] {
  const times = events.map(({ timeMs }) => timeMs).toSorted((a, b) => a - b);
  return times.slice(1).map((timeMs, i) => (timeMs - (times[i] as number)) / 1_000);
}

function timeSince(events: readonly Event[], nowMs: number): number {
  const [latest = Number.NaN, second = Number.NaN] = [
    ...new Set(events.map(({ timeMs }) => timeMs)),
  ].toSorted((a, b) => b - a);
  const before = latest < nowMs ? latest : second;
  return before < nowMs ? (nowMs - before) / 1_000 : Number.NaN;
}

const HALF_LIFE_MS = 20;

function weightsOf(events: readonly Event[], nowMs: number): number[] {
  return events.map(({ timeMs }) => 0.5 ** ((nowMs - timeMs) / HALF_LIFE_MS));
}

function decayedSumOf(events: readonly Event[], nowMs: number): number {
  const weights = weightsOf(events, nowMs);
  return sumOf(events.map(({ value }, i) => value * (weights[i] as number)));
}

/** Values and how often they occur, most frequent first, equally frequent ones ascending. */
export function frequencies(events: readonly Event[]): Array<readonly [value: number, count: number]> {
  const counts = new Map<number, number>();
  for (const { value } of events) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].toSorted(([x, a], [y, b]) => b - a || (x < y ? -1 : 1));
}

function entropyOf(events: readonly Event[]): number {
  if (events.length === 0) return Number.NaN;
  const shares = frequencies(events).map(([, count]) => count / events.length);
  return sumOf(shares.map((share) => -share * Math.log2(share)));
}

export const definitions: Readonly<Record<Exclude<keyof typeof builtIn, VectorName>, Definition>> = {
  count: { aggregate: (over) => millrace.count({ over }), value: (events) => events.length },
  rate: {
    aggregate: (over) => millrace.rate({ over }),
    value: (events, _nowMs, seconds) => events.length / seconds,
  },
  sum: { aggregate: (over) => millrace.sum('v', { over }), value: (events) => sumOf(valuesOf(events)) },
  mean: { aggregate: (over) => millrace.mean('v', { over }), value: (events) => meanOf(valuesOf(events)) },
  variance: {
    aggregate: (over) => millrace.variance('v', { over }),
    value: (events) => varianceOf(valuesOf(events)),
  },
  std: {
    aggregate: (over) => millrace.std('v', { over }),
    value: (events) => Math.sqrt(varianceOf(valuesOf(events))),
  },
  skewness: {
    aggregate: (over) => millrace.skewness('v', { over }),
    value: (events) => {
      const values = valuesOf(events);
      return isConstant(values) ? Number.NaN : centralMoment(values, 3) / centralMoment(values, 2) ** 1.5;
    },
  },
  kurtosis: {
    aggregate: (over) => millrace.kurtosis('v', { over }),
    value: (events) => {
      const values = valuesOf(events);
      return isConstant(values) ? Number.NaN : centralMoment(values, 4) / centralMoment(values, 2) ** 2 - 3;
    },
  },
  min: {
    aggregate: (over) => millrace.min('v', { over }),
    value: (events) => (events.length === 0 ? Number.NaN : Math.min(...valuesOf(events))),
  },
  max: {
    aggregate: (over) => millrace.max('v', { over }),
    value: (events) => (events.length === 0 ? Number.NaN : Math.max(...valuesOf(events))),
  },
  first: { aggregate: (over) => millrace.first('v', { over }), value: earliestOf },
  last: { aggregate: (over) => millrace.last('v', { over }), value: latestOf },
  firstCategory: {
    aggregate: (over) => millrace.firstCategory('v', { over }),
    value: (events) => categoryOfHash(earliestOf(events)),
  },
  lastCategory: {
    aggregate: (over) => millrace.lastCategory('v', { over }),
    value: (events) => categoryOfHash(latestOf(events)),
  },
  share: {
    aggregate: (over) => millrace.share('v', millrace.above(3), { over }),
    value: (events) => events.filter(({ value }) => value > 3).length / events.length,
  },
  trend: { aggregate: (over) => millrace.trend('v', { over }), value: slopeOf },
  timeSinceLast: { aggregate: (over) => millrace.timeSinceLast({ over }), value: timeSince },
  interArrivalMean: {
    aggregate: (over) => millrace.interArrivalMean({ over }),
    value: (events) => meanOf(gapsOf(events)),
    isOrdered: true,
  },
  interArrivalStd: {
    aggregate: (over) => millrace.interArrivalStd({ over }),
    value: (events) => Math.sqrt(varianceOf(gapsOf(events))),
    isOrdered: true,
  },
  decayedSum: {
    aggregate: (over) => millrace.decayedSum('v', { over, halfLifeMs: HALF_LIFE_MS }),
    value: decayedSumOf,
  },
  decayedCount: {
    aggregate: (over) => millrace.decayedCount({ over, halfLifeMs: HALF_LIFE_MS }),
    value: (events, nowMs) => sumOf(weightsOf(events, nowMs)),
  },
  ewma: {
    aggregate: (over) => millrace.ewma('v', { over, halfLifeMs: HALF_LIFE_MS }),
    value: (events, nowMs) => decayedSumOf(events, nowMs) / sumOf(weightsOf(events, nowMs)),
  },
  entropy: { aggregate: (over) => millrace.entropy('v', { over }), value: entropyOf },
  distinct: {
    aggregate: (over) => millrace.distinct('v', { over }),
    value: (events) => new Set(valuesOf(events)).size,
  },
};
