// Sinks that are written outside src, on a whole engine with crashes: the guarantees of both kinds of delivery.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import {
  atLeast,
  binary,
  days,
  defineTopology,
  describeText,
  double,
  features,
  labels,
  MillraceError,
  nullable,
  numeric,
  score,
  source,
  string,
  timestamp,
  watermarks,
  type EventRow,
  type LabelBlock,
  type PredictionBlock,
  type Sink,
  type SinkContext,
  type SinkDefinition,
  type SinkDelivery,
  type Topology,
} from 'millrace';
import { EmbeddedRun, fakeScorer } from 'millrace/testing';
import { sqliteSink } from './sqlite-sink.ts';

function topologyWith(...sinks: readonly SinkDefinition[]): Topology {
  const payments = source('payments', {
    schema: { type: string, id: string, amount: nullable(double), disputed: nullable(double), at: timestamp },
    eventTime: 'at',
    partitions: 1,
  });
  return defineTopology(payments, {
    stages: [
      watermarks(),
      features({ when: { type: 'payment' }, fields: { amount: numeric('amount') } }),
      score({ key: 'id' }),
      labels({
        key: 'id',
        when: { type: 'dispute' },
        task: binary({ column: 'disputed', positive: atLeast(1) }),
        timeoutMs: days(1),
      }),
    ],
    sinks,
  });
}

const payment = (id: string, at: number): EventRow => ({ type: 'payment', id, amount: 8, at });
const dispute = (id: string, at: number): EventRow => ({ type: 'dispute', id, disputed: 1, at });

/** What all openings of one sink have received, and how they respond. */
class Received {
  readonly name: string;
  readonly predictions: Array<{ readonly offset: number; readonly score: number }> = [];
  readonly labels: Array<{ readonly offset: number; readonly label: number }> = [];
  readonly begins: Array<number | null> = [];
  readonly contexts: SinkContext[] = [];
  flushes = 0;
  closed = 0;
  /** A flush waits for it. */
  gate: Promise<void> = Promise.resolve();
  /** Thrown when a block arrives. */
  failure: Error | null = null;

  constructor(name: string) {
    this.name = name;
  }

  define(delivery: SinkDelivery): SinkDefinition {
    return {
      name: this.name,
      delivery,
      open: (context) => {
        this.contexts.push(context);
        return new TestSink(this);
      },
    };
  }

  /** Scores by offset; fails the test if a prediction has been delivered with two scores. */
  distinct(): ReadonlyMap<number, number> {
    const scores = new Map<number, number>();
    for (const { offset, score: value } of this.predictions) {
      t.equal(scores.get(offset) ?? value, value, `prediction ${offset} has the same score each time`);
      scores.set(offset, value);
    }
    return scores;
  }
}

class TestSink implements Sink {
  readonly #received: Received;
  bufferedRows = 0;

  constructor(received: Received) {
    this.#received = received;
  }

