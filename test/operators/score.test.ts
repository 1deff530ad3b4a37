// The score stage: the task decides which scores are valid; the fallback replaces the others.
import t from 'tap';
import {
  atLeast,
  binary,
  defineTopology,
  features,
  hours,
  labels,
  numeric,
  score,
  watermarks,
  type Topology,
} from '../../src/index.ts';
import { FLAG_FALLBACK } from '../../src/core/blocks.ts';
import { fakeScorer, schemaOf, TopologyDriver, type Row } from '../../src/testing/index.ts';

const SCORES = [0, 0.5, 1, -0.001, 1.001, 644, Number.NaN, Number.POSITIVE_INFINITY];
const rows: Row[] = SCORES.map((_, i) => ({ id: String(i), type: 'order', amount: i, paid: 1, at: i }));
/** Scores row i with SCORES[i]. */
const model = fakeScorer('v1', 1, (vector) => SCORES[vector[0] as number] ?? Number.NaN);

const stages = [
  watermarks('watermarks'),
  features('features', { when: { type: 'order' }, fields: { amount: numeric('amount') } }),
  score('score', { key: 'id' }),
];
const joining = labels('labels', {
  key: 'id',
  when: { type: 'payment' },
  task: binary({ column: 'paid', positive: atLeast(1) }),
  timeoutMs: hours(1),
});

async function scored(
  topology: Topology,
): Promise<{ driver: TopologyDriver; found: Array<[number, number]> }> {
  const driver = new TopologyDriver(topology, { schema: schemaOf(rows), model });
  await driver.send(rows);
  return {
    driver,
    found: driver.predictions.map(({ score: value, flags }) => [value, flags & FLAG_FALLBACK]),
  };
}

const source = { topic: 'orders', eventTime: 'at', partitions: 1 };

t.test(
  'a probability is within 0 to 1; any other score is replaced by the fallback of the task',
  async (t) => {
    const { driver, found } = await scored(
      defineTopology({ name: 'orders', source, stages: [...stages, joining] }),
    );
    t.same(found, [[0, 0], [0.5, 0], [1, 0], ...Array.from({ length: 5 }, () => [0.5, FLAG_FALLBACK])]);
    const { counts } = driver.telemetry;
    const counted = (reason: string): number | undefined =>
      counts.get(`prediction_fallbacks_total${JSON.stringify({ topology: 'orders', reason })}`);
    t.equal(counted('SCORE_OUT_OF_RANGE'), 3);
    t.equal(counted('SCORE_NOT_FINITE'), 2);
  },
);

t.test('without labels any finite score is valid', async (t) => {
  const { found } = await scored(defineTopology({ name: 'orders', source, stages }));
  const valid = [0, 0.5, 1, Math.fround(-0.001), Math.fround(1.001), 644];
  t.same(found, [...valid.map((value) => [value, 0]), [0, FLAG_FALLBACK], [0, FLAG_FALLBACK]]);
});

t.test('a fallback outside the range is rejected', async (t) => {
  const wrong = score('score', { key: 'id', fallback: 1.5 });
  t.throws(
    () => defineTopology({ name: 'orders', source, stages: [...stages.slice(0, 2), wrong, joining] }),
    { code: 'TOPOLOGY_INVALID', message: /the fallback 1\.5 of stage 'score' is not within 0 to 1/ },
  );
});

t.test(
  'a prediction whose key its topic does not accept is a dead letter, and the others are made',
  async (t) => {
    const topology = defineTopology({ name: 'orders', source, stages });
    const long = 'x'.repeat(1_000);
    const ids = ['a', long, 'b', 'é'.repeat(40)];
    const driver = new TopologyDriver(topology, { schema: schemaOf(rows), model, predictionKeyBytesMax: 50 });
    await driver.send(ids.map((id, i) => ({ id, type: 'order', amount: i, paid: 1, at: i })));
    t.same(
      driver.predictions.map(({ key }) => key),
      ['a', 'b'],
    );
    t.same(
      driver.deadLetters.map(({ code, row }) => [code, row['amount']]),
      [
        ['OUTPUT_TOO_LARGE', 1],
        ['OUTPUT_TOO_LARGE', 3],
      ],
    );
  },
);
