// Each kind of rule with each of its consequences.
import t from 'tap';
import {
  atLeast,
  contract,
  defineTopology,
  fresh,
  integer,
  oneOf,
  range,
  required,
  type Rule,
} from '../../src/index.ts';
import type { Batch, DictColumn, NumberColumn } from '../../src/core/batch.ts';
import { NULL_CODE } from '../../src/core/dictionary.ts';
import { ROW_DEFAULTED, ROW_FLAGGED } from '../../src/operators/contract.ts';
import { RowBatches, type Row } from '../../src/testing/index.ts';
import { StageBench } from '../support/stage-bench.ts';

const string = { kind: 'string', nullable: true } as const;
const number = { kind: 'number', nullable: true } as const;
const schema = { name: string, amount: number, at: number };

function check(rules: readonly Rule[], rows: readonly Row[]): StageBench {
  const bench = new StageBench(contract('contract', rules), { schema });
  bench.push(new RowBatches(schema, 'at').next(rows));
  return bench;
}

function columnsOf(bench: StageBench): Batch['columns'] {
  const [batch] = bench.batches;
  if (batch === undefined) throw new Error('no batch was emitted');
  return batch.columns;
}

const numbers = (bench: StageBench): number[] =>
  Array.from((columnsOf(bench)['amount'] as NumberColumn).values);
const strings = (bench: StageBench): Array<string | undefined> => {
  const { codes, dictionary } = columnsOf(bench)['name'] as DictColumn;
  return Array.from(codes, (code) => (code === NULL_CODE ? undefined : dictionary.decode(code)));
};

const rows: Row[] = [
  { name: 'a', amount: 1, at: 0 },
  { name: 'z', amount: 1.5, at: 0 },
  { name: null, amount: null, at: 0 },
  { name: 'b', amount: 11, at: 0 },
  { name: 'b', amount: -1, at: 0 },
  { name: 'b', amount: Number.POSITIVE_INFINITY, at: 0 },
];

const kinds = [
  { code: 'CONTRACT_NULL', make: required, column: 'amount', broken: [2], name: 'required(amount)' },
  { code: 'CONTRACT_NULL', make: required, column: 'name', broken: [2], name: 'required(name)' },
  {
    code: 'CONTRACT_RANGE',
    make: (column: string, options = {}) => range(column, 0, 10, options),
    column: 'amount',
    broken: [3, 4, 5],
    name: 'range(amount)',
  },
  { code: 'CONTRACT_TYPE', make: integer, column: 'amount', broken: [1, 5], name: 'integer(amount)' },
  {
    code: 'CONTRACT_CATEGORY',
    make: (column: string, options = {}) => oneOf(column, ['a', 'b', 'never met'], options),
    column: 'name',
    broken: [1],
    name: 'oneOf(name)',
  },
] as const;

for (const { code, make, column, broken, name } of kinds) {
  t.test(name, async (t) => {
    const whole = rows.map((_, i) => i);
    const letters = check([make(column)], rows);
    t.same(
      letters.rejected,
      broken.map((offset) => ({ offset, code, message: `the event breaks the rule ${name}` })),
    );
    t.same(
      letters.keptOffsets,
      whole.filter((i) => !broken.some((row) => row === i)),
    );

    const flagged = check([make(column, { otherwise: 'flag' })], rows);
    t.same(flagged.keptOffsets, whole);
    t.same(
      Array.from(flagged.batches[0]?.flags ?? []),
      whole.map((i) => (broken.some((row) => row === i) ? ROW_FLAGGED : 0)),
    );

    const value = column === 'name' ? 'other' : 7;
    const defaulted = check([make(column, { otherwise: { default: value } })], rows);
    const found = column === 'name' ? strings(defaulted) : numbers(defaulted);
    const expected = rows.map((row, i) => {
      if (broken.some((row) => row === i)) return value;
      return row[column] ?? (column === 'name' ? undefined : Number.NaN);
    });
    t.same(found, expected);
    t.ok(broken.every((i) => defaulted.batches[0]?.flags?.[i] === ROW_DEFAULTED));

    const missing = check([make(column, { otherwise: { default: null } })], rows);
    const empty = column === 'name' ? strings(missing) : numbers(missing);
    t.ok(broken.every((i) => empty[i] === undefined || Number.isNaN(empty[i])));

    for (const [bench, action] of [
      [letters, 'dead-letter'],
      [flagged, 'flag'],
      [defaulted, 'default'],
    ] as const) {
      const labels = JSON.stringify({ topology: 'test', rule: name, action });
      t.equal(bench.telemetry.counts.get(`contract_violations_total${labels}`), broken.length);
    }
  });
}

t.test('freshness is relative to the record timestamp, and has no default', async (t) => {
  const bench = new StageBench(contract('contract', [fresh({ aheadMs: 10, behindMs: 20 })]), { schema });
  const batch = new RowBatches(schema, 'at').next([-21, -20, 0, 10, 11].map((at) => ({ name: 'a', at })));
  bench.push({ ...batch, raw: { ...batch.raw, timestampMs: new Float64Array(5) } });
  t.same(bench.keptOffsets, [1, 2, 3]);
  t.same([...new Set(bench.rejected.map(({ code }) => code))], ['CONTRACT_FRESHNESS']);
  const source = { topic: 'orders', eventTime: 'at' };
  // @ts-expect-error -- there is no column that a default could go to
  const stages = [contract([required('a'), fresh({ aheadMs: 1, otherwise: { default: 1 } })])];
  t.throws(() => defineTopology({ name: 'orders', source, stages }), {
    code: 'TOPOLOGY_INVALID',
    message: /stages\[0\].rules\[1\]: the rule fresh has no column to default/,
  });
});

t.test('where: a rule applies to some events only', async (t) => {
  const only = { where: { name: 'b', amount: atLeast(0) } };
  t.same(
    check([range('amount', 0, 10, only)], rows).rejected.map(({ offset }) => offset),
    [3, 5],
  );
});

t.test(
  'a rejected event is not checked further; a later rule sees values that an earlier one has replaced',
  async (t) => {
    const refused = check([required('amount'), required('name'), integer('amount')], rows);
    t.same(
      refused.rejected.map(({ offset, code }) => [offset, code]),
      [
        [2, 'CONTRACT_NULL'],
        [1, 'CONTRACT_TYPE'],
        [5, 'CONTRACT_TYPE'],
      ],
    );
    const replaced = check(
      [range('amount', 0, 10, { otherwise: { default: null } }), required('amount')],
      rows,
    );
    t.same(
      replaced.rejected.map(({ offset }) => offset),
      [2, 3, 4, 5],
    );
  },
);

t.test('the input batch is not modified', async (t) => {
  const batch = new RowBatches(schema, 'at').next(rows);
  const bench = new StageBench(contract('c', [range('amount', 0, 10, { otherwise: { default: 5 } })]), {
    schema,
  });
  bench.push(batch);
  t.equal((batch.columns['amount'] as NumberColumn).values[3], 11);
  t.equal(batch.flags, null);
});
