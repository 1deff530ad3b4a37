/** Payments with views, derived features and services, and the store that their events leave. */
import { SqliteStateStores } from '../../../src/adapters/embedded/state-store.ts';
import { partitionOf } from '../../../src/core/murmur2.ts';
import {
  count,
  defineTopology,
  divide,
  double,
  features,
  hours,
  last,
  mean,
  minutes,
  numeric,
  score,
  sliding,
  source,
  string,
  timestamp,
  view,
  watermarks,
  type Topology,
} from '../../../src/index.ts';
import { TopologyDriver } from '../../../src/testing/index.ts';

export const NOW: number = Date.UTC(2026, 4, 1, 12);
export const PARTITIONS: number = 3;
const over = sliding(hours(1), minutes(5));
const payments = source('payments', {
  schema: { id: string, card: string, merchant: string, amount: double, at: timestamp },
  eventTime: 'at',
  partitions: PARTITIONS,
});
const stage = features({
  fields: { amount: numeric('amount') },
  views: {
    card: view(
      ['card'],
      { count_1h: count({ over }), mean_1h: mean('amount', { over }) },
      { maxAgeMs: hours(6) },
    ),
    pair: view(['card', 'merchant'], { last: last('amount', { over: sliding(hours(24)) }) }),
  },
  derived: { ratio: divide('pair.last', 'card.mean_1h'), jump: divide('amount', 'card.mean_1h') },
  services: {
    fraud_v1: ['amount', 'ratio', 'card.count_1h', 'jump'],
    counts: ['card.count_1h'],
  },
});
export const topology: Topology = defineTopology(payments, {
  stages: [
    watermarks({ allowedLatenessMs: minutes(10) }),
    stage,
    score({ key: 'id', fallback: 0.5, service: 'fraud_v1' }),
  ],
});

export interface Payment {
  readonly card: string;
  readonly merchant: string;
  readonly amount: number;
  readonly at: number;
}

/** Commits each event in the partition of its card, as the engine does. */
export async function storeOf(events: readonly Payment[]): Promise<SqliteStateStores> {
  const stores = new SqliteStateStores({ path: ':memory:' });
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const driver = new TopologyDriver(topology);
    const own = events.filter(({ card }) => partitionOf(Buffer.from(card), PARTITIONS) === partition);
    await driver.send(own.map((event, i) => ({ ...event, id: String(i) })));
    await driver.barrier();
    const store = stores.open(topology.name, { topic: 'payments', partition });
    await store.restore(1);
    const { watermarkMs, delta } = driver;
    await store.commit({ epoch: 1, offsetNext: own.length, watermarkMs, modelVersion: 'none' }, delta);
  }
  return stores;
}

export const pay = (card: string, merchant: string, amount: number, agoMs: number): Payment => ({
  card,
  merchant,
  amount,
  at: NOW - agoMs,
});
