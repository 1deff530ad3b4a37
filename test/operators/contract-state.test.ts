// Rules that remember: the same events break them however they are batched and whenever the process restarts, compared with
// a calculation from all events so far.
import fc from 'fast-check';
import t from 'tap';
import { contract, distribution, monotonic, nullShare, recency, volume, type Rule } from '../../src/index.ts';
import { RowBatches, TopologyDriver } from '../../src/testing/index.ts';
import { StageBench } from '../support/stage-bench.ts';
import {
  monotonicOracle,
  psi,
  reference,
  refuses,
  WINDOW,
  windowOracle,
  type Oracle,
  type Read,
} from '../support/trips.ts';
import { checkedTrips, eventsOf, planArbitrary, sendAs, stepsArbitrary } from '../support/trips-run.ts';

const cases: ReadonlyArray<readonly [Rule<Read>, string, Oracle]> = [
  [monotonic('km', { by: ['vehicle'] }), 'CONTRACT_ORDER', monotonicOracle],
  [
    volume({ perMinute: [1, 3], over: WINDOW, ...refuses }),
    'CONTRACT_VOLUME',
    windowOracle((window) => window.length >= 1 && window.length <= 3),
  ],
  [
    nullShare('km', { most: 0.4, over: WINDOW, rowsMin: 2, ...refuses }),
    'CONTRACT_NULL',
    windowOracle((window) =>
      window.length < 2 ? null : window.filter(({ km }) => km === null).length <= 0.4 * window.length,
    ),
  ],
  [
    distribution('note', { reference, most: 0.5, over: WINDOW, rowsMin: 2, ...refuses }),
    'CONTRACT_DISTRIBUTION',
    windowOracle((window) => (window.length < 2 ? null : psi(window) <= 0.5)),
  ],
];

for (const [rule, code, oracle] of cases) {
  t.test(`property: ${rule.name}`, async (t) => {
    const topology = checkedTrips([rule]);
    let broken = 0;
    await fc.assert(
      fc.asyncProperty(stepsArbitrary, planArbitrary, async (steps, plan) => {
        const events = eventsOf(steps);
        const driver = new TopologyDriver(topology, { hotKeysMax: 1 });
        await sendAs(plan, driver, events);
        const found = driver.deadLetters.map(({ row }) => Number(row['id']));
        t.ok(driver.deadLetters.every((letter) => letter.code === code));
        const wanted = oracle(events);
        broken += wanted.length;
        t.same(found, wanted);
        return t.passing();
      }),
      { seed: 3, numRuns: 60 },
    );
    t.ok(broken > 30, `${broken} events break it`);
  });
}

t.test('recency: a window of events that all come late', (t) => {
  const schema = {
    id: { kind: 'string', nullable: false },
    at: { kind: 'number', nullable: false },
  } as const;
  const bench = new StageBench(contract([recency({ behindMs: 5_000, over: WINDOW })]), { schema });
  const batches = new RowBatches(schema, 'at');
  const send = (at: number, behindMs: number): number => {
    const batch = batches.next([{ id: 'a', at }]);
    bench.push({ ...batch, raw: { ...batch.raw, timestampMs: Float64Array.of(at + behindMs) } });
    return bench.telemetry.conditions.size;
  };
  const minute = (n: number): number => n * WINDOW;
  t.equal(send(minute(0), 0), 0);
  t.equal(send(minute(1), 60_000), 0);
  t.equal(send(minute(1) + 1, 4_000), 0);
  t.equal(send(minute(2), 60_000), 0, 'one of minute 1 was on time');
  t.equal(send(minute(3), 1_000), 1, 'none of minute 2 was');
  t.match([...bench.telemetry.conditions], [['contract_broken test contract recency test-0', /offset 4/]]);
  t.equal(send(minute(4), 1_000), 1, 'five minutes without a violation end the condition');
  t.equal(send(minute(9), 1_000), 0);
  t.same(bench.rejected, []);
  t.end();
});
