// A state store that is lost when the topic no longer reaches back: the archive supplies what the log no longer holds.
import fc from 'fast-check';
import t from 'tap';
import { Random } from '../../../src/stats/random.ts';
import { MemoryStateStores, type FakeTelemetry } from '../../../src/testing/index.ts';
import { codec, PARTITIONS, stateOf, stream } from '../../support/orders-stream.ts';
import { ordersTopology } from '../../support/orders.ts';
import { jumpingClock, runTopology, type Left, type Life } from '../../support/run-topology.ts';

const INCOMPLETE = 'the log no longer reaches back as far as the state: windows start incomplete';
const FROM_ARCHIVE = 'the log no longer holds these events: they are read from the archive';

const lifeArbitrary = fc.record({
  instant: fc.constantFrom('batch', 'log', 'state', 'reply'),
  nth: fc.nat(12),
} as const);

interface Given {
  readonly seed: number;
  readonly lives: readonly Life[];
  readonly rebuildWholeRowsMax: number;
  readonly archive: boolean;
  /** Whether the store is lost after a life. */
  readonly loses: (nth: number) => boolean;
  /** What the topic drops of the committed records: a share that is drawn at random, or all. */
  readonly drops: 'nothing' | 'some' | 'all';
}

/** Processes that are killed, between which the store is lost and the topic loses what was committed. */
async function run(given: Given) {
  const { seed, lives, rebuildWholeRowsMax, archive } = given;
  const topology = ordersTopology({ partitions: PARTITIONS, archive });
  const random = new Random(seed);
  const settle = jumpingClock(() => random.nextDouble());
  const lines: string[] = [];
  let stores = new MemoryStateStores();
  try {
    const left: Left = await runTopology({
      topology,
      codec,
      records: stream(seed, 300),
      seed: seed + 1,
      lives,
      rebuildWholeRowsMax,
      get stores() {
        return stores;
      },
      between(nth): void {
        if (nth < lives.length && given.loses(nth)) stores = new MemoryStateStores();
      },
      truncate(committed, low) {
        if (given.drops === 'nothing') return low;
        // Half of the time, everything that was committed is gone.
        if (given.drops === 'all' || random.nextInt(2) === 0) return committed;
        return low + random.nextInt(committed - low + 1);
      },
      onTelemetry(telemetry: FakeTelemetry): void {
        for (const kind of ['warn', 'error'] as const) telemetry[kind] = (what) => void lines.push(what);
      },
    });
    return { left, state: stateOf(stores, topology), lines };
  } finally {
    settle();
  }
}

t.test('what is lost with the store and the topic is rebuilt from the archive', async (t) => {
  t.setTimeout(120_000);
  let deaths = 0;
  let replays = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.nat(1_000_000),
      fc.array(lifeArbitrary, { minLength: 1, maxLength: 5 }),
      fc.constantFrom(0, 1_000),
      fc.infiniteStream(fc.boolean()),
      async (seed, lives, rebuildWholeRowsMax, losses) => {
        const lost = lives.map(() => losses.next().value);
        const given = { seed, rebuildWholeRowsMax, archive: true };
        const calm = await run({ ...given, lives: [], loses: () => false, drops: 'nothing' });
        const { left, state, lines } = await run({
          ...given,
          lives,
          loses: (nth) => lost[nth] ?? false,
          drops: 'some',
        });
        t.ok(calm.left.predictions.length > 50 && calm.left.labels.length > 20, 'there is something to lose');
        deaths += left.deaths;
        replays += lines.filter((line) => line === FROM_ARCHIVE).length;
        t.notOk(lines.includes(INCOMPLETE), `the archive reaches, seed ${seed}`);
        // Counters reach back to the first event: unless all are read, they start at zero.
        const labelCounts = rebuildWholeRowsMax > 0 ? left.labelCounts : calm.left.labelCounts;
        t.strictSame({ ...left, labelCounts, deaths: 0 }, calm.left, `outputs, seed ${seed}`);
        // What is too old to be read again is in one state and not in the other.
        if (rebuildWholeRowsMax > 0) t.strictSame(state, calm.state, `state, seed ${seed}`);
        if (!t.passing()) throw new Error('see above');
      },
    ),
    { numRuns: 25, seed: 4, endOnFailure: true },
  );
  t.ok(deaths > 20, `${deaths} deaths`);
  t.ok(replays > 20, `${replays} replays from the archive`);
});

t.test('without an archive the windows start incomplete, and the log says so', async (t) => {
  const lives = [{ instant: 'batch', nth: 40 } as const];
  const given = { lives, rebuildWholeRowsMax: 0, archive: false, loses: () => true, drops: 'all' } as const;
  const { lines } = await run({ ...given, seed: 1 });
  t.ok(lines.includes(INCOMPLETE));
  t.notOk(lines.includes(FROM_ARCHIVE));
});
