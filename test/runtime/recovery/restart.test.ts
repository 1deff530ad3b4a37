// Whatever happens to the process, the outputs and the state are those of an undisturbed run.
import fc from 'fast-check';
import t from 'tap';
import { SqliteStateStores } from '../../../src/adapters/embedded/state-store.ts';
import { hours, type Topology } from '../../../src/index.ts';
import type { LogRecord } from '../../../src/ports/event-log.ts';
import { Random } from '../../../src/stats/random.ts';
import { MemoryStateStores } from '../../../src/testing/index.ts';
import type { StateStores } from '../../../src/ports/state-store.ts';
import { codec, PARTITIONS, stateOf, stream, type State } from '../../support/orders-stream.ts';
import { ordersTopology } from '../../support/orders.ts';
import { jumpingClock, runTopology, type Left, type Life } from '../../support/run-topology.ts';

// Each run is about three processes, which are slow on a busy machine.
t.setTimeout(120_000);

interface Given {
  readonly records: readonly LogRecord[];
  readonly seed: number;
  readonly lives: readonly Life[];
  readonly hotKeysMax?: number;
}

/** A run whose epochs close at random batches. */
async function run(topology: Topology, stores: StateStores, given: Given): Promise<Left> {
  const random = new Random(given.seed);
  const settle = jumpingClock(() => random.nextDouble());
  try {
    return await runTopology({ topology, codec, stores, ...given });
  } finally {
    settle();
  }
}

async function inMemory(topology: Topology, given: Given): Promise<{ left: Left; state: State }> {
  const stores = new MemoryStateStores();
  const left = await run(topology, stores, given);
  return { left, state: stateOf(stores, topology) };
}

const lifeArbitrary = fc.record({
  instant: fc.constantFrom('batch', 'log', 'state', 'reply'),
  nth: fc.nat(12),
} as const);

for (const mode of ['live', 'aligned'] as const) {
  t.test(`${mode}: killed at any instant, a run has the results of an undisturbed one`, async (t) => {
    t.setTimeout(60_000);
    const topology = ordersTopology({ partitions: PARTITIONS, control: { everyMs: hours(1), mode } });
    let deaths = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1_000_000),
        fc.array(lifeArbitrary, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(1, 3, 1_000),
        async (seed, lives, hotKeysMax) => {
          const records = stream(seed, 300);
          const calm = await inMemory(topology, { records, seed, lives: [] });
          const killed = await inMemory(topology, { records, seed: seed + 1, lives, hotKeysMax });
          t.ok(calm.left.predictions.length > 50, 'there is something to lose');
          deaths += killed.left.deaths;
          t.strictSame({ ...killed.left, deaths: 0 }, calm.left, `outputs, seed ${seed}`);
          t.strictSame(killed.state, calm.state, `state, seed ${seed}`);
          const ids = new Set(killed.left.predictions.map(({ id }) => id));
          t.equal(ids.size, killed.left.predictions.length, 'each prediction once');
          if (!t.passing()) throw new Error('see above');
        },
      ),
      { numRuns: 25, seed: 4, endOnFailure: true },
    );
    t.ok(deaths > 10, `${deaths} deaths`);
  });
}

t.test('the same on SQLite', async (t) => {
  const topology = ordersTopology({ partitions: PARTITIONS });
  for (const seed of [1, 2, 3]) {
    const records = stream(seed, 300);
    const calm = await inMemory(topology, { records, seed, lives: [] });
    const stores = new SqliteStateStores({ path: ':memory:' });
    const lives: Life[] = [
      { instant: 'state', nth: 3 },
      { instant: 'batch', nth: 8 },
      { instant: 'reply', nth: 2 },
    ];
    const killed = await run(topology, stores, { records, seed: seed + 1, lives, hotKeysMax: 2 });
    t.equal(killed.deaths, lives.length);
    t.strictSame({ ...killed, deaths: 0 }, calm.left, `seed ${seed}`);
    await stores.close();
  }
});

t.test('a lost state store is rebuilt by replay, from as far back as the state reaches', async (t) => {
  t.setTimeout(60_000);
  const topology = ordersTopology({ partitions: PARTITIONS });
  let deaths = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.nat(1_000_000),
      fc.array(lifeArbitrary, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(0, 1_000),
      async (seed, lives, rebuildWholeRowsMax) => {
        const records = stream(seed, 300);
        const calm = await inMemory(topology, { records, seed, lives: [] });
        let stores = new MemoryStateStores();
        const left = await runTopology({
          topology,
          codec,
          records,
          seed: seed + 1,
          lives,
          rebuildWholeRowsMax,
          get stores() {
            return stores;
          },
          between(nth): void {
            if (nth < lives.length) stores = new MemoryStateStores();
          },
        });
        deaths += left.deaths;
        // Counters reach back to the first event: unless all are read, they start at zero.
        const labelCounts = rebuildWholeRowsMax > 0 ? left.labelCounts : calm.left.labelCounts;
        t.strictSame({ ...left, labelCounts, deaths: 0 }, calm.left, `outputs, seed ${seed}`);
        // What is too old to be read again is in one state and not in the other.
        if (rebuildWholeRowsMax > 0)
          t.strictSame(stateOf(stores, topology), calm.state, `state, seed ${seed}`);
        if (!t.passing()) throw new Error('see above');
      },
    ),
    { numRuns: 25, seed: 4, endOnFailure: true },
  );
  t.ok(deaths > 10, `${deaths} deaths`);
});
