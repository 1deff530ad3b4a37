// Labels that are corrected and taken back, and those that a time-out gives: beside a model that keeps every event.
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
  multiclass,
  numeric,
  score,
  watermarks,
  type LabelsOptions,
  type Topology,
} from '../../src/index.ts';
import { TopologyDriver, type Row } from '../../src/testing/index.ts';
import { sendInBatches } from '../support/in-batches.ts';
import { order, ordersSchema, payment, withdrawn } from '../support/orders.ts';

const TIMEOUT = minutes(30);
const WITHIN = minutes(90);

function topologyOf(options: Partial<LabelsOptions>): Topology {
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
        task: binary({ column: 'paid', positive: atLeast(1) }),
        timeoutMs: TIMEOUT,
        earlyMs: 0,
        ...options,
      }),
    ],
  });
}

const corrected: Partial<LabelsOptions> = { correctedWithinMs: WITHIN, withdrawn: { type: 'withdrawn' } };

interface Said {
  readonly key: string;
  readonly label: number | null;
  readonly revision: number;
}

async function run(
  topology: Topology,
  rows: readonly Row[],
  sizes: readonly number[],
  restarts: boolean,
): Promise<Said[]> {
  const driver = new TopologyDriver(topology, { schema: ordersSchema, hotKeysMax: restarts ? 1 : 1_000 });
  await sendInBatches(driver, rows, sizes, restarts);
  return driver.labels.map(({ key, label, revision = 0 }) => ({ key, label, revision }));
}

/** What each prediction is said to be, event by event, with all predictions in one list that is searched from the end. */
function oracle(rows: readonly Row[], otherwise: number | null): Said[] {
  const predictions: Array<{ key: string; at: number; label: number | null; revision: number }> = [];
  const said: Said[] = [];
  const TICKS = TIMEOUT / 16;
  let watermark = Number.NEGATIVE_INFINITY;
  const say = (one: (typeof predictions)[number], label: number | null): void => {
    one.label = label;
    one.revision += 1;
    said.push({ key: one.key, label, revision: one.revision });
  };
  const timeOut = (): void => {
    const due = predictions.filter(({ at, revision }) => revision < 0 && at + TIMEOUT <= watermark);
    const bucket = ({ at }: { at: number }): number => Math.floor((at + TIMEOUT) / TICKS);
    const whole = due.filter((one) => (bucket(one) + 1) * TICKS <= watermark);
    for (const one of whole.sort((a, b) => bucket(a) - bucket(b))) say(one, otherwise);
  };
  for (const row of rows) {
    const at = Number(row['at']);
    timeOut();
    // What can be corrected no longer is forgotten by sixteenths of the time, where the watermark is before the event.
    const isKept = (one: { readonly at: number }): boolean =>
      (Math.floor((one.at + WITHIN) / (WITHIN / 16)) + 1) * (WITHIN / 16) > before;
    const before = watermark;
    watermark = Math.max(watermark, at);
    const key = String(row['id']);
    if (row['type'] === 'order') {
      predictions.push({ key, at, label: null, revision: -1 });
      continue;
    }
    const one = predictions.findLast((candidate) => candidate.key === key);
    if (one === undefined) continue;
    const isBack = row['type'] === 'withdrawn';
    if (one.revision < 0 && isBack) continue;
    const label = isBack ? null : Number(row['paid']);
    if (one.revision < 0 && at <= one.at + TIMEOUT) {
      say(one, label);
      continue;
    }
    if (one.revision < 0) say(one, otherwise);
    if (isKept(one) && at <= one.at + WITHIN && label !== one.label) say(one, label);
  }
  timeOut();
  return said;
}

