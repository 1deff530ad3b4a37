// An erasure while engines run, restart and lose their state: nothing of the entity is left or comes back, and what is
// computed of all others is what it would have been.
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import {
  atLeast,
  binary,
  contract,
  count,
  dedupe,
  defineTopology,
  features,
  hours,
  KeyValueState,
  labels,
  mean,
  minutes,
  numeric,
  range,
  score,
  sliding,
  stringColumn,
  syncOperator,
  view,
  watermarks,
  type ColumnType,
  type Stage,
  type Topology,
} from '../../../src/index.ts';
import type { LogRecord } from '../../../src/ports/event-log.ts';
import { entityDigest } from '../../../src/runtime/erasure/erased-rows.ts';
import {
  encodeErasure,
  erasureKey,
  type ErasureRequest,
} from '../../../src/runtime/erasure/erasure-record.ts';
import { readTopic } from '../../../src/resilience/followed-topic.ts';
import { Erasures } from '../../../src/runtime/erasure/erasures.ts';
import type { PredictionRecord } from '../../../src/runtime/records.ts';
import { Random } from '../../../src/stats/random.ts';
import { MemoryStateStores, type Row } from '../../../src/testing/index.ts';
import { testHash } from '../../../src/testing/test-keys.ts';
import { erasuresTopic, topicSpecs } from '../../../src/topology/topics.ts';
import { FakeQuarantine } from '../../support/fake-quarantine.ts';
import { order, orderEvent, payment } from '../../support/orders.ts';
import { codec, PARTITIONS, stateOf } from '../../support/orders-stream.ts';
import { jumpingClock, runTopology, type Life } from '../../support/run-topology.ts';

/** Counts the events of a user, as a project's stage would. */
const counted: Stage<'user: string', { readonly before: ColumnType<'double?'> }> = {
  id: 'counted',
  kind: 'counted',
  summary: 'events of the user before',
  reads: [stringColumn('user')],
  adds: { before: { type: 'double?' } },
  memoryMs: hours(6),
  open(context) {
    const seen = new KeyValueState<number>({ key: ['user'], ttlMs: hours(6) }, context);
    const operator = syncOperator({
      batch(batch) {
        seen.bind(batch);
        const values = new Float64Array(batch.size);
        for (const row of batch.rows) {
          const before = seen.get(row) ?? 0;
          values[row] = before;
          seen.set(row, before + 1);
        }
        return { ...batch, columns: { ...batch.columns, before: { kind: 'number', values } } };
      },
    });
    return { operator, keyedState: seen };
  },
};

const topology: Topology = defineTopology({
  name: 'orders',
  source: {
    topic: 'orders',
    eventTime: 'at',
    partitions: PARTITIONS,
    archive: true,
    sensitive: { user: 'hash' },
    entity: 'user',
  },
  stages: [
    contract([range('amount', 0, 1_000)]),
    dedupe('dedupe', { by: ['event'], withinMs: hours(1) }),
    watermarks('watermarks', { allowedLatenessMs: minutes(5) }),
    counted,
    features({
      when: { type: 'order' },
      fields: { amount: numeric('amount'), before: numeric('before') },
      views: {
        user: view(['user'], { n: count({ over: sliding(hours(6)), where: { type: 'order' } }) }),
        // Of all users.
        type: view(['type'], { mean: mean('amount', { over: sliding(hours(6)) }) }),
      },
    }),
    score({ key: 'id' }),
    labels({
      key: 'id',
      when: { type: 'payment' },
      task: binary({ column: 'paid', positive: atLeast(1) }),
      timeoutMs: hours(4),
    }),
  ],
});

const encoder = await codec.encoder<Row>('orders-value');
const USERS = ['ann', 'bob', 'cid'];
const ANN = testHash('ann');

/** Orders and their payments, of a user each, with duplicates, late events and broken rules. */
function stream(seed: number, begin: number, end: number): LogRecord[] {
  const random = new Random(seed + begin);
  const records: LogRecord[] = [];
  for (let i = begin; i < end; i++) {
    const partition = i % PARTITIONS;
    const user = USERS[random.nextInt(USERS.length)] as string;
    const at = hours(100) + i * minutes(2) - (random.nextInt(10) === 0 ? minutes(9) : 0);
    const id = `${user}-${i}`;
    const rows: Row[] = [order(id, user, random.nextInt(1_050), at)];
    if (random.nextInt(3) > 0) rows.push({ ...payment(id, random.nextInt(2), at), event: `p-${id}`, user });
    if (random.nextInt(5) === 0) rows.push(rows[0] as Row);
    // Some labels come before what they are the label of.
    if (random.nextInt(6) === 0) rows.reverse();
    for (const row of rows)
      records.push({ key: null, value: encoder.encode(orderEvent(row)), timestampMs: at, partition });
  }
  return records;
}

