// Which events are forwarded with which key, and what happens to events without a key.
import fc from 'fast-check';
import t from 'tap';
import {
  contract,
  count,
  dedupe,
  defineTopology,
  features,
  hours,
  oneOf,
  repartition,
  score,
  sliding,
  view,
  watermarks,
} from '../../src/index.ts';
import { RowBatches, TopologyDriver, type Row } from '../../src/testing/index.ts';
import { order, ordersSchema } from '../support/orders.ts';
import { StageBench } from '../support/stage-bench.ts';

const string = { kind: 'string', nullable: true } as const;
const schema = { a: string, b: string, at: { kind: 'number', nullable: true } } as const;

t.test(
  'keys are the texts of entity keys; events without one are rejected, or passed and counted',
  async (t) => {
    const text = fc.option(fc.constantFrom('x', 'y', 'é', '', 'x|y'), { nil: null });
    const rowArbitrary = fc.record({ a: text, b: text, at: fc.constant(1) });
    fc.assert(
      fc.property(
        fc.array(fc.array(rowArbitrary, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 6 }),
        fc.constantFrom('dead-letter' as const, 'pass' as const),
        fc.nat(5),
        (given, withoutKey, newDictionariesAt) => {
          const stage = repartition('again', { key: ['b', 'a'], partitions: 3, withoutKey });
          const bench = new StageBench(stage, { schema });
          let batches = new RowBatches(schema, 'at');
          const all: Array<{ readonly offset: number; readonly row: Row }> = [];
          for (const [i, rows] of given.entries()) {
            // Full dictionaries are replaced by new ones, whose codes start at 0 again.
            if (i === newDictionariesAt) batches = new RowBatches(schema, 'at');
            const batch = batches.next(rows);
            for (const [i, row] of rows.entries()) all.push({ offset: batch.offsets[i] as number, row });
            bench.push(batch);
          }
          const hasKey = ({ row }: { readonly row: Row }): boolean => row['a'] !== null && row['b'] !== null;
          const keyed = all.filter(hasKey);
          const escaped = (value: unknown): string => String(value).replaceAll('|', '\\|');
          t.strictSame(
            bench.repartitioned,
            keyed.map(({ offset, row }) => ({ offset, key: `${escaped(row['b'])}|${escaped(row['a'])}` })),
          );
          const without = all.filter((event) => !hasKey(event));
          const passes = withoutKey === 'pass';
          const offsetsOf = (events: typeof all): number[] => events.map(({ offset }) => offset);
          t.strictSame(bench.keptOffsets, offsetsOf(passes ? all : keyed));
          t.strictSame(
            bench.rejected.map(({ offset, code }) => `${offset} ${code}`),
            passes ? [] : offsetsOf(without).map((offset) => `${offset} CONTRACT_NULL`),
          );
          t.equal(bench.telemetry.counts.get('events_unkeyed_total') ?? 0, passes ? without.length : 0);
          if (!t.passing()) throw new Error('see above');
        },
      ),
      { numRuns: 200, seed: 1 },
    );
  },
);

t.test('a dead letter names the columns of the key', async (t) => {
  const bench = new StageBench(repartition('again', { key: ['a', 'b'], partitions: 1 }), { schema });
  bench.push(new RowBatches(schema, 'at').next([{ a: 'x', b: null, at: 0 }]));
  t.match(bench.rejected, [{ message: 'the event has no key to repartition by: a, b' }]);
});

t.test(
  'rejected, duplicate and late events are not forwarded; later stages process the others',
  async (t) => {
    const topology = defineTopology({
      name: 'orders',
      source: { topic: 'orders', eventTime: 'at', partitions: 1 },
      stages: [
        contract('contract', [
          oneOf('user', ['ann', 'other'], { otherwise: { default: 'other' } }),
          oneOf('type', ['order']),
        ]),
        dedupe('dedupe', { by: ['event'], withinMs: hours(1) }),
        watermarks({ allowedLatenessMs: 0 }),
        repartition('by-user', { key: ['user'], partitions: 2 }),
        features('features', {
          when: { type: 'order' },
          views: { user: view(['user'], { n: count({ over: sliding(hours(1)) }) }) },
        }),
        score('score', { key: 'id', fallback: 0 }),
      ],
    });
    const driver = new TopologyDriver(topology, { schema: ordersSchema });
    await driver.send([
      order('1', 'ann', 1, 10),
      order('1', 'ann', 1, 10),
      order('2', 'zoe', 2, 11),
      { ...order('3', 'ann', 3, 12), type: 'refund' },
      order('4', 'ann', 4, 9),
      order('5', null, 5, 13),
      order('6', 'ann', 6, 14),
    ]);
    t.match(driver.repartitioned, [
      { key: 'ann', row: { id: '1' } },
      { key: 'other', row: { id: '2', user: 'zoe' } },
      { key: 'ann', row: { id: '6' } },
    ]);
    t.equal(driver.repartitioned.length, 3);
    t.same(
      driver.deadLetters.map(({ code, row }) => `${code} ${String(row['id'])}`),
      ['CONTRACT_CATEGORY 3', 'CONTRACT_NULL 5'],
    );
    t.same(
      driver.late.map((row) => row['id']),
      ['4'],
    );
    t.equal(driver.duplicates, 1);
    t.same(
      driver.predictions.map(({ key }) => key),
      ['1', '2', '6'],
    );
  },
);