t.test('property: every correction, in any batches and with any restarts', async (t) => {
  const steps = fc.array(
    fc.record({
      kind: fc.constantFrom('order', 'payment', 'payment', 'withdrawn'),
      id: fc.integer({ min: 0, max: 5 }),
      paid: fc.integer({ min: 0, max: 1 }),
      stepMs: fc.integer({ min: 1, max: minutes(9) }),
      behindMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: minutes(20) })),
    }),
    { minLength: 10, maxLength: 60, size: 'max' },
  );
  const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 6 });
  let revised = 0;
  await fc.assert(
    fc.asyncProperty(steps, sizes, fc.boolean(), async (events, plan, isNegative) => {
      let nowMs = hours(10);
      const ids = new Map<number, number>();
      const rows = events.map(({ kind, id, paid, stepMs, behindMs }, i) => {
        nowMs += stepMs;
        const at = nowMs - behindMs;
        // A key stands for one prediction.
        if (kind === 'order') ids.set(id, (ids.get(id) ?? 0) + 1);
        const key = `${id}.${ids.get(id) ?? 0}`;
        const row =
          kind === 'order'
            ? order(key, 'ann', 1, at)
            : kind === 'payment'
              ? payment(key, paid, at)
              : withdrawn(key, at);
        return { ...row, event: String(i) };
      });
      const topology = topologyOf({ ...corrected, ...(isNegative ? { otherwise: 0 } : {}) });
      const wanted = oracle(rows, isNegative ? 0 : null);
      revised += wanted.filter(({ revision }) => revision > 0).length;
      t.strictSame(await run(topology, rows, [1_000], false), wanted);
      t.strictSame(await run(topology, rows, plan, false), wanted);
      t.strictSame(await run(topology, rows, plan, true), wanted);
      if (!t.passing()) throw new Error('see above');
    }),
    { seed: 3, numRuns: 60 },
  );
  t.ok(revised > 200, `${revised} corrections`);
});

const at = hours(10);
const first = [order('a', 'ann', 1, at), { ...payment('a', 1, at + 1), event: '1' }];

t.test('without the option a second label corrects nothing', async (t) => {
  const rows = [...first, { ...payment('a', 0, at + 2), event: '2' }];
  t.same(await run(topologyOf({}), rows, [10], false), [{ key: 'a', label: 1, revision: 0 }]);
});

t.test('a label that was taken back can be given again', async (t) => {
  const rows = [
    ...first,
    { ...withdrawn('a', at + 2), event: '2' },
    { ...withdrawn('a', at + 3), event: '3' },
    { ...payment('a', 0, at + 4), event: '4' },
  ];
  t.same(await run(topologyOf(corrected), rows, [1], true), [
    { key: 'a', label: 1, revision: 0 },
    { key: 'a', label: null, revision: 1 },
    { key: 'a', label: 0, revision: 2 },
  ]);
});

t.test('a label that waits for its prediction is corrected and taken back too', async (t) => {
  const early = topologyOf({ ...corrected, earlyMs: hours(1) });
  const given = { ...payment('a', 1, at - 3), event: '1' };
  const other = { ...payment('a', 0, at - 2), event: '2' };
  t.same(await run(early, [given, other, order('a', 'ann', 1, at)], [1], true), [
    { key: 'a', label: 0, revision: 0 },
  ]);
  const back = { ...withdrawn('a', at - 1), event: '3' };
  t.same(await run(early, [given, back, order('a', 'ann', 1, at)], [1], true), []);
});

t.test('what a time-out means, of each task', (t) => {
  const classes = ['good', 'bad'];
  const kinds = multiclass({ column: 'event', classes });
  t.equal(labels({ key: 'id', task: kinds, otherwise: 'bad' }).options.timedOutLabel, 1);
  const refused = (options: LabelsOptions): string => {
    try {
      defineTopology({
        name: 'orders',
        source: { topic: 'orders', eventTime: 'at' },
        stages: [
          watermarks(),
          features({ fields: { amount: numeric('amount') } }),
          score({ key: 'id' }),
          labels(options),
        ],
      });
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const task = binary({ column: 'paid' });
  t.match(refused({ key: 'id', task: kinds, otherwise: 'ugly' }), /otherwise.*'ugly' is no label.*good, bad/);
  t.match(refused({ key: 'id', task, otherwise: 2 }), /otherwise.*2 is no label.*give 0 or 1/);
  t.match(refused({ key: 'id', task, otherwise: Number.NaN }), /otherwise/);
  t.match(refused({ key: 'id', task, withdrawn: { type: 'x' } }), /withdrawn.*correctedWithinMs/);
  t.end();
});
