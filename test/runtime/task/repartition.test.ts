// Each event is repartitioned once, in the order of its source partition, whatever happens to the process.
import fc from 'fast-check';
import t from 'tap';
import type { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { partitionOf } from '../../../src/core/murmur2.ts';
import {
  defineTopology,
  hours,
  repartition,
  type ControlOptions,
  type RepartitionOptions,
  type Stage,
  type Topology,
} from '../../../src/index.ts';
import type { LogRecord } from '../../../src/ports/event-log.ts';
import { Random } from '../../../src/stats/random.ts';
import { MemoryStateStores } from '../../../src/testing/index.ts';
import { topicsOf } from '../../../src/topology/topics.ts';
import { codec, PARTITIONS, stream } from '../../support/orders-stream.ts';
import { ordersTopology } from '../../support/orders.ts';
import { jumpingClock, runTopology, type Life } from '../../support/run-topology.ts';

t.setTimeout(120_000);

const TARGETS = 3;

function repartitioning(isAlone: boolean, by: RepartitionOptions, control: ControlOptions): Topology {
  const whole = ordersTopology({ partitions: PARTITIONS, control });
  const at = whole.stages.findIndex(({ kind }) => kind === 'features');
  const stages: Stage[] = [...whole.stages.slice(0, at), repartition('again', by)];
  return defineTopology({
    name: whole.name,
    source: whole.source,
    control,
    stages: isAlone ? stages : [...stages, ...whole.stages.slice(at)],
  });
}

interface Found {
  readonly key: string;
  readonly partition: number;
  readonly timestampMs: number;
  readonly bytes: string;
}

async function recordsOf(log: EmbeddedLog, topic: string): Promise<Found[]> {
  const found: Found[] = [];
  for (const [partition, { low, high }] of (await log.offsets(topic)).entries()) {
    for await (const raw of log.read(topic, partition, low, high)) {
      for (let i = 0; i < raw.count; i++) {
        found.push({
          key: raw.keys.at(i)?.toString() ?? '',
          partition,
          timestampMs: raw.timestampMs[i] as number,
          bytes: raw.values.at(i)?.toString('hex') ?? '',
        });
      }
    }
  }
  return found;
}

/** Where each event first stands, of copies. */
function firstPlaces(records: readonly LogRecord[]): Map<string, number> {
  const places = new Map<string, number>();
  for (const [at, { value }] of records.entries()) {
    const bytes = value?.toString('hex') ?? '';
    if (!places.has(bytes)) places.set(bytes, at);
  }
  return places;
}

interface Outcome {
  /** What went from a source partition to a partition, in its order there. */
  readonly moved: Readonly<Record<string, readonly Found[]>>;
  readonly deadLetters: readonly string[];
  readonly deaths: number;
}

interface Given {
  readonly seed: number;
  readonly records: readonly LogRecord[];
  readonly lives: readonly Life[];
}

async function outcomeOf(topology: Topology, given: Given): Promise<Outcome> {
  const random = new Random(given.seed);
  const settle = jumpingClock(() => random.nextDouble());
  const moved: Record<string, Found[]> = {};
  const topics = topicsOf(topology);
  try {
    const left = await runTopology({
      topology,
      codec,
      stores: new MemoryStateStores(),
      ...given,
      inspect: async (log) => {
        const sources = await recordsOf(log, topics.source);
        // An event and the copies that are dropped are in one source partition.
        const from = new Map(sources.map(({ bytes, partition }) => [bytes, partition]));
        for (const found of await recordsOf(log, topics.repartitioned ?? '')) {
          (moved[`${from.get(found.bytes)} to ${found.partition}`] ??= []).push(found);
        }
      },
    });
    const deadLetters = left.deadLetters.map(
      ({ partition, offset, code }) => `${partition}-${offset} ${code}`,
    );
    return { moved, deadLetters, deaths: left.deaths };
  } finally {
    settle();
  }
}

const lifeArbitrary = fc.record({
  instant: fc.constantFrom('batch', 'log', 'state', 'reply'),
  nth: fc.nat(12),
} as const);

for (const mode of ['live', 'aligned'] as const) {
  for (const isAlone of [true, false]) {
    t.test(
      `${mode}, ${isAlone ? 'alone' : 'beside scores'}: killed at any instant, each once and in order`,
      async (t) => {
        const control = { everyMs: hours(1), mode };
        let deaths = 0;
        await fc.assert(
          fc.asyncProperty(
            fc.nat(1_000_000),
            fc.array(lifeArbitrary, { minLength: 1, maxLength: 4 }),
            fc.constantFrom<RepartitionOptions>(
              { key: ['user'], partitions: TARGETS, order: 'arrival' },
              { key: ['user', 'type'], partitions: TARGETS, withoutKey: 'pass', waitMs: 10 },
              { key: ['id'], partitions: TARGETS, topic: 'orders-by-id', order: 'arrival' },
            ),
            async (seed, lives, by) => {
              const topology = repartitioning(isAlone, by, control);
              const records = stream(seed, 300);
              const calm = await outcomeOf(topology, { records, seed, lives: [] });
              const killed = await outcomeOf(topology, { records, seed: seed + 1, lives });
              deaths += killed.deaths;
              t.strictSame({ ...killed, deaths: 0 }, calm, `seed ${seed}`);
              const all = Object.values(killed.moved).flat();
              t.ok(all.length > 50, 'there is something to lose');
              t.equal(new Set(all.map(({ bytes }) => bytes)).size, all.length, 'each event once');
              t.ok(all.every(({ key, partition }) => partition === partitionOf(Buffer.from(key), TARGETS)));
              const places = firstPlaces(records);
              for (const found of Object.values(killed.moved)) {
                const there = found.map(({ bytes }) => places.get(bytes) ?? -1);
                t.strictSame(
                  there,
                  there.toSorted((a, b) => a - b),
                  'in the order of the source partition',
                );
              }
              if (!t.passing()) throw new Error('see above');
            },
          ),
          { numRuns: 12, seed: 4, endOnFailure: true },
        );
        t.ok(deaths > 5, `${deaths} deaths`);
      },
    );
  }
}
