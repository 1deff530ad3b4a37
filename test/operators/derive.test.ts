// Columns and filters that are computed by a function, compared with the function itself, row by row.
import fc from 'fast-check';
import { of as observableOf } from 'rxjs';
import t from 'tap';
import type { Batch, DictColumn, NumberColumn } from '../../src/core/batch.ts';
import { NULL_CODE } from '../../src/core/dictionary.ts';
import {
  above,
  derive,
  filter,
  map,
  numberFrom,
  numbersFrom,
  rowsWhere,
  stringFrom,
  text,
} from '../../src/index.ts';
import { withRows } from '../../src/operators/rows.ts';
import { RowBatches, type Row } from '../../src/testing/index.ts';
import { StageBench } from '../support/stage-bench.ts';

const number = { kind: 'number', nullable: true } as const;
const string = { kind: 'string', nullable: true } as const;
const schema = { a: number, b: number, c: number, d: number, e: number, s: string, u: string, at: number };

const numbers = (batch: Batch | undefined, name: string): Array<number | null> => {
  const { columns, rows } = batch as Batch;
  const { values } = columns[name] as NumberColumn;
  return Array.from(rows, (row) => (Number.isNaN(values[row]) ? null : (values[row] as number)));
};
const strings = (batch: Batch | undefined, name: string): Array<string | null> => {
  const { columns, rows } = batch as Batch;
  const { codes, dictionary } = columns[name] as DictColumn;
  return Array.from(rows, (row) => dictionary.decode(codes[row] as number) ?? null);
};

const value = fc.oneof(fc.constant(null), fc.integer({ min: -9, max: 9 }));
const word = fc.constantFrom(null, 'x', 'y', 'x|y', '');
const rowArbitrary = fc.record({ a: value, b: value, c: value, d: value, e: value, s: word, u: word });
const nan = (v: unknown): number => (v === null ? Number.NaN : (v as number));
const plain = (v: number): number | null => (Number.isNaN(v) ? null : v);

