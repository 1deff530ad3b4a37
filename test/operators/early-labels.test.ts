// Labels that come before their prediction: they wait, in state, until a time-out, and join it. An oracle that keeps
// every event says which label joins which prediction.
import fc from 'fast-check';
import t from 'tap';
import {
  atLeast,
  binary,
  defineTopology,
  features,
  hours,
  labels,
  minutes,
  numeric,
  score,
  watermarks,
  type LabelsOptions,
  type Topology,
} from '../../src/index.ts';
import { EARLY_LABELS_MAX } from '../../src/core/task-limits.ts';
import { EarlyLabels } from '../../src/operators/early-labels.ts';
import { StateChanges } from '../../src/operators/state-changes.ts';
import { emptyDelta } from '../../src/core/state-delta.ts';
import { TopologyDriver, type Row } from '../../src/testing/index.ts';
import { sendInBatches } from '../support/in-batches.ts';
import { order, ordersSchema, payment, withdrawn } from '../support/orders.ts';

const TIMEOUT_MS = minutes(30);
const EARLY_MS = minutes(20);
const BUCKETS = 16;

function topologyOf(more: Partial<LabelsOptions> = {}): Topology {
  return defineTopology({
    name: 'orders',
    source: { topic: 'orders', eventTime: 'at', partitions: 1 },
    stages: [
      watermarks({ allowedLatenessMs: hours(1) }),
      features({ when: { type: 'order' }, fields: { amount: numeric('amount') } }),
      score({ key: 'id' }),
      labels({
        key: 'id',
        when: { type: 'payment' },
        never: { type: 'withdrawn' },
        task: binary({ column: 'paid', positive: atLeast(1) }),
        timeoutMs: TIMEOUT_MS,
        earlyMs: EARLY_MS,
        ...more,
      }),
    ],
  });
}

const topology = topologyOf();

function open(more?: Partial<LabelsOptions>): TopologyDriver {
  return new TopologyDriver(more === undefined ? topology : topologyOf(more), { schema: ordersSchema });
}

t.test('a label joins the prediction that comes after it', async (t) => {
  const driver = open();
  await driver.send([payment('a', 1, minutes(1)), withdrawn('b', minutes(1)), payment('c', 0, minutes(2))]);
  await driver.barrier();
  await driver.restart();
  t.same(driver.labels, []);
  await driver.send([order('a', 'ann', 1, minutes(3)), order('b', 'ann', 1, minutes(3))]);
  await driver.send([order('c', 'ann', 1, minutes(1))]);
  t.match(driver.labels, [
    { key: 'a', label: 1 },
    { key: 'b', label: null },
    { key: 'c', label: 0 },
  ]);
  await driver.send([payment('a', 0, minutes(4)), order('a', 'ann', 1, minutes(40))]);
  t.equal(driver.labels.length, 3, 'the wait of the second label has ended');
  t.equal(driver.telemetry.counts.get('labels_early_joined_total'), 3);
  t.equal(driver.telemetry.counts.get('labels_unmatched_total'), 1);
});

t.test('the first of several labels counts, and 0 switches the wait off', async (t) => {
  const driver = open();
  await driver.send([payment('a', 0, minutes(1)), { ...payment('a', 1, minutes(1)), event: 'again' }]);
  await driver.send([order('a', 'ann', 1, minutes(2)), { ...payment('a', 1, minutes(3)), event: 'third' }]);
  t.match(driver.labels, [{ key: 'a', label: 0 }]);
  const off = open({ earlyMs: 0 });
  await off.send([payment('a', 0, minutes(1)), order('a', 'ann', 1, minutes(2))]);
  t.same(off.labels, []);
  t.equal(off.telemetry.counts.get('labels_unmatched_total'), 1);
  t.throws(() => topologyOf({ earlyMs: -1 }), { code: 'TOPOLOGY_INVALID' });
});

t.test('the wait ends while a source is idle, and after lost state', async (t) => {
  const driver = open();
  await driver.send([payment('a', 1, 0), payment('b', 1, minutes(15))]);
  await driver.barrier();
  await driver.advance(minutes(30));
  await driver.barrier();
  await driver.loseState();
  await driver.send([order('a', 'ann', 1, minutes(30)), order('b', 'ann', 1, minutes(31))]);
  t.match(driver.labels, [{ key: 'b', label: 1 }]);
  t.equal(driver.labels.length, 1);
});