  predictions({ count, offsets, scores }: PredictionBlock): void {
    if (this.#received.failure !== null) throw this.#received.failure;
    for (let i = 0; i < count; i++)
      this.#received.predictions.push({ offset: offsets[i] as number, score: scores[i] as number });
    this.bufferedRows += count;
  }
  labels({ count, predictionOffsets, labels: values }: LabelBlock): void {
    for (let i = 0; i < count; i++)
      this.#received.labels.push({ offset: predictionOffsets[i] as number, label: values[i] as number });
  }
  begins(_origin: unknown, through: number | null): void {
    this.#received.begins.push(through);
  }
  async flush(): Promise<void> {
    this.#received.flushes += 1;
    await this.#received.gate;
    this.bufferedRows = 0;
  }
  async close(): Promise<void> {
    this.#received.closed += 1;
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}

t.test('after-commit: state waits for the flush, and a crash before it loses nothing', async (t) => {
  const audit = new Received('audit');
  const { promise, resolve: release } = Promise.withResolvers<void>();
  audit.gate = promise;
  let rate = 1;
  const model = fakeScorer('v1', 1, ([amount = 0]) => (amount * rate) / 16);
  const run = await EmbeddedRun.start(topologyWith(audit.define('after-commit')), { model });
  await run.send([payment('a', 1), payment('b', 2), dispute('a', 3)]);
  await run.committed();
  await until(() => audit.flushes > 0 && audit.predictions.length === 2);
  t.equal((await run.predictions()).length, 2, 'the log has them');
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.equal(run.stateOffset(), null, 'but the state of their events is not stored');

  await run.crash();
  rate = 2; // the model would return other scores now
  audit.gate = Promise.resolve();
  await run.restart();
  await run.send([payment('c', 4)]);
  await run.checkpointed();
  t.equal(run.stateOffset(), 4);
  t.equal(audit.predictions.length, 5, 'two of them are delivered twice');
  const wanted = (await run.predictions()).map(({ id, score: value }) => [Number(id.split('-')[2]), value]);
  t.same([...audit.distinct()], wanted, 'each prediction of the log once, by its offset');
  t.same(wanted, [
    [0, 0.5],
    [1, 0.5],
    [3, 1],
  ]);
  t.same(audit.labels, [
    { offset: 0, label: 1 },
    { offset: 0, label: 1 },
  ]);
  release();
  await run.stop();
  t.equal(audit.closed, 1, 'the sink of the crash was not closed');
  t.match(audit.contexts, [
    { topology: 'payments', source: { topic: 'payments', partitions: 1 }, features: ['amount'] },
    { folder: join('.millrace', 'sinks', 'audit') },
  ]);
});

t.test('a table that ignores known rows has each prediction once, even after a crash', async (t) => {
  const dataFolder = t.testdir();
  const run = await EmbeddedRun.start(topologyWith(sqliteSink()), { dataFolder });
  const ids = Array.from({ length: 50 }, (_, i) => `p${i}`);
  for (const [i, id] of ids.entries()) {
    await run.send([payment(id, i)]);
    if (i % 20 === 10) {
      await run.crash();
      await run.restart();
    }
  }
  await run.committed();
  const wanted = (await run.predictions()).map(({ key, score: value }) => ({ key, score: value }));
  await run.stop();
  const db = new DatabaseSync(join(dataFolder, 'sinks', 'sqlite', 'predictions.db'));
  const found = db.prepare('SELECT key, score FROM predictions ORDER BY offset').all();
  db.close();
  t.same(
    found.map((row) => ({ ...row })),
    wanted,
  );
  t.equal(wanted.length, ids.length);
});

t.test('immediate: before the commit, and committed predictions are not redelivered', async (t) => {
  const live = new Received('live');
  const run = await EmbeddedRun.start(topologyWith(live.define('immediate')));
  await run.send([payment('a', 1), payment('b', 2)]);
  await run.committed();
  await run.crash();
  await run.restart();
  await run.send([payment('c', 3)]);
  await run.checkpointed();
  t.same(
    live.predictions.map(({ offset }) => offset),
    [0, 1, 2],
    'although the restart has computed the first two again',
  );
  t.equal(live.begins[0], null, 'nothing was committed at first');
  t.equal(live.begins.at(-1), 1, 'the committed offset is announced');
  t.equal(live.flushes, 0, 'state does not wait for it');
  await run.stop();
});

t.test('an unavailable sink is retried and reported, while the engine continues', async (t) => {
  const away = new Received('away');
  away.gate = Promise.reject(new Error('connection refused'));
  away.gate.catch(() => undefined);
  const run = await EmbeddedRun.start(topologyWith(away.define('after-commit')));
  await run.send([payment('a', 1)]);
  await run.committed();
  await until(() => away.flushes > 1);
  await run.send([payment('b', 2)]);
  await run.committed();
  t.equal(run.stateOffset(), null);
  t.ok(run.telemetry.conditions.has('sink_unavailable away'));
  away.gate = Promise.resolve();
  await run.checkpointed();
  const failures = run.telemetry.counts.get('sink_failures_total{"topology":"payments","sink":"away"}');
  t.ok((failures ?? 0) >= 2, `${failures} failures`);
  t.same([...away.distinct().keys()], [0, 1]);
  await run.stop();
});

t.test('a bug in a sink, and an error in its configuration, stop the engine', async (t) => {
  const broken = new Received('broken');
  broken.failure = new TypeError('no such method');
  const run = await EmbeddedRun.start(topologyWith(broken.define('immediate')));
  await run.send([payment('a', 1)]);
  await t.rejects(run.committed(), { code: 'SINK_FAILED', message: /no such method.*broken/ });
  t.same(await run.predictions(), [], 'nothing of the epoch is committed');
  await t.rejects(run.stop(), { code: 'SINK_FAILED' });

  const refused = new Received('refused');
  refused.gate = Promise.reject(new MillraceError('CONFIG_INVALID', 'the token is wrong'));
  refused.gate.catch(() => undefined);
  const other = await EmbeddedRun.start(topologyWith(refused.define('after-commit')));
  await other.send([payment('a', 1)]);
  await t.rejects(other.checkpointed(), { code: 'CONFIG_INVALID' });
  await t.rejects(other.stop(), { code: 'CONFIG_INVALID' });
});

t.test('the description of a topology lists its sinks', (t) => {
  t.match(describeText(topologyWith(sqliteSink())), /^ {2}sink {8}sqlite, after each commit$/m);
  t.end();
});