async function request(log: EmbeddedLog, sequence: number, entity: string = ANN): Promise<ErasureRequest> {
  const ends = (await log.ends('orders')).map(({ end }) => end);
  const topicId = await log.topicId();
  const digest = entityDigest('orders', entity);
  const made = { kind: 'request', digest, entity, topicId, ends, sequence, requestedAtMs: 1 } as const;
  const record = { key: Buffer.from(erasureKey(made)), value: encodeErasure(made), timestampMs: 1 };
  await log.publish(erasuresTopic('orders'), [record]);
  return made;
}

interface Second {
  readonly erases: boolean;
  readonly lives: readonly Life[];
  /** Whether the store is lost before the second half. */
  readonly loses: boolean;
}

interface Result {
  readonly predictions: readonly PredictionRecord[];
  readonly state: ReturnType<typeof stateOf>;
  readonly labels: readonly string[];
}

/** Half of the stream, the erasure, and the other half. */
async function run(seed: number, { erases, lives, loses }: Second): Promise<Result> {
  const random = new Random(seed);
  const settle = jumpingClock(() => random.nextDouble());
  const log = new EmbeddedLog({ path: null });
  let stores = new MemoryStateStores();
  const common = { topology, codec, log, seed };
  const store = {
    get stores(): MemoryStateStores {
      return stores;
    },
  };
  try {
    await runTopology({ ...common, ...store, records: stream(seed, 0, 150), lives: [], stores });
    if (erases) await request(log, 7);
    if (loses) stores = new MemoryStateStores();
    const left = await runTopology({
      ...common,
      records: stream(seed, 150, 300),
      lives,
      stores,
    });
    return { ...left, state: stateOf(stores, topology) };
  } finally {
    settle();
    await log.close();
  }
}

const ofAnn = ({ key }: PredictionRecord): boolean => key.startsWith('ann-');

for (const seed of [1, 2, 3])
  t.test(`what is computed of others is bit-identical, seed ${seed}`, async (t) => {
    const calm = { lives: [], loses: false };
    const undisturbed = await run(seed, { erases: false, ...calm });
    const erased = await run(seed, { erases: true, ...calm });
    const others = (one: Result): readonly PredictionRecord[] => one.predictions.filter((p) => !ofAnn(p));
    t.ok(others(undisturbed).length > 100);
    t.strictSame(others(erased), others(undisturbed));
    t.notSame(erased.predictions.filter(ofAnn), undisturbed.predictions.filter(ofAnn));

    for (const again of [
      { lives: [], loses: true },
      { lives: [{ instant: 'batch', nth: 6 } as const, { instant: 'state', nth: 3 } as const], loses: false },
    ]) {
      const restarted = await run(seed, { erases: true, ...again });
      t.strictSame(restarted.predictions, erased.predictions, JSON.stringify(again));
      t.strictSame(restarted.state, erased.state, JSON.stringify(again));
    }
  });

t.test('nothing of the entity is in the state, of an engine that runs, and after a lost store', async (t) => {
  const settle = jumpingClock(() => 0);
  t.teardown(settle);
  const log = new EmbeddedLog({ path: null });
  t.teardown(() => log.close());
  await log.ensureTopics(topicSpecs(topology));
  let stores = new MemoryStateStores();
  const text = (): string =>
    stateOf(stores, topology)
      .flat()
      .map(([key, hex]) => `${key} ${Buffer.from(hex, 'hex').toString('latin1')}`)
      .join('\n');
  const records = stream(9, 0, 200);
  await runTopology({ topology, codec, log, stores, records, seed: 1, lives: [] });
  t.match(text(), ANN);
  t.match(text(), /ann-1\d\d/);

  // The erasure is requested while the engine runs; a command of the same time has a later sequence, and was faster.
  await request(log, 8, 'cat');
  let requested: Promise<ErasureRequest> | null = null;
  await runTopology({
    topology,
    codec,
    log,
    stores,
    records: stream(9, 200, 260).filter(({ value }) => value?.includes('ann') !== true),
    seed: 2,
    lives: [],
    onPredictions: () => {
      requested ??= request(log, 7);
    },
  });
  const erasure = await (requested as unknown as Promise<ErasureRequest>); // TypeScript does not see the callback
  const erasures = new Erasures();
  const quarantine = new FakeQuarantine();
  await readTopic(log, erasuresTopic('orders'), (raw) => erasures.take(raw, quarantine));
  for (let partition = 0; partition < PARTITIONS; partition++)
    t.ok((erasures.applied(partition, erasure)?.below ?? 0) > 100, 'the engine has applied it');
  t.notMatch(text(), ANN);
  for (const at of ['with its state', 'after its state was lost']) {
    await runTopology({ topology, codec, log, stores, records: [], seed: 3, lives: [] });
    t.notMatch(text(), ANN, at);
    t.notMatch(text(), /ann-/, at);
    t.match(text(), /bob-/, at);
    stores = new MemoryStateStores();
  }
});
