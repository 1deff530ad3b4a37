// A topology without labels: it trains on the vectors that it has logged, and flags alerts by the model's scores.
import t from 'tap';
import {
  anomaly,
  binary,
  defineTopology,
  external,
  features,
  hours,
  isolationForest,
  labels,
  minutes,
  mlp,
  numeric,
  score,
  watermarks,
  type RetrainingOptions,
  type Task,
  type Topology,
  type Trainer,
} from '../../../src/index.ts';
import { FLAG_ALERT, FLAG_FALLBACK } from '../../../src/core/blocks.ts';
import { textColumn, textsOf } from '../../../src/core/text-column.ts';
import type { TrainingSet } from '../../../src/ports/history.ts';
import type { Row } from '../../../src/testing/index.ts';
import { LearningRun } from '../../support/learning-run.ts';
import { order, orderEvent, ordersCodec } from '../../support/orders.ts';

function topologyOf(task: Task<never>, retraining: RetrainingOptions | boolean): Topology {
  return defineTopology({
    name: 'orders',
    source: { topic: 'orders', eventTime: 'at', partitions: 1 },
    stages: [
      watermarks({ allowedLatenessMs: minutes(1) }),
      features({ when: {}, fields: { amount: numeric('amount') } }),
      score({ key: 'id', task }),
    ],
    control: { everyMs: hours(1), mode: 'aligned' },
    retraining,
  });
}

t.test('vectors are rows without labels, and scores at the threshold are alerts', async (t) => {
  const codec = ordersCodec();
  const encoder = await codec.encoder<Row>('orders-value');
  const topology = topologyOf(anomaly({ alertRate: 0.1 }), { firstRows: 150, everyRows: 120, growth: null });
  const run = new LearningRun({
    topology,
    codec,
    script: { v1: 'promote', v2: 'reject' },
    control: 'process',
    scoreOf: (_version, [amount = 0]) => Math.fround(amount / 100),
  });
  await run.start();
  const events = Array.from({ length: 400 }, (_, i) => {
    const row = order(String(i), 'ann', i % 100, minutes(i));
    return { key: null, value: encoder.encode(orderEvent(row)), timestampMs: minutes(i), partition: 0 };
  });
  await run.play(events, true);
  await run.until(() => run.trainer.requests.length === 2);
  const predictions = await run.stop();
  const [first, second] = run.trainer.requests;
  t.equal(first?.trainingSet.rowCount, 180, 'the first boundary with 150 predictions is at three hours');
  t.ok(first?.trainingSet.labels.every(Number.isNaN));
  t.match(second?.champion, { version: 'v1' });
  t.equal(first?.task.alerts?.rate, 0.1);
  const isAlert = predictions.map(({ flags }) => (flags & FLAG_ALERT) !== 0);
  const wanted = predictions.map(
    ({ score: found, flags }) => (flags & FLAG_FALLBACK) === 0 && found >= Math.fround(0.9),
  );
  t.same(isAlert, wanted);
  t.ok(isAlert.filter(Boolean).length >= 20, 'ten of each hundred since the first model');
  t.equal(run.telemetry.counts.get('alerts_total'), isAlert.filter(Boolean).length);
});

t.test('ids and entities are read for a trainer that asks for them', async (t) => {
  const codec = ordersCodec();
  const encoder = await codec.encoder<Row>('orders-value');
  const trained = async (trainers: readonly Trainer[]): Promise<TrainingSet | undefined> => {
    const topology = topologyOf(anomaly({ alertRate: 0.1 }), { firstRows: 150, trainers });
    const run = new LearningRun({ topology, codec, script: {}, control: 'process', scoreOf: () => 0 });
    await run.start();
    const events = Array.from({ length: 200 }, (_, i) => {
      const row = order(`o${i}`, 'ann', i, minutes(i));
      return { key: null, value: encoder.encode(orderEvent(row)), timestampMs: minutes(i), partition: 0 };
    });
    await run.play(events, true);
    await run.until(() => run.trainer.requests.length === 1);
    await run.stop();
    return run.trainer.requests[0]?.trainingSet;
  };
  const { identities, rowCount = 0 } = (await trained([external({ command: ['true'] })])) ?? {};
  const rows = Array.from({ length: rowCount }, (_, i) => i);
  t.same(
    textsOf(identities?.keys ?? textColumn([])),
    rows.map((i) => `o${i}`),
  );
  t.same(
    textsOf(identities?.ids ?? textColumn([])),
    rows.map((i) => `orders-0-${i}`),
  );
  t.notOk('identities' in ((await trained([isolationForest()])) ?? {}));
});

t.test('defaults fit a stream without labels', async (t) => {
  const { retraining, task } = topologyOf(anomaly({ alertRate: 0.001 }), true);
  t.match(retraining, { firstRows: 20_000, everyRows: null, growth: 1 });
  t.same(
    retraining?.trainers.map(({ name }) => name),
    ['isolation-forest'],
  );
  t.match(task, { name: 'anomaly', alerts: { from: 0.999, rate: 0.001 } });
});

t.test('what cannot be is refused', async (t) => {
  for (const alertRate of [0, 0.2, Number.NaN, '1 %' as unknown as number])
    t.throws(() => topologyOf(anomaly({ alertRate }), false), {
      code: 'TOPOLOGY_INVALID',
      message: /alertRate/,
    });
  t.throws(() => topologyOf(anomaly(), { trainers: [mlp()] }), {
    message: /cannot train for task 'anomaly'/,
  });
  t.throws(() => topologyOf(binary({ column: 'paid' }) as unknown as Task<never>, false), {
    message: /no task without labels/,
  });
  const both = (): Topology =>
    defineTopology({
      name: 'orders',
      source: { topic: 'orders', eventTime: 'at', partitions: 1 },
      stages: [
        features({ fields: { amount: numeric('amount') } }),
        score({ key: 'id', task: anomaly() }),
        labels({ key: 'id', when: {}, task: binary({ column: 'paid' }) }),
      ],
    });
  t.throws(both, { message: /and there is a labels stage/ });
  t.ok(isolationForest().tasks.includes('anomaly'));
});
