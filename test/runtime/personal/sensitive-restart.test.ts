// Sealed records through kills, lost state stores and topics that were cut: they open to the same bytes, until the key of
// their entity is destroyed.
import fc from 'fast-check';
import t from 'tap';
import {
  contract,
  count,
  dedupe,
  defineTopology,
  features,
  hours,
  minutes,
  numeric,
  range,
  required,
  score,
  sliding,
  view,
  watermarks,
  type Topology,
} from '../../../src/index.ts';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { RecordOpener, type RecordBytes } from '../../../src/runtime/personal/record-seal.ts';
import { TopologyKeys } from '../../../src/runtime/personal/topology-keys.ts';
import { Random } from '../../../src/stats/random.ts';
import { MemoryStateStores } from '../../../src/testing/index.ts';
import { testPersonalKeys } from '../../../src/testing/test-keys.ts';
import { destroyKeys } from '../../support/destroy-keys.ts';
import { codec, PARTITIONS, stateOf, stream } from '../../support/orders-stream.ts';
import { jumpingClock, runTopology, type Left, type Life } from '../../support/run-topology.ts';

const { hash, wrapper } = testPersonalKeys();

const topology: Topology = defineTopology({
  name: 'orders',
  source: {
    topic: 'orders',
    eventTime: 'at',
    partitions: PARTITIONS,
    archive: true,
    sensitive: { user: 'hash', paid: 'drop' },
    entity: 'user',
  },
  stages: [
    contract([required('user', { where: { type: 'order' } }), range('amount', 0, 1_000)]),
    dedupe('dedupe', { by: ['event'], withinMs: hours(1) }),
    watermarks('watermarks', { allowedLatenessMs: minutes(5) }),
    features({
      when: { type: 'order' },
      fields: { amount: numeric('amount') },
      views: { user: view(['user'], { n: count({ over: sliding(hours(1)), where: { type: 'order' } }) }) },
    }),
    score({ key: 'id' }),
  ],
});

interface Set {
  readonly left: Left;
  readonly opened: ReadonlyArray<RecordBytes>;
}

const nothing: RecordBytes = { key: null, value: null };

function openedOf(opener: RecordOpener, { key, value }: RecordBytes): RecordBytes {
  return { key: opener.part(key, 'key'), value: opener.part(value, 'value') };
}

async function keysOf(log: EmbeddedLog): Promise<TopologyKeys> {
  return TopologyKeys.open(log, codec, topology.name, wrapper, {
    add({ detail }): void {
      throw new Error(detail);
    },
  });
}

interface Given {
  readonly seed: number;
  readonly lives: readonly Life[];
  readonly loses: (nth: number) => boolean;
}

async function run({ seed, lives, loses }: Given): Promise<Set & { state: unknown }> {
  const random = new Random(seed);
  const settle = jumpingClock(() => random.nextDouble());
  let stores = new MemoryStateStores();
  let opened: RecordBytes[] = [];
  try {
    const left = await runTopology({
      topology,
      codec,
      records: stream(seed, 250),
      seed: seed + 1,
      lives,
      get stores() {
        return stores;
      },
      between(nth): void {
        if (nth < lives.length && loses(nth)) stores = new MemoryStateStores();
      },
      truncate: (committed, low) => (lives.length === 0 ? low : low + random.nextInt(committed - low + 1)),
      async inspect(log, { deadLetters, late }): Promise<void> {
        const opener = new RecordOpener(topology.name, 'orders', await keysOf(log));
        opened = [...deadLetters, ...late].map((record) => openedOf(opener, record));
        for (const { value } of [...deadLetters, ...late])
          if (value?.includes('ann') === true) throw new Error('a plain value');
      },
    });
    return { left, opened, state: stateOf(stores, topology) };
  } finally {
    settle();
  }
}

const lifeArbitrary = fc.record({
  instant: fc.constantFrom('batch', 'log', 'state', 'reply'),
  nth: fc.nat(12),
} as const);

t.test(
  'killed at any instant, with a store and a topic that lose, the opened records are the same',
  async (t) => {
    t.setTimeout(120_000);
    let deaths = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1_000_000),
        fc.array(lifeArbitrary, { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.boolean()),
        async (seed, lives, losses) => {
          const lost = lives.map(() => losses.next().value);
          const calm = await run({ seed, lives: [], loses: () => false });
          const killed = await run({ seed, lives, loses: (nth) => lost[nth] ?? false });
          deaths += killed.left.deaths;
          t.ok(calm.opened.length > 10, 'there is something to open');
          t.strictSame(killed.opened, calm.opened, `opened, seed ${seed}`);
          t.strictSame(killed.left.predictions, calm.left.predictions, `predictions, seed ${seed}`);
          t.strictSame(killed.state, calm.state, `state, seed ${seed}`);
          if (!t.passing()) throw new Error('see above');
        },
      ),
      { numRuns: 10, seed: 3, endOnFailure: true },
    );
    t.ok(deaths > 5, `${deaths} deaths`);
  },
);

t.test('destroying the keys of an entity makes its records unreadable, and those of no other', async (t) => {
  const erased = hash?.of('ann') ?? '';
  const settle = jumpingClock(() => 0);
  const before = new Map<string, RecordBytes>();
  let checked = false;
  await runTopology({
    topology,
    codec,
    stores: new MemoryStateStores(),
    records: stream(5, 250),
    seed: 1,
    lives: [],
    async inspect(log, { deadLetters, late }): Promise<void> {
      const sealed = [...deadLetters, ...late];
      const opener = new RecordOpener(topology.name, 'orders', await keysOf(log));
      for (const one of sealed) before.set(`${one.partition}-${one.offset}`, openedOf(opener, one));
      t.equal(await destroyKeys(log, topology.name, erased), PARTITIONS, 'a key in each partition');
      t.equal(await destroyKeys(log, topology.name, erased), 0);
      const after = new RecordOpener(topology.name, 'orders', await keysOf(log));
      let gone = 0;
      for (const one of sealed) {
        const plain = before.get(`${one.partition}-${one.offset}`) ?? nothing;
        const now = openedOf(after, one);
        const isOfErased = plain.value?.includes('ann') === true;
        if (isOfErased) gone += 1;
        t.strictSame(now, isOfErased ? nothing : plain);
      }
      t.ok(gone > 3 && gone < sealed.length, `${gone} of ${sealed.length} are gone`);
      checked = true;
    },
  });
  settle();
  t.ok(checked);
});

t.test(
  'a state that is rebuilt from the archive does without the events whose key is destroyed',
  async (t) => {
    const settle = jumpingClock(() => 0);
    const log = new EmbeddedLog({ path: null });
    let stores = new MemoryStateStores();
    const erased = hash?.of('ann') ?? '';
    const left = await runTopology({
      topology,
      codec,
      log,
      records: stream(6, 250),
      seed: 2,
      lives: [{ instant: 'batch', nth: 40 }],
      get stores() {
        return stores;
      },
      async between(nth): Promise<void> {
        if (nth > 0) return;
        stores = new MemoryStateStores();
        t.ok((await destroyKeys(log, topology.name, erased)) > 0);
      },
      truncate: (committed) => committed,
    });
    settle();
    t.equal(left.deaths, 1);
    t.ok(left.predictions.length > 50);
    const opener = new RecordOpener(topology.name, 'orders', await keysOf(log));
    const values = left.deadLetters.map((letter) => openedOf(opener, letter).value);
    t.ok(values.includes(null), 'letters from before cannot be read');
    t.ok(
      values.some((value) => value?.includes('ann') === true),
      'later ones have a new key',
    );
    await log.close();
  },
);
