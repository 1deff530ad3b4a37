// Two topologies in a chain: a user's events are in several partitions of the source, and the second topology has the
// features of all of them, although both are killed at any instant.
import fc from 'fast-check';
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import {
  count,
  defineTopology,
  describeMermaid,
  describeText,
  features,
  hours,
  minutes,
  repartition,
  repartitionedSource,
  score,
  sliding,
  sum,
  view,
  watermarks,
  type Topology,
} from '../../../src/index.ts';
import type { LogRecord } from '../../../src/ports/event-log.ts';
import { Random } from '../../../src/stats/random.ts';
import { MemoryStateStores, type Row } from '../../../src/testing/index.ts';
import { groupOf, topicSpecs, topicsOf } from '../../../src/topology/topics.ts';
import { order, orderEvent, ordersCodec, ordersTopology } from '../../support/orders.ts';
import { jumpingClock, runTopology, type Left, type Life } from '../../support/run-topology.ts';

t.setTimeout(120_000);

const PARTITIONS = 3;
const USERS = ['ann', 'bob', 'cid', 'dan', 'eve', 'fay'];
const NOW_MS = hours(5);
const WINDOW_MS = hours(2);
const PANE_MS = minutes(10);
const LIVES_MAX = 3;

const codec = ordersCodec();
const encoder = await codec.encoder<Row>('orders-value');

const upstream: Topology = defineTopology({
  name: 'orders',
  source: { topic: 'orders', eventTime: 'at', partitions: PARTITIONS },
  stages: [watermarks('watermarks'), repartition('by-user', { key: ['user'], partitions: 2, waitMs: 20 })],
  control: { everyMs: hours(1), mode: 'aligned' },
});

const over = sliding(WINDOW_MS, PANE_MS);
const where = { type: 'payment' };
const downstream: Topology = defineTopology({
  name: 'users',
  source: repartitionedSource(upstream),
  stages: [
    watermarks('watermarks', { allowedLatenessMs: 0 }),
    features('features', {
      when: { type: 'order' },
      views: { user: view(['user'], { n: count({ over, where }), sum: sum('amount', { over, where }) }) },
    }),
    score('score', { key: 'user', fallback: 0 }),
  ],
});

interface Payment {
  readonly user: string;
  readonly amount: number;
  readonly at: number;
  readonly partition: number;
}

/** In the order of time, each in a partition that says nothing of its user. */
function paymentsOf(seed: number): Payment[] {
  const random = new Random(seed);
  return Array.from({ length: 300 }, (_, i) => ({
    user: USERS[random.nextInt(USERS.length)] as string,
    amount: 1 + random.nextInt(100),
    at: minutes(i),
    partition: random.nextInt(PARTITIONS),
  }));
}

function recordOf(row: Row, at: number, partition: number): LogRecord {
  return { key: null, value: encoder.encode(orderEvent(row)), timestampMs: at, partition };
}

/** Of each user, from the payments alone: how many and how much, in the window up to NOW_MS. */
function oracle(payments: readonly Payment[]): Map<string, readonly number[]> {
  const fromMs = Math.floor(NOW_MS / PANE_MS) * PANE_MS + PANE_MS - WINDOW_MS;
  const within = payments.filter(({ at }) => at >= fromMs && at <= NOW_MS);
  return new Map(
    USERS.map((user) => {
      const own = within.filter((payment) => payment.user === user);
      return [user, [own.length, own.reduce((total, { amount }) => total + amount, 0)]];
    }),
  );
}

interface Outcome {
  readonly found: Map<string, readonly number[]>;
  readonly lefts: readonly Left[];
  /** How far behind the newest event before it an event is in the topic between, at most, ms. */
  readonly disorderMs: number;
}

async function disorderOf(log: EmbeddedLog): Promise<number> {
  let disorderMs = 0;
  const { topic } = downstream.source;
  for (const [partition, { low, high }] of (await log.offsets(topic)).entries()) {
    let newestMs = Number.NEGATIVE_INFINITY;
    for await (const { timestampMs } of log.read(topic, partition, low, high)) {
      for (const timeMs of timestampMs) {
        newestMs = Math.max(newestMs, timeMs);
        disorderMs = Math.max(disorderMs, newestMs - timeMs);
      }
    }
  }
  return disorderMs;
}

