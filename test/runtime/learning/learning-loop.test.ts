// The learning loop from the first label to a new champion, with a scripted trainer: what is decided, and when.
import t from 'tap';
import { hours, minutes, type RetrainingOptions, type Topology } from '../../../src/index.ts';
import type { LogRecord } from '../../../src/ports/event-log.ts';
import type { ModelUpdateRecord, PredictionRecord } from '../../../src/runtime/records.ts';
import { packUpdate } from '../../../src/runtime/models/model-update.ts';
import { Random } from '../../../src/stats/random.ts';
import type { Row } from '../../../src/testing/index.ts';
import { topicsOf } from '../../../src/topology/topics.ts';
import { LearningRun, type LearningRunOptions, type Script } from '../../support/learning-run.ts';
import { order, orderEvent, ordersCodec, ordersTopology, payment } from '../../support/orders.ts';

const EVERY_MS = hours(1);
const PARTITIONS = 2;
const EVERY_ROWS = 100;
const retraining = {
  firstRows: 150,
  everyRows: EVERY_ROWS,
  schedule: null,
  driftedFeatures: null,
  onErrorDrift: false,
  cooldownMs: 0,
  windowMs: hours(1_000),
  rowsMax: 10_000,
  seed: 7,
} satisfies RetrainingOptions;
const topology: Topology = ordersTopology({
  partitions: PARTITIONS,
  control: { everyMs: EVERY_MS, mode: 'aligned' },
  retraining,
});
const codec = ordersCodec();
const encoder = await codec.encoder<Row>('orders-value');
const script: Script = { v1: 'promote', v2: 'reject', v3: 'fail', v4: 'promote', v5: 'reject' };

interface Order {
  readonly id: string;
  readonly at: number;
  readonly amount: number;
  readonly label: number;
  readonly paidAt: number;
}

/** One order per minute, each paid twenty minutes later. */
function ordersOf(fromMinute: number, toMinute: number): Order[] {
  const random = new Random(17);
  return Array.from({ length: toMinute }, (_, i) => {
    const amount = random.nextInt(100);
    const label = Number(amount + random.nextInt(60) > 80);
    return { id: String(i), at: minutes(i), amount, label, paidAt: minutes(i + 20) };
  }).slice(fromMinute);
}

function recordsOf(orders: readonly Order[], untilMs: number): LogRecord[] {
  const events = orders.flatMap(({ id, at, amount, label, paidAt }) => {
    const partition = Number(id) % PARTITIONS;
    const rows = [{ row: order(id, 'ann', amount, at), partition, at }];
    if (paidAt < untilMs) rows.push({ row: payment(id, label, paidAt), partition, at: paidAt });
    return rows;
  });
  return events
    .sort((a, b) => a.at - b.at)
    .map(({ row, partition, at }) => ({
      key: null,
      value: encoder.encode(orderEvent(row)),
      timestampMs: at,
      partition,
    }));
}

/** The score that a version computes from the amount. */
function scoreOf(version: string, amount: number): number {
  return version === 'v1' ? 0.2 + amount * 0.006 : 0.05 + amount * 0.009;
}

const options: Omit<LearningRunOptions, 'control'> = {
  topology,
  codec,
  script,
  scoreOf: (version, features) => scoreOf(version, features[0] as number),
};

/** Boundaries at which a training is due, calculated from the stream only. */
function requestsOf(orders: readonly Order[], untilMs: number): number[] {
  const due: number[] = [];
  let since = 0;
  for (let atMs = EVERY_MS; atMs <= untilMs; atMs += EVERY_MS) {
    const joined = orders.filter(({ paidAt }) => paidAt < Math.min(atMs, untilMs)).length;
    if (joined - since < (due.length === 0 ? retraining.firstRows : EVERY_ROWS)) continue;
    due.push(atMs);
    since = joined;
  }
  return due;
}