t.test(
  'property: each column equals the result of its function, for any number of inputs and any batching',
  async (t) => {
    const sum = (...values: number[]): number => values.reduce((all, v) => 3 * all + v, 0);
    const show = (...values: Array<number | string | null>): string | null =>
      values[0] === null ? null : values.map(String).join('/');
    const stage = derive('derived', {
      none: numberFrom([], () => 7),
      one: numberFrom(['a'], sum),
      two: numberFrom(['a', 'b'], sum),
      three: numberFrom(['a', 'b', 'c'], sum),
      four: numberFrom(['a', 'b', 'c', 'd'], sum),
      five: numberFrom(['a', 'b', 'c', 'd', 'e'], sum),
      length: numberFrom([text('s')], (s) => s?.length ?? -1),
      pair: stringFrom([text('s'), text('u')], show),
      mixed: stringFrom([text('s'), 'a'], show),
      whole: numbersFrom(['a', text('s')], (into, rows, a, s) => {
        for (const row of rows) if (s.codes[row] !== NULL_CODE) into[row] = (a[row] as number) + 1;
      }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(rowArbitrary, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(3),
        async (rows, size, dead) => {
          const bench = new StageBench(stage, { schema });
          const batches = new RowBatches(schema, 'at');
          for (let at = 0; at < rows.length; at += size) {
            const given = rows.slice(at, at + size);
            const whole = batches.next(given.map((row): Row => ({ ...row, at: 0 })));
            const live = Int32Array.from(given.keys()).filter((row) => row % 4 !== dead);
            bench.push(withRows(whole, live));
            const out = bench.batches.at(-1);
            const alive = given.filter((_row, i) => i % 4 !== dead);
            const each = (f: (row: (typeof rows)[number]) => number): Array<number | null> =>
              alive.map((row) => plain(f(row)));
            const expected: Array<[string, unknown]> = [
              ['none', each(() => 7)],
              ['one', each(({ a }) => sum(nan(a)))],
              ['two', each(({ a, b }) => sum(nan(a), nan(b)))],
              ['three', each(({ a, b, c }) => sum(nan(a), nan(b), nan(c)))],
              ['four', each(({ a, b, c, d }) => sum(nan(a), nan(b), nan(c), nan(d)))],
              ['five', each(({ a, b, c, d, e }) => sum(nan(a), nan(b), nan(c), nan(d), nan(e)))],
              ['length', each(({ s }) => s?.length ?? -1)],
              ['whole', each(({ a, s }) => (s === null ? Number.NaN : nan(a) + 1))],
            ];
            for (const [name, values] of expected) t.same(numbers(out, name), values, name);
            t.same(
              strings(out, 'pair'),
              alive.map(({ s, u }) => show(s, u)),
            );
            t.same(
              strings(out, 'mixed'),
              alive.map(({ s, a }) => show(s, nan(a))),
            );
            if (!t.passing()) throw new Error('see above');
          }
        },
      ),
      { seed: 2, numRuns: 60 },
    );
  },
);

t.test('a function of strings only is called once per combination', async (t) => {
  let calls = 0;
  const stage = derive({
    key: stringFrom([text('s'), text('u')], (s, u) => {
      calls += 1;
      return `${s}${u}`;
    }),
  });
  const bench = new StageBench(stage, { schema });
  const batches = new RowBatches(schema, 'at');
  for (let i = 0; i < 3; i++)
    bench.push(
      batches.next([
        { s: 'a', u: 'b', at: 1 },
        { s: 'a', u: 'c', at: 1 },
        { s: 'a', u: 'b', at: 1 },
      ]),
    );
  t.equal(calls, 2);
  t.same(strings(bench.batches.at(-1), 'key'), ['ab', 'ac', 'ab']);
});

t.test('the result of a preview is reused for the batch and its parts only', async (t) => {
  let calls = 0;
  const stage = derive({
    double: numberFrom(['a'], (a) => {
      calls += 1;
      return 2 * a;
    }),
    constant: numberFrom([], () => 1),
  });
  const bench = new StageBench(stage, { schema });
  const batches = new RowBatches(schema, 'at');
  const batch = batches.next([1, 2, 3].map((a) => ({ a, at: 0 })));
  const seen = bench.instance.preview?.(batch);
  t.same(numbers(seen, 'double'), [2, 4, 6]);
  bench.instance.preview?.(batch);
  bench.push(withRows(batch, Int32Array.of(0)));
  bench.push(withRows(batch, Int32Array.of(2)));
  t.same(
    bench.batches.map((out) => numbers(out, 'double')),
    [[2], [6]],
  );
  t.equal(calls, 3, 'once per row');
  const other = { kind: 'number', values: Float64Array.of(5, 6, 7) } as const;
  bench.push({ ...batch, columns: { ...batch.columns, a: other } });
  t.same(numbers(bench.batches.at(-1), 'double'), [10, 12, 14], 'the input has been replaced since');
  bench.push(batches.next([{ a: 4, at: 0 }]));
  t.same(numbers(bench.batches.at(-1), 'double'), [8]);
  t.equal(numbers(bench.batches.at(-1), 'constant').length, 1);
});

t.test('map computes columns from their values before the stage', async (t) => {
  const stage = map('swap', { a: numberFrom(['b'], (b) => b), b: numberFrom(['a'], (a) => a) });
  const bench = new StageBench(stage, { schema });
  const batch = new RowBatches(schema, 'at').next([{ a: 1, b: 2, at: 0 }]);
  bench.push(batch);
  t.same([numbers(bench.batches[0], 'a'), numbers(bench.batches[0], 'b')], [[2], [1]]);
  t.same(numbers(batch, 'a'), [1], 'the input batch is unchanged');
  t.same(stage.replaces, ['a', 'b']);
  t.same(stage.reads, ['a: number', 'b: number']);
});

t.test('filter: by a predicate, by a function; counted by stage', async (t) => {
  const rows: Row[] = [
    { a: 1, s: 'x', at: 0 },
    { a: 5, s: 'x', at: 0 },
    { a: null, s: 'x', at: 0 },
    { a: 9, s: 'y', at: 0 },
  ];
  const cases = [
    [filter({ a: above(1), s: 'x' }), [1], 3],
    [
      filter(
        'own',
        rowsWhere(['a', text('s')], (a, s) => a > 4 || s === 'x'),
      ),
      [0, 1, 2, 3],
      0,
    ],
    [filter(rowsWhere([text('s')], (s) => s === 'y')), [3], 3],
    [filter({}), [0, 1, 2, 3], 0],
  ] as const;
  for (const [stage, kept, dropped] of cases) {
    const bench = new StageBench(stage, { schema });
    const batch = new RowBatches(schema, 'at').next(rows);
    t.same(Array.from(bench.instance.preview?.(batch).rows ?? []), kept);
    t.equal(bench.dropped, 0, 'a preview does not count');
    bench.push(batch);
    t.same(bench.keptOffsets, kept);
    t.equal(bench.dropped, dropped);
  }
  t.equal(filter('own', {}).id, 'own');
});

t.test('columns that are not there', (t) => {
  const stage = derive('risky', { size: numberFrom([text('s')], () => 1) });
  const machine = new StageBench(stage, { schema }).instance;
  const bare = new RowBatches({ at: number }, 'at').next([{ at: 0 }]);
  t.same(
    Object.keys(machine.preview?.(bare).columns ?? {}),
    ['at'],
    'a preview leaves out what it cannot know',
  );
  let failure: unknown;
  observableOf(bare)
    .pipe(machine.operator)
    .subscribe({ error: (error: unknown) => (failure = error) });
  t.match(failure, { code: 'TOPOLOGY_INVALID', message: /no string column 's'/ });
  t.end();
});