/** Feeds the payments through both topologies, then asks for each user by an order. */
async function featuresOf(
  payments: readonly Payment[],
  seed: number,
  lives: readonly Life[],
): Promise<Outcome> {
  const log = new EmbeddedLog({ path: null });
  const stores = new MemoryStateStores();
  const found = new Map<string, readonly number[]>();
  const lefts: Left[] = [];
  const pass = async (records: readonly LogRecord[]): Promise<void> => {
    lefts.push(await runTopology({ topology: upstream, codec, stores, log, records, seed, lives }));
    const left = await runTopology({
      topology: downstream,
      codec,
      stores,
      log,
      records: [],
      seed: seed + 1,
      lives,
      onPredictions: ({ keys, features: values, width }) => {
        for (const [i, key] of keys.entries())
          found.set(key, Array.from(values.subarray(i * width, (i + 1) * width)));
      },
    });
    lefts.push(left);
  };
  const random = new Random(seed);
  const settle = jumpingClock(() => random.nextDouble());
  try {
    await pass(
      payments.map(({ partition, at, ...of }) => recordOf({ type: 'payment', at, ...of }, at, partition)),
    );
    await pass(
      USERS.map((user, i) => recordOf(order(`order-${user}`, user, 1, NOW_MS), NOW_MS, i % PARTITIONS)),
    );
    return { found, lefts, disorderMs: await disorderOf(log) };
  } finally {
    settle();
    await log.close();
  }
}

t.test('features in the second topology cover all events of a key', async (t) => {
  const lifeArbitrary = fc.record({
    instant: fc.constantFrom('batch', 'log', 'state', 'reply'),
    nth: fc.nat(8),
  } as const);
  let deaths = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.nat(1_000_000),
      fc.array(lifeArbitrary, { maxLength: LIVES_MAX }),
      async (seed, lives) => {
        const payments = paymentsOf(seed);
        const { found, lefts, disorderMs } = await featuresOf(payments, seed, lives);
        const wanted = oracle(payments);
        t.strictSame(found, wanted, `seed ${seed}`);
        for (const partition of [0, 1, 2]) {
          const own = oracle(payments.filter((payment) => payment.partition === partition));
          t.notSame(own, wanted, 'no partition of the source has them');
        }
        for (const { late, deadLetters, deaths: died } of lefts) {
          t.same([late, deadLetters], [[], []]);
          deaths += died;
        }
        t.equal(disorderMs, 0, 'in the order of time, as they came');
        t.equal(lefts.at(-1)?.predictions.length, USERS.length, 'each order is predicted once');
        if (!t.passing()) throw new Error('see above');
      },
    ),
    { numRuns: 10, seed: 1, endOnFailure: true },
  );
  t.ok(deaths > 10, `${deaths} deaths`);
});

t.test('both topologies know the topic between them', async (t) => {
  t.match(downstream.source, {
    topic: 'orders.repartitioned',
    eventTime: 'at',
    partitions: 2,
    subject: 'orders-value',
  });
  t.equal(groupOf(downstream.name), 'millrace.users');
  const spec = { topic: 'orders.repartitioned', partitions: 2, retentionMs: -1, compacted: false };
  for (const topology of [upstream, downstream])
    t.match(
      topicSpecs(topology).filter(({ topic }) => topic === spec.topic),
      [spec],
    );
  t.equal(topicsOf(ordersTopology()).repartitioned, undefined);
  t.match(describeText(upstream), /repartition by-user: by user over 2 partitions\n/);
  t.match(describeText(upstream), /sink +orders\.repartitioned\n/);
  t.match(describeMermaid(upstream), 'by-user --> repartitioned[/orders.repartitioned/]');
  t.throws(() => repartitionedSource(downstream), {
    code: 'TOPOLOGY_INVALID',
    message: /no repartition stage/,
  });
});

t.test('a third topology reads with the schema of the first', async (t) => {
  const between = defineTopology({
    name: 'between',
    source: repartitionedSource(upstream),
    stages: [watermarks('watermarks'), repartition('again', { key: ['id'], partitions: 4, topic: 'by-id' })],
  });
  t.match(repartitionedSource(between), { topic: 'by-id', subject: 'orders-value', partitions: 4 });
});