const END_MINUTE = 14 * 60 + 30;
const orders = ordersOf(0, END_MINUTE);
const requests = requestsOf(orders, minutes(END_MINUTE));
const [v1Ms, , , v4Ms] = requests as [number, number, number, number];
const versionAt = (atMs: number): string => (atMs < v1Ms ? 'none' : atMs < v4Ms ? 'v1' : 'v4');

async function play(
  control: 'process' | 'fleet',
): Promise<{ run: LearningRun; predictions: PredictionRecord[] }> {
  const run = new LearningRun({ ...options, control });
  await run.start();
  await run.play(recordsOf(orders, minutes(END_MINUTE)), true);
  return { run, predictions: await run.stop() };
}

for (const control of ['process', 'fleet'] as const) {
  t.test(`${control}: trains when due, and swaps models at the boundary in every partition`, async (t) => {
    const { run, predictions } = await play(control);
    t.equal(requests.length, 6, 'the script is completed, and one more training follows');
    t.same(
      run.history.modelRows.map(({ kind, version, atMs }) => [kind, version, atMs]),
      requests.flatMap((atMs, i) => [
        ['requested', `v${i + 1}`, atMs],
        [['promoted', 'rejected', 'failed', 'promoted', 'rejected', 'rejected'][i], `v${i + 1}`, atMs],
      ]),
    );
    t.same(
      run.trainer.requests.map(({ version, champion, seed, trainingSet }) => [
        version,
        champion?.version ?? null,
        seed,
        trainingSet.rowCount,
      ]),
      requests.map((atMs, i) => [
        `v${i + 1}`,
        [null, 'v1', 'v1', 'v1', 'v4', 'v4'][i],
        retraining.seed + i + 1,
        orders.filter(({ paidAt }) => paidAt < atMs).length,
      ]),
      'each training has the champion and all labels up to its event time',
    );
    t.same(
      predictions.map(({ key, version }) => [key, version]).sort(([a], [b]) => Number(a) - Number(b)),
      orders.map(({ id, at }) => [id, versionAt(at)]),
      'events before a boundary are scored by the previous model, events after it by the new one',
    );
  });
}

/** Mean log loss and AUC by definition, over all pairs. */
function figuresOf(
  scores: readonly number[],
  labels: readonly number[],
): { n: number; logLoss: number; auc: number } {
  let loss = 0;
  let won = 0;
  let pairs = 0;
  for (const [i, score] of scores.entries()) {
    loss -= Math.log(labels[i] === 1 ? score : 1 - score);
    for (const [k, other] of scores.entries()) {
      if (labels[i] !== 1 || labels[k] !== 0) continue;
      pairs += 1;
      won += score > other ? 1 : score === other ? 0.5 : 0;
    }
  }
  return { n: scores.length, logLoss: loss / scores.length, auc: won / pairs };
}

t.test('quality equals its definition, for loop and frozen on the same rows', async (t) => {
  const { run } = await play('process');
  const rows = orders.filter(({ at, paidAt }) => at >= v1Ms && paidAt < minutes(END_MINUTE));
  const labels = rows.map(({ label }) => label);
  const f32 = Math.fround;
  const loop = figuresOf(
    rows.map(({ at, amount }) => f32(scoreOf(versionAt(at), amount))),
    labels,
  );
  const frozen = figuresOf(
    rows.map(({ amount }) => f32(scoreOf('v1', amount))),
    labels,
  );
  for (const [found, wanted] of [
    [run.host.loop.quality.loop(), loop],
    [run.host.loop.quality.frozen(), frozen],
  ] as const) {
    t.equal(found.n, wanted.n);
    t.ok(
      Math.abs((found.logLoss ?? 0) - wanted.logLoss) < 1e-6,
      `log loss ${found.logLoss} ${wanted.logLoss}`,
    );
    t.ok(Math.abs((found.auc ?? 0) - wanted.auc) < 2e-3, `AUC ${found.auc} ${wanted.auc}`);
  }
  t.not(loop.logLoss, frozen.logLoss);
});

