// The order of a merged topic is that of its sources alone: two topologies that fill it die at any instant, and each of its
// partitions has what an oracle sorts.
import fc from 'fast-check';
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { partitionOf } from '../../../src/core/murmur2.ts';
import {
  defineTopology,
  hours,
  minutes,
  repartition,
  watermarks,
  type Topology,
} from '../../../src/index.ts';
import type { LogRecord } from '../../../src/ports/event-log.ts';
import { Random } from '../../../src/stats/random.ts';
import { MemoryStateStores, type Row } from '../../../src/testing/index.ts';
import { GroupWriter } from '../../../src/runtime/merge/row-group.ts';
import { topicSpecs, topicsOf } from '../../../src/topology/topics.ts';
import { order, orderEvent, ordersCodec } from '../../support/orders.ts';
import { jumpingClock, runTopology, type Life } from '../../support/run-topology.ts';

t.setTimeout(60_000);

const PARTITIONS = 4;
const TARGETS = 2;
const LATENESS_MS = minutes(30);
const codec = ordersCodec();
const encoder = await codec.encoder<Row>('orders-value');

const topology: Topology = defineTopology({
  name: 'orders',
  source: { topic: 'orders', eventTime: 'at', partitions: PARTITIONS },
  stages: [
    watermarks('watermarks', { allowedLatenessMs: LATENESS_MS }),
    repartition('by-user', { key: ['user'], partitions: TARGETS, waitMs: 5 }),
  ],
  control: { everyMs: hours(1), mode: 'live' },
});

interface Event {
  readonly id: string;
  readonly user: string;
  readonly at: number;
  readonly partition: number;
}

/** Out of order by less than what counts as late, and with instants that several have. */
function eventsOf(seed: number): Event[] {
  const random = new Random(seed);
  return Array.from({ length: 200 }, (_, i) => ({
    id: `order-${i}`,
    user: `user-${random.nextInt(5)}`,
    at: hours(100) + minutes(Math.floor(i / 3)) - minutes(random.nextInt(4) === 0 ? random.nextInt(25) : 0),
    // One partition has a few events, and the last one none.
    partition: random.nextInt(12) === 0 ? 2 : random.nextInt(2),
  }));
}

/** The ids in each partition of the merged topic. */
function oracle(events: readonly Event[]): string[][] {
  const watermarkMs = new Map<number, number>();
  const keyed = events.map((event) => {
    const atMs = Math.max(event.at, watermarkMs.get(event.partition) ?? 0);
    watermarkMs.set(event.partition, atMs);
    return { ...event, atMs };
  });
  // A sort is stable: those of a partition stay in their order.
  const sorted = keyed.toSorted((a, b) => a.atMs - b.atMs || a.partition - b.partition);
  return Array.from({ length: TARGETS }, (_, target) =>
    sorted.filter(({ user }) => partitionOf(Buffer.from(user), TARGETS) === target).map(({ id }) => id),
  );
}

async function mergedOf(
  events: readonly Event[],
  seed: number,
  lives: readonly Life[],
): Promise<{ merged: string[][]; deaths: number }> {
  const random = new Random(seed);
  const settle = jumpingClock(() => random.nextDouble());
  const log = new EmbeddedLog({ path: null });
  const records = events.map(({ id, user, at, partition }): LogRecord => {
    return {
      key: null,
      value: encoder.encode(orderEvent(order(id, user, 1, at))),
      timestampMs: at,
      partition,
    };
  });
  const ids = new Map(records.map(({ value }, i) => [value?.toString('hex'), events[i]?.id ?? '']));
  try {
    await log.ensureTopics(topicSpecs(topology));
    // What a stranger writes there is left out: junk, and a source that the topology has not.
    const { beforeMerge = '' } = topicsOf(topology);
    const foreign = new GroupWriter({ topic: 'others', partition: 0 }, 0, 0);
    for (const value of [Buffer.from('junk'), foreign.finish({ offsetNext: 1, watermarkMs: 0 })])
      await log.publish(beforeMerge, [{ key: null, value, timestampMs: 0, partition: 0 }]);
    const { deaths } = await runTopology({
      topology,
      codec,
      stores: new MemoryStateStores(),
      log,
      records,
      seed,
      lives,
    });
    const topic = topicsOf(topology).repartitioned ?? '';
    const merged = await Promise.all(
      (await log.offsets(topic)).map(async ({ high }, partition) => {
        const found: string[] = [];
        for await (const { values } of log.read(topic, partition, 0, high))
          for (const value of values) found.push(ids.get(value?.toString('hex')) ?? '');
        return found;
      }),
    );
    return { merged, deaths };
  } finally {
    settle();
    await log.close();
  }
}

t.test('killed at any instant, the order is that of the watermarks of the source', async (t) => {
  const lifeArbitrary = fc.record({
    instant: fc.constantFrom('batch', 'log', 'log', 'state', 'reply'),
    nth: fc.nat(40),
  } as const);
  let deaths = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(1_000_000), fc.array(lifeArbitrary, { maxLength: 5 }), async (seed, lives) => {
      const events = eventsOf(seed);
      const found = await mergedOf(events, seed, lives);
      deaths += found.deaths;
      t.strictSame(found.merged, oracle(events), `seed ${seed}`);
      if (!t.passing()) throw new Error('see above');
    }),
    { numRuns: 8, seed: 2, endOnFailure: true },
  );
  t.ok(deaths > 5, `${deaths} deaths`);
});
