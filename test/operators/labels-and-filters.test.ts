// A row that a filter drops after `watermarks` has advanced the watermark, so labels do not depend on batches.
import fc from 'fast-check';
import t from 'tap';
import {
  atLeast,
  binary,
  defineTopology,
  features,
  filter,
  hours,
  labels,
  minutes,
  numeric,
  score,
  watermarks,
} from '../../src/index.ts';
import { TopologyDriver, type Row } from '../../src/testing/index.ts';
import { sendInBatches } from '../support/in-batches.ts';
import { order, ordersSchema, payment } from '../support/orders.ts';

const topology = defineTopology({
  name: 'orders',
  source: { topic: 'orders', eventTime: 'at', partitions: 1 },
  stages: [
    watermarks({ allowedLatenessMs: hours(1) }),
    filter({ type: ['order', 'payment'] }),
    features({ when: { type: 'order' }, fields: { amount: numeric('amount') } }),
    score({ key: 'id' }),
    labels({
      key: 'id',
      when: { type: 'payment' },
      task: binary({ column: 'paid', positive: atLeast(1) }),
      timeoutMs: minutes(30),
      earlyMs: minutes(20),
    }),
  ],
});

const tick = (at: number): Row => ({ type: 'tick', id: 't', event: 't', at });

async function run(rows: readonly Row[], sizes: readonly number[], restarts: boolean): Promise<unknown> {
  const driver = new TopologyDriver(topology, { schema: ordersSchema, hotKeysMax: restarts ? 1 : 1_000 });
  await sendInBatches(driver, rows, sizes, restarts);
  return driver.labels.map(({ key, label }) => [key, label]);
}

t.test('property: labels are the same for any batching and any restart', async (t) => {
  const steps = fc.array(
    fc.record({
      kind: fc.constantFrom('order', 'payment', 'tick'),
      id: fc.integer({ min: 0, max: 5 }),
      stepMs: fc.integer({ min: 0, max: minutes(12) }),
      behindMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: minutes(50) })),
    }),
    { minLength: 5, maxLength: 60, size: 'max' },
  );
  let labelled = 0;
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 6 }),
      async (events, sizes) => {
        let nowMs = hours(10);
        const rows = events.map(({ kind, id, stepMs, behindMs }) => {
          nowMs += stepMs;
          const at = nowMs - behindMs;
          if (kind === 'tick') return tick(at);
          return kind === 'order' ? order(String(id), 'ann', 1, at) : payment(String(id), id % 2, at);
        });
        const whole = await run(rows, [1_000], false);
        labelled += (whole as unknown[]).length;
        t.same(await run(rows, sizes, false), whole);
        t.same(await run(rows, sizes, true), whole);
        if (!t.passing()) throw new Error('see above');
      },
    ),
    { seed: 6, numRuns: 100 },
  );
  t.ok(labelled > 500, `${labelled} labels`);
});
