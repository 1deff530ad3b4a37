// The built-in aggregates with several features by their definition, and all features in one table (for tests).
import * as millrace from '../../../src/index.ts';
import type { Aggregate, AggregateVector, WindowSpec } from '../../../src/index.ts';
import { categoryOfHash } from '../../../src/core/string-hash.ts';
import {
  definitions,
  frequencies,
  sumOf,
  valuesOf,
  type Definition,
  type Event,
  type VectorName,
} from './definitions.ts';

/** What each feature of an aggregate with several is. */
export interface VectorDefinition {
  readonly aggregate: (over: WindowSpec) => AggregateVector;
  readonly values: (events: readonly Event[]) => Readonly<Record<string, number>>;
  readonly tolerance?: number;
}

const K = 3;
const EDGES = [-5, 0, 5];
const QUANTILES = { low: 0, p25: 0.25, p50: 0.5, p99: 0.99, high: 1 };

function listOf(values: readonly number[], dropped: number): Record<string, number> {
  const listed = Array.from({ length: K }, (_, i) => [`${i + 1}`, values[i] ?? Number.NaN] as const);
  return { ...Object.fromEntries(listed), dropped };
}

function latestFirst(events: readonly Event[]): number[] {
  return valuesOf(events.toReversed().toSorted((a, b) => b.timeMs - a.timeMs));
}

function lastKOf(events: readonly Event[]): Record<string, number> {
  return listOf(latestFirst(events), Math.max(0, events.length - K));
}

function distinctLastKOf(events: readonly Event[]): Record<string, number> {
  const values = [...new Set(latestFirst(events))];
  return listOf(values, events.length - Math.min(values.length, K));
}

function categories({ dropped = 0, ...values }: Readonly<Record<string, number>>): Record<string, number> {
  const codes = Object.entries(values).map(([part, value]) => [part, categoryOfHash(value)] as const);
  return { ...Object.fromEntries(codes), dropped };
}

function topKOf(events: readonly Event[]): Record<string, number> {
  const top = frequencies(events).slice(0, K);
  const parts: Record<string, number> = {};
  for (let i = 0; i < K; i++) {
    parts[`${i + 1}`] = categoryOfHash(top[i]?.[0] ?? Number.NaN);
    parts[`${i + 1}_share`] = (top[i]?.[1] ?? 0) / events.length;
  }
  return { ...parts, dropped: events.length - sumOf(top.map(([, count]) => count)) };
}

function quantilesOf(events: readonly Event[]): Record<string, number> {
  const values = valuesOf(events).toSorted((a, b) => a - b);
  const at = (share: number): number => values[Math.floor(share * (values.length - 1))] ?? Number.NaN;
  return Object.fromEntries(Object.entries(QUANTILES).map(([part, share]) => [part, at(share)]));
}

function histogramOf(events: readonly Event[]): Record<string, number> {
  const edges = [Number.NEGATIVE_INFINITY, ...EDGES, Number.POSITIVE_INFINITY];
  const counts = edges.slice(1).map((high, i) => {
    const isLast = high === Number.POSITIVE_INFINITY;
    const low = edges[i] as number;
    return [
      `${i}`,
      valuesOf(events).filter((value) => value >= low && (value < high || isLast)).length,
    ] as const;
  });
  return Object.fromEntries(counts);
}

export const vectorDefinitions: Readonly<Record<VectorName, VectorDefinition>> = {
  quantiles: {
    aggregate: (over) => millrace.quantiles('v', { over, at: QUANTILES, buckets: 512 }),
    values: quantilesOf,
    tolerance: 0.01,
  },
  histogram: { aggregate: (over) => millrace.histogram('v', { over, bins: EDGES }), values: histogramOf },
  topK: { aggregate: (over) => millrace.topK('v', { over, k: K, counters: 64 }), values: topKOf },
  lastK: { aggregate: (over) => millrace.lastK('v', { over, k: K }), values: lastKOf },
  lastKCategories: {
    aggregate: (over) => millrace.lastKCategories('v', { over, k: K }),
    values: (events) => categories(lastKOf(events)),
  },
  distinctLastK: {
    aggregate: (over) => millrace.distinctLastK('v', { over, k: K }),
    values: distinctLastKOf,
  },
  distinctLastKCategories: {
    aggregate: (over) => millrace.distinctLastKCategories('v', { over, k: K }),
    values: (events) => categories(distinctLastKOf(events)),
  },
};

/** All features by name: those of an aggregate with several one by one. */
export const features: Readonly<Record<string, Definition>> = {
  ...definitions,
  ...Object.fromEntries(
    Object.entries<VectorDefinition>(vectorDefinitions).flatMap(([name, { aggregate, values, tolerance }]) =>
      Object.keys(values([])).map((part): [string, Definition] => [
        `${name} ${part}`,
        {
          aggregate: (over) => aggregate(over).parts[part] as Aggregate, // every vector has the parts of its definition
          value: (events) => values(events)[part] as number,
          ...(tolerance !== undefined && { tolerance }),
        },
      ]),
    ),
  ),
};