t.test('two runs have the same results', async (t) => {
  const [first, second] = [await play('process'), await play('process')];
  t.same(second.predictions, first.predictions);
  t.same(second.run.host.loop.quality.byMonth(), first.run.host.loop.quality.byMonth());
  t.same(second.run.host.loop.journal.quality, first.run.host.loop.journal.quality);
});

t.test('processes that start from snapshots have the results of one', async (t) => {
  const whole = await play('fleet');
  const run = new LearningRun({ ...options, control: 'fleet', snapshots: { intervalMs: 0, keptMs: 0 } });
  await run.start();
  const records = recordsOf(orders, minutes(END_MINUTE));
  const pieces = [0.2, 0.45, 0.5, 0.8, 1].map((share) => Math.round(share * records.length));
  for (const [i, to] of pieces.entries()) {
    await run.play(records.slice(pieces[i - 1] ?? 0, to), to === records.length);
    if (to < records.length) await run.restart();
  }
  const [observed] = await run.log.offsets(topicsOf(topology).observations);
  t.ok((observed?.low ?? 0) > 0, 'observations were deleted');
  t.same([...run.telemetry.conditions], []);
  const predictions = await run.stop();
  t.same(predictions, whole.predictions);
  t.same(run.host.loop.quality.byMonth(), whole.run.host.loop.quality.byMonth());
  t.same(run.host.loop.journal.quality, whole.run.host.loop.journal.quality);
  t.same(run.host.loop.state, whole.run.host.loop.state);
  const story = ({ host }: LearningRun): unknown =>
    host.loop.journal.retrainings.map(({ version, reason, atMs, outcome }) => [
      version,
      reason,
      atMs,
      outcome,
    ]);
  t.same(story(run), story(whole.run));
});

t.test('a rollback by an operator takes effect at its boundary', async (t) => {
  const run = new LearningRun({ ...options, control: 'process' });
  await run.start();
  await run.play(recordsOf(orders, minutes(END_MINUTE)), false);
  t.equal(run.host.models.champion?.version, 'v4');
  const { manifest, model } = await run.registry.load('orders', 'v1');
  const atMs = minutes(END_MINUTE + 30);
  const update = packUpdate({ ...manifest, status: 'champion' }, model, 'rolled back manually', atMs);
  const updates = await codec.encoder<ModelUpdateRecord>('orders.model-updates-value');
  await run.log.publish(topicsOf(topology).modelUpdates, [
    { key: Buffer.from('orders/v1'), value: updates.encode(update), timestampMs: 0 },
  ]);
  await run.until(() => run.host.models.champion?.version === 'v1');
  const more = ordersOf(END_MINUTE, END_MINUTE + 90);
  await run.play(recordsOf(more, minutes(END_MINUTE + 90)), true);
  const predictions = await run.stop();
  const versions = new Map(predictions.map(({ key, version }) => [key, version]));
  t.same(
    more.map(({ id }) => versions.get(id)),
    more.map(({ at }) => (at < atMs ? 'v4' : 'v1')),
  );
  t.same(
    run.history.modelRows
      .filter(({ kind }) => kind === 'rolled_back')
      .map(({ version, atMs }) => [version, atMs]),
    [['v1', atMs]],
  );
});

t.test('a model of another task is rejected', async (t) => {
  const run = new LearningRun({ ...options, control: 'process' });
  await run.start();
  await run.play(recordsOf(orders, minutes(END_MINUTE)), false);
  const { manifest, model } = await run.registry.load('orders', 'v4');
  const stranger = { ...manifest, version: 'other', task: 'regression', status: 'champion' as const };
  const update = packUpdate(stranger, model, 'promoted manually', minutes(END_MINUTE + 30));
  const updates = await codec.encoder<ModelUpdateRecord>('orders.model-updates-value');
  await run.log.publish(topicsOf(topology).modelUpdates, [
    { key: Buffer.from('orders/other'), value: updates.encode(update), timestampMs: 0 },
  ]);
  await run.until(() => run.telemetry.lines.includes('a model update is refused: the champion stays in use'));
  t.equal(run.host.models.champion?.version, 'v4');
  await run.stop();
});
