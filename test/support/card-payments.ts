// Payments with features of four entities, and what one process that sees all of them in order computes (for tests).
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  count,
  double,
  defineTopology,
  features,
  json,
  minutes,
  numeric,
  score,
  sliding,
  source,
  string,
  sum,
  timestamp,
  nullable,
  hours,
  last,
  divide,
  view,
  watermarks,
  type Topology,
} from '../../src/index.ts';
import type { PredictionBlock } from '../../src/core/blocks.ts';
import type { SinkDefinition } from '../../src/ports/sink.ts';
import { TopologyDriver } from '../../src/testing/index.ts';

export interface Payment {
  readonly [column: string]: string | number | null;
  readonly id: string;
  readonly kind: string;
  readonly card: string;
  readonly merchant: string | null;
  readonly device: string;
  readonly amount: number;
  readonly at: number;
}

const over = sliding(hours(1));

/** @param sinks take the vectors of the payments that are scored */
export function cardPayments(
  sinks: readonly SinkDefinition[],
  name: string = 'payments',
  partitions = 4,
): Topology {
  const payments = source(name, {
    schema: {
      id: string,
      kind: string,
      card: string,
      merchant: nullable(string),
      device: string,
      amount: double,
      at: timestamp,
    },
    eventTime: 'at',
    format: json(),
    key: 'card',
    partitions,
  });
  return defineTopology(payments, {
    stages: [
      watermarks({ allowedLatenessMs: minutes(5) }),
      features({
        when: { kind: 'payment' },
        fields: { amount: numeric('amount') },
        views: {
          card: view(['card'], { n: count({ over }), spent: sum('amount', { over }) }),
          merchant: view(['merchant'], {
            n: count({ over }),
            taken: sum('amount', { over }),
            newest: last('amount', { over }),
          }),
          device: view(['device'], { n: count({ over }) }),
          pair: view(['merchant', 'device'], { n: count({ over }), spent: sum('amount', { over }) }),
        },
        derived: { share: divide('amount', 'merchant.taken') },
      }),
      score({ key: 'id' }),
    ],
    sinks,
  });
}

/** A sink that gets each vector, by the id of its payment. */
function vectorsTo(take: (id: string, vector: readonly number[]) => void): SinkDefinition {
  return {
    name: 'vectors',
    delivery: 'after-commit',
    open: async () => ({
      predictions({ count: rows, keys, features: values, width }: PredictionBlock): void {
        for (let i = 0; i < rows; i++)
          take(keys[i] as string, [...values.subarray(i * width, (i + 1) * width)]);
      },
      labels: () => undefined,
      flush: async () => undefined,
      bufferedRows: 0,
      close: async () => undefined,
    }),
  };
}

/** Keeps each vector. @throws Error if one comes again with other values */
export function collecting(vectors: Map<string, readonly number[]>): SinkDefinition {
  return vectorsTo((id, vector) => keep(vectors, id, vector));
}

function keep(vectors: Map<string, readonly number[]>, id: string, vector: readonly number[]): void {
  const before = vectors.get(id);
  if (before !== undefined && before.join() !== vector.join())
    throw new Error(`${id} had ${before.join()}, and has ${vector.join()}`);
  vectors.set(id, vector);
}

/** Appends each vector to a file of the process, for `readVectors`. */
export function appending(folder: string): SinkDefinition {
  const file = join(folder, `${process.pid}.vectors`);
  return vectorsTo((id, vector) => appendFileSync(file, `${id} ${vector.join(' ')}\n`));
}

export function readVectors(folder: string): Map<string, readonly number[]> {
  const vectors = new Map<string, readonly number[]>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.vectors')))
    for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
      const [id = '', ...vector] = line.split(' ');
      if (id !== '') keep(vectors, id, vector.map(Number));
    }
  return vectors;
}

/** Payments in the order of event time. @param random a number in [0, 1) at each call */
export function somePayments(n: number, random: () => number, startMs: number): Payment[] {
  const one = (of: string, kinds: number): string => `${of}${Math.floor(random() * kinds)}`;
  return Array.from({ length: n }, (_, i) => ({
    id: `p${i}`,
    kind: random() < 0.8 ? 'payment' : 'refund',
    card: one('c', 9),
    merchant: random() < 0.05 ? null : one('m', 5),
    device: one('d', 4),
    amount: Math.floor(random() * 1_000) / 4,
    at: startMs + i * 20_000,
  }));
}

/** The vector of each scored payment. */
export async function vectorsInOrder(payments: readonly Payment[]): Promise<Map<string, number[]>> {
  const topology = cardPayments([]);
  const driver = new TopologyDriver(topology);
  await driver.send(payments);
  return new Map(
    driver.predictions.map(({ key, features: values }) => [
      key,
      Object.values(values).map((value) => value ?? Number.NaN),
    ]),
  );
}