/** What joins, by the documented rules. */
function expected(rows: readonly Row[]): Array<[string, number]> {
  const predictions = new Map<string, number>();
  const early = new Map<string, { readonly label: number; readonly timeMs: number }>();
  const joined: Array<[string, number]> = [];
  const bucketMs = TIMEOUT_MS / BUCKETS;
  let watermarkMs = Number.NEGATIVE_INFINITY;
  const join = (key: string, predictedMs: number, label: number, timeMs: number): boolean => {
    const inTime = timeMs <= predictedMs + TIMEOUT_MS;
    if (inTime) joined.push([key, label]);
    return inTime;
  };
  for (const row of rows) {
    const { id, at, type } = row as { id: string; at: number; type: string };
    // Predictions are given up with the sixteenth of the time-out that theirs falls into.
    for (const [key, timeMs] of predictions)
      if ((Math.floor((timeMs + TIMEOUT_MS) / bucketMs) + 1) * bucketMs <= watermarkMs)
        predictions.delete(key);
    watermarkMs = Math.max(watermarkMs, at);
    if (at + hours(1) < watermarkMs) continue;
    for (const [key, { timeMs }] of early) if (timeMs + EARLY_MS < watermarkMs) early.delete(key);
    if (type === 'order') {
      const waiting = early.get(id);
      if (early.delete(id) && waiting !== undefined) join(id, at, waiting.label, waiting.timeMs);
      else predictions.set(id, at);
      continue;
    }
    const label = Number(row['paid']);
    const predictedMs = predictions.get(id);
    if (predictions.delete(id) && predictedMs !== undefined && join(id, predictedMs, label, at)) continue;
    if (!early.has(id) && at + EARLY_MS >= watermarkMs) early.set(id, { label, timeMs: at });
  }
  return joined;
}

const steps = fc.array(
  fc.record({
    isOrder: fc.boolean(),
    id: fc.integer({ min: 0, max: 7 }),
    stepMs: fc.integer({ min: 0, max: minutes(6) }),
    behindMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: minutes(40) })),
  }),
  { minLength: 5, maxLength: 60, size: 'max' },
);

t.test('property: what joins is as documented, however events are batched and whatever dies', async (t) => {
  let joinedEarly = 0;
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      async (events, sizes, restarts) => {
        let nowMs = hours(10);
        const rows = events.map(({ isOrder, id, stepMs, behindMs }, i) => {
          nowMs += stepMs;
          const at = nowMs - behindMs;
          return isOrder
            ? order(String(id), 'ann', 1, at)
            : { ...payment(String(id), i % 2, at), event: `${i}` };
        });
        const driver = open();
        await sendInBatches(driver, rows, sizes, restarts);
        joinedEarly += driver.telemetry.counts.get('labels_early_joined_total') ?? 0;
        const found = driver.labels.flatMap(({ key, label }) => (label === null ? [] : [[key, label]]));
        t.same(found, expected(rows));
        if (!t.passing()) throw new Error('see above');
      },
    ),
    { seed: 3, numRuns: 150 },
  );
  t.ok(joinedEarly > 100, `${joinedEarly} labels were early`);
});

/** What the store has after these changes. */
class Store {
  readonly blobs = new Map<string, Buffer>();

  take(labels: EarlyLabels): void {
    const delta = emptyDelta();
    labels.snapshot(new StateChanges('labels', delta));
    for (const key of delta.deletes) this.blobs.delete(key);
    for (const { key, state } of delta.puts) this.blobs.set(key, Buffer.from(state));
    for (const { key, bytes } of delta.appends)
      this.blobs.set(key, Buffer.concat([this.blobs.get(key) ?? Buffer.alloc(0), bytes]));
  }

  get bytes(): number {
    return [...this.blobs.values()].reduce((sum, { length }) => sum + length, 0);
  }
}

t.test('bounded: labels of a partition, and what the store keeps of those that were taken', async (t) => {
  const labels = new EarlyLabels(EARLY_MS, Number.NEGATIVE_INFINITY);
  const store = new Store();
  for (let i = 0; i < 5_000; i++) {
    labels.hold(`k${i}`, { label: 1, timeMs: 0, offset: i }, 0);
    if (i % 2 === 0) labels.take(`k${i}`, 0);
    else labels.take(`k${i - 2}`, 0);
    if (i % 10 === 0) store.take(labels);
  }
  store.take(labels);
  t.equal(labels.size, 1);
  t.ok(store.bytes < 10_000, `${store.bytes} bytes for one label`);
  for (let i = 0; labels.size < EARLY_LABELS_MAX; i++)
    labels.hold(`n${i}`, { label: 1, timeMs: 1, offset: i }, 1);
  t.equal(labels.hold('more', { label: 1, timeMs: 1, offset: 1 }, 1), 'full');
  store.take(labels);
  t.ok(labels.isDue(minutes(30)));
  t.equal(labels.expire(minutes(30)), EARLY_LABELS_MAX);
  store.take(labels);
  t.equal(store.blobs.size, 0);
  t.equal(labels.hold('more', { label: 1, timeMs: minutes(30), offset: 1 }, minutes(30)), 'waits');
});
