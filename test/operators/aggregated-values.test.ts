// The values that aggregates receive from a column: numbers unchanged, strings as hashes, independent of the dictionary.
import t from 'tap';
import { stringHash } from '../../src/index.ts';
import { AggregatedValues } from '../../src/operators/aggregated-values.ts';
import { RowBatches } from '../../src/testing/index.ts';

const string = { kind: 'string', nullable: true } as const;
const number = { kind: 'number', nullable: true } as const;
const schema = { card: string, amount: number, at: number };
const rows = [
  { card: 'a', amount: 1, at: 0 },
  { card: null, amount: null, at: 1 },
  { card: 'b', amount: 2, at: 2 },
];

t.test('numbers are passed unchanged', async (t) => {
  const batch = new RowBatches(schema, 'at').next(rows);
  for (const input of ['number', 'any'] as const) {
    const values = new AggregatedValues({ name: 'amount', input }).of(batch);
    t.equal(values, (batch.columns['amount'] as { values: Float64Array }).values);
  }
});

t.test('strings are hashes that do not depend on the dictionary', async (t) => {
  const want = [stringHash('a'), Number.NaN, stringHash('b')];
  for (const input of ['string', 'any'] as const) {
    const values = new AggregatedValues({ name: 'card', input });
    t.same([...values.of(new RowBatches(schema, 'at').next(rows))], want);
    const others = new RowBatches(schema, 'at');
    others.next([{ card: 'z', at: 0 }]);
    t.same([...values.of(others.next(rows))], want, 'with another dictionary and other codes');
    t.same([...values.of(others.next(rows.slice(2)))].slice(0, 1), [stringHash('b')]);
  }
});

t.test('a column of another kind is an internal error: topologies are checked', async (t) => {
  const batch = new RowBatches(schema, 'at').next(rows);
  t.throws(() => new AggregatedValues({ name: 'card', input: 'number' }).of(batch), { code: 'INVARIANT' });
  t.throws(() => new AggregatedValues({ name: 'amount', input: 'string' }).of(batch), { code: 'INVARIANT' });
  t.throws(() => new AggregatedValues({ name: 'none', input: 'any' }).of(batch), { code: 'INVARIANT' });
});
