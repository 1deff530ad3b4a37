// A topology with stages of its own, killed at any instant: it leaves what an undisturbed run leaves.
import fc from 'fast-check';
import t from 'tap';
import {
  atLeast,
  binary,
  contract,
  dedupe,
  defineTopology,
  derive,
  features,
  filter,
  fresh,
  hours,
  KeyValueState,
  labels,
  map,
  minutes,
  numberFrom,
  numeric,
  required,
  rowsWhere,
  score,
  sliding,
  count,
  stringFrom,
  syncOperator,
  text,
  view,
  watermarks,
  type Stage,
  type StageInstance,
  type Topology,
} from '../../../src/index.ts';
import type { RunStats } from '../../../src/runtime/task/run-stats.ts';
import { Random } from '../../../src/stats/random.ts';
import { FakeTelemetry, MemoryStateStores } from '../../../src/testing/index.ts';
import { codec, PARTITIONS, stateOf, stream } from '../../support/orders-stream.ts';
import { jumpingClock, runTopology, type Left, type Life } from '../../support/run-topology.ts';

t.setTimeout(120_000);

let closed = 0;

/** Adds the number of earlier events of the user within three hours of each other. */
function visits(id: string, column: string): Stage {
  return {
    id,
    kind: 'visits',
    summary: 'by user',
    reads: ['user: string'],
    adds: { [column]: { type: 'double?' } },
    memoryMs: Number.POSITIVE_INFINITY,
    open(context): StageInstance {
      const state = new KeyValueState<number>({ key: ['user'], ttlMs: hours(3) }, context);
      const operator = syncOperator({
        batch(batch) {
          const values = new Float64Array(batch.size);
          state.bind(batch);
          for (const row of batch.rows) {
            const before = state.get(row) ?? 0;
            values[row] = before;
            state.set(row, before + 1);
          }
          return { ...batch, columns: { ...batch.columns, [column]: { kind: 'number', values } } };
        },
      });
      return { operator, keyedState: state, close: () => void (closed += 1) };
    },
  };
}

const topology: Topology = defineTopology({
  name: 'orders',
  source: { topic: 'orders', eventTime: 'at', partitions: PARTITIONS },
  stages: [
    contract([required('user', { where: { type: 'order' } }), fresh({ aheadMs: hours(1) })]),
    visits('early', 'earlyVisits'),
    dedupe({ by: ['event'], withinMs: hours(1) }),
    map({ amount: numberFrom(['amount'], (amount) => Math.min(amount, 500)) }),
    watermarks({ allowedLatenessMs: minutes(5) }),
    derive({ kind: stringFrom([text('user'), text('type')], (user, type) => user && `${user} ${type}`) }),
    filter(rowsWhere([text('user'), 'amount'], (user, amount) => user !== 'cid' || !(amount > 400))),
    visits('late', 'lateVisits'),
    features({
      when: { type: 'order' },
      fields: {
        amount: numeric('amount'),
        early: numeric('earlyVisits'),
        late: numeric('lateVisits'),
      },
      views: { kind: view(['kind'], { orders_1h: count({ over: sliding(hours(1)) }) }) },
    }),
    score({ key: 'id', fallback: 0.25 }),
    labels({
      key: 'id',
      when: { type: 'payment' },
      task: binary({ column: 'paid', positive: atLeast(1) }),
      never: { type: 'withdrawn' },
      timeoutMs: hours(2),
    }),
  ],
  control: { everyMs: hours(1), mode: 'live' },
});

interface Given {
  readonly seed: number;
  readonly clock: number;
  readonly lives: readonly Life[];
  readonly hotKeysMax?: number;
  /** Loses the state store between two lives. */
  readonly loses?: boolean;
}

async function run({ seed, clock, loses = false, ...given }: Given): Promise<{ left: Left; state: unknown }> {
  const random = new Random(clock);
  const settle = jumpingClock(() => random.nextDouble());
  let stores = new MemoryStateStores();
  try {
    const left = await runTopology({
      topology,
      codec,
      get stores() {
        return stores;
      },
      records: stream(seed, 250),
      seed: clock,
      ...given,
      between: () => {
        if (loses) stores = new MemoryStateStores();
      },
    });
    return { left, state: stateOf(stores, topology) };
  } finally {
    settle();
  }
}

const life = fc.record({
  instant: fc.constantFrom('batch', 'log', 'state', 'reply'),
  nth: fc.nat(12),
} as const);

t.test(
  'killed at any instant, with few keys in memory, it leaves what an undisturbed run leaves',
  async (t) => {
    let deaths = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1_000_000),
        fc.array(life, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(1, 3, 1_000),
        async (seed, lives, hotKeysMax) => {
          const calm = await run({ seed, clock: seed, lives: [] });
          const killed = await run({ seed, clock: seed + 1, lives, hotKeysMax });
          t.ok(calm.left.predictions.length > 40, 'there is something to lose');
          deaths += killed.left.deaths;
          t.strictSame({ ...killed.left, deaths: 0 }, calm.left, `outputs, seed ${seed}`);
          t.strictSame(killed.state, calm.state, `state, seed ${seed}`);
          if (!t.passing()) throw new Error('see above');
        },
      ),
      { numRuns: 15, seed: 8, endOnFailure: true },
    );
    t.ok(deaths > 10, `${deaths} deaths`);
    t.ok(closed > 0, 'stages are closed');
  },
);

t.test('a state that was lost between two lives is rebuilt', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(1_000_000),
      fc.array(life, { minLength: 1, maxLength: 2 }),
      async (seed, lives) => {
        const calm = await run({ seed, clock: seed, lives: [] });
        const killed = await run({ seed, clock: seed + 1, lives, loses: true });
        t.strictSame(killed.left.predictions, calm.left.predictions, `predictions, seed ${seed}`);
        if (!t.passing()) throw new Error('see above');
      },
    ),
    { numRuns: 8, seed: 9, endOnFailure: true },
  );
});

t.test('a filter counts what it drops', async (t) => {
  let telemetry = new FakeTelemetry();
  let stats: RunStats | undefined;
  await runTopology({
    topology,
    codec,
    stores: new MemoryStateStores(),
    records: stream(1, 250),
    seed: 1,
    lives: [],
    onTelemetry: (reported) => {
      telemetry = reported;
    },
    onEngine: (engine) => {
      stats = engine.stats;
    },
  });
  const name = `events_filtered_total${JSON.stringify({ topology: 'orders', stage: 'filter' })}`;
  t.ok((stats?.filtered ?? 0) > 5, `${stats?.filtered} dropped`);
  t.equal(telemetry.counts.get(name), stats?.filtered);
});
