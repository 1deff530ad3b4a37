// Two topologies that wait for each other and repartition into one topic: the topic merges their sources by event time,
// although one has a hundred times the events of the other, and starts earlier.
import * as fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import type { Adapters } from '../../../src/app/compose/adapters.ts';
import { startEngine, type EngineHost } from '../../../src/app/compose/engine-host.ts';
import {
  defineTopology,
  hours,
  minutes,
  repartition,
  watermarks,
  type AlignedTopology,
  type Topology,
} from '../../../src/index.ts';
import { Random } from '../../../src/stats/random.ts';
import { RecordingAudit } from '../../support/recording-audit.ts';
import { MemoryHistory } from '../../support/memory-history.ts';
import { FakeQuarantine } from '../../support/fake-quarantine.ts';
import { FakeTelemetry, MemoryStateStores, type Row } from '../../../src/testing/index.ts';
import { topicSpecs, topicsOf } from '../../../src/topology/topics.ts';
import { order, orderEvent, ordersCodec } from '../../support/orders.ts';

const EVERY_MS = hours(1);
const SPAN_MS = hours(10);
const PARTITIONS = 2;
const codec = ordersCodec();
const encoder = await codec.encoder<Row>('orders-value');

function feeder(name: string, others: readonly AlignedTopology[]): Topology {
  return defineTopology({
    name,
    source: { topic: name, eventTime: 'at', partitions: PARTITIONS, subject: 'orders-value' },
    stages: [
      watermarks('watermarks'),
      repartition('merge', { key: ['user'], partitions: 1, topic: 'merged' }),
    ],
    control: { everyMs: EVERY_MS, mode: 'aligned', with: others },
  });
}

const rare: AlignedTopology = { name: 'payments', source: { topic: 'payments', partitions: PARTITIONS } };
const often: AlignedTopology = { name: 'orders', source: { topic: 'orders', partitions: PARTITIONS } };

async function publish(log: EmbeddedLog, topology: Topology, count: number, random: Random): Promise<void> {
  const times = Array.from({ length: count }, () => Math.floor(random.nextDouble() * SPAN_MS));
  times.sort((a, b) => a - b);
  const records = times.map((at, i) => ({
    key: null,
    value: encoder.encode(orderEvent(order(`${topology.name}-${i}`, `u${i % 5}`, 1, at))),
    timestampMs: at,
    partition: random.nextInt(PARTITIONS),
  }));
  await log.publish(topicsOf(topology).source, records);
}

function start(log: EmbeddedLog, stores: MemoryStateStores, topology: Topology): Promise<EngineHost> {
  const quarantines = { of: () => new FakeQuarantine() };
  const nothing = { history: new MemoryHistory(), registry: null, scorers: null, trainer: null, quarantines };
  const artifacts = (): null => null;
  const adapters = {
    log,
    codec,
    schemas: codec.schemas,
    stores,
    telemetry: new FakeTelemetry(),
    artifacts,
    ...nothing,
  };
  // The engine calls no method here that these stubs lack.
  return startEngine(topology, adapters as unknown as Adapters, [], {
    control: 'process',
    dataFolder: '',
    audit: new RecordingAudit(),
  });
}

async function mergedTimes(log: EmbeddedLog): Promise<number[]> {
  const [range] = await log.offsets('merged');
  const times: number[] = [];
  for await (const { timestampMs } of log.read('merged', 0, 0, range?.high ?? 0)) times.push(...timestampMs);
  return times;
}

/** How far behind the newest before it an event is, at most. */
function disorderOf(times: readonly number[]): number {
  let newestMs = Number.NEGATIVE_INFINITY;
  let disorderMs = 0;
  for (const timeMs of times) {
    newestMs = Math.max(newestMs, timeMs);
    disorderMs = Math.max(disorderMs, newestMs - timeMs);
  }
  return disorderMs;
}

/** @param waits whether they name each other */
async function merge(seed: number, waits: boolean): Promise<number[]> {
  const random = new Random(seed);
  const log = new EmbeddedLog({ path: null });
  const stores = new MemoryStateStores();
  const topologies = [feeder('orders', waits ? [rare] : []), feeder('payments', waits ? [often] : [])];
  const counts = [1_000, 10];
  for (const [i, topology] of topologies.entries()) {
    await log.ensureTopics(topicSpecs(topology));
    await publish(log, topology, counts[i] as number, random);
  }
  const hosts: EngineHost[] = [];
  for (const topology of random.nextInt(2) === 0 ? topologies : topologies.toReversed()) {
    const host = await start(log, stores, topology);
    hosts.push(host);
    host.control.sourceEnded = true;
    await sleep(random.nextInt(30));
  }
  while ((await mergedTimes(log)).length < 1_010) await sleep(5);
  for (const host of hosts) await host.stop();
  const times = await mergedTimes(log);
  await log.close();
  return times;
}

t.test('topologies that name each other', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.nat(1_000_000), async (seed) => {
      const times = await merge(seed, true);
      t.equal(times.length, 1_010);
      const disorderMs = disorderOf(times);
      t.ok(disorderMs < EVERY_MS, `${disorderMs / minutes(1)} minutes, seed ${seed}`);
      if (!t.passing()) throw new Error('see above');
    }),
    { numRuns: 10, seed: 1, endOnFailure: true },
  );
});

t.test('without the option one topology runs ahead of the other', async (t) => {
  t.ok(disorderOf(await merge(1, false)) > 2 * EVERY_MS);
});

t.test('a topology that cannot be waited for is refused', async (t) => {
  const { source, stages } = feeder('orders', []);
  const define = (mode: 'live' | 'aligned', other: AlignedTopology) => (): Topology =>
    defineTopology({ name: 'orders', source, stages, control: { everyMs: EVERY_MS, mode, with: [other] } });
  t.throws(define('live', rare), { code: 'TOPOLOGY_INVALID', message: /not aligned/ });
  t.throws(define('aligned', often), { code: 'TOPOLOGY_INVALID', message: /waits for itself/ });
  t.doesNotThrow(define('aligned', rare));
});
