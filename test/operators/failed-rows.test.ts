// Functions of a topology that throw for some events.
import t from 'tap';
import {
  binary,
  defineTopology,
  derive,
  features,
  filter,
  labels,
  map,
  numberFrom,
  numbersFrom,
  numeric,
  rowsWhere,
  score,
  stringFrom,
  text,
  watermarks,
} from '../../src/index.ts';
import type { Stage } from '../../src/operators/stage.ts';
import { numberLabel } from '../../src/tasks/label.ts';
import { RowBatches, TopologyDriver } from '../../src/testing/index.ts';
import { order, ordersSchema, payment } from '../support/orders.ts';
import { StageBench } from '../support/stage-bench.ts';

const number = { kind: 'number', nullable: true } as const;
const schema = { a: number, s: { kind: 'string', nullable: true }, at: number } as const;

t.test('an event for which a function throws is set aside, with its stage; the others go on', (t) => {
  const parse = (s: string | null): number => JSON.parse(s ?? '') as number;
  const strict = (a: number): number => {
    if (a === 3) throw new RangeError('no threes');
    return a;
  };
  const stages: Readonly<Record<string, Stage>> = {
    texts: derive('risky', { size: numberFrom([text('s')], parse) }),
    numbers: map('risky', { a: numberFrom(['a'], strict) }),
    columns: derive('risky', {
      twice: numbersFrom(['a'], (into, selected, a) => {
        for (const row of selected) into[row] = 2 * strict(a[row] as number);
      }),
    }),
    // A project in JavaScript may return anything.
    kinds: derive('risky', { name: stringFrom(['a'], (a) => (a === 3 ? (7 as unknown as string) : 'b')) }),
    filter: filter(
      'risky',
      rowsWhere(['a'], (a) => strict(a) > 0),
    ),
  };
  const rows = [
    { a: 1, s: '1', at: 0 },
    { a: 3, s: 'no JSON', at: 0 },
    { a: 2, s: '2', at: 0 },
    { a: -1, s: '2', at: 0 },
  ];
  for (const [name, stage] of Object.entries(stages)) {
    for (const previews of [true, false]) {
      const bench = new StageBench(stage, { schema });
      const batch = new RowBatches(schema, 'at').next(rows);
      if (previews) bench.instance.preview?.(batch);
      bench.push(batch);
      t.same(bench.keptOffsets, name === 'filter' ? [0, 2] : [0, 2, 3], name);
      t.match(bench.rejected, [{ offset: 1, code: 'STAGE_FAILED', message: /^stage risky/ }], name);
      t.equal(bench.rejected.length, 1);
      t.equal(bench.dropped, name === 'filter' ? 1 : 0, 'what is set aside is not filtered');
    }
  }
  t.end();
});

t.test('after the features, an event for which a function throws is predicted, and reported', (t) => {
  const fails = (a: number): number => {
    if (a === 1) throw new Error('never');
    return a;
  };
  const bench = new StageBench(derive('risky', { size: numberFrom(['a'], fails) }), { schema });
  const features = {
    width: 1,
    rowCount: 1,
    rows: Int32Array.of(0),
    values: Float32Array.of(1),
    entities: [],
  };
  bench.push({ ...new RowBatches(schema, 'at').next([{ a: 1, at: 0 }]), features });
  t.same(bench.keptOffsets, [0]);
  t.same(bench.rejected, []);
  t.match([...bench.telemetry.conditions], [['function_failed test risky', /never/]]);
  bench.push(new RowBatches(schema, 'at').next([{ a: 2, at: 0 }]));
  t.equal(bench.telemetry.conditions.size, 0, 'until it works again');
  t.end();
});

t.test('an event whose label cannot be read is set aside, and its prediction waits on', async (t) => {
  const label = numberLabel('paid', (paid) => {
    if (paid === 7) throw new RangeError('no sevens');
    return paid;
  });
  const topology = defineTopology({
    name: 'orders',
    source: { topic: 'orders', eventTime: 'at', partitions: 1 },
    stages: [
      watermarks(),
      features({ when: { type: 'order' }, fields: { amount: numeric('amount') } }),
      score({ key: 'id' }),
      labels({ key: 'id', when: { type: 'payment' }, task: { ...binary({ column: 'paid' }), label } }),
    ],
  });
  const driver = new TopologyDriver(topology, { schema: ordersSchema });
  await driver.send([order('a', 'ann', 1, 0), payment('a', 7, 1)]);
  t.match(driver.deadLetters, [{ code: 'STAGE_FAILED', message: /^stage labels, label: .*no sevens/ }]);
  t.same(driver.labels, []);
  await driver.send([payment('a', 1, 2)]);
  t.match(driver.labels, [{ key: 'a', label: 1 }]);
});
