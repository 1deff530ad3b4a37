// Columns of a file by name, by path and as --map says.
import t from 'tap';
import { nullable, timestamp, timestampIn } from '../../../../src/core/column-types.ts';
import { schemaOf } from '../../../../src/topology/columns-schema.ts';
import { RowMapping, type Target } from '../../../../src/app/commands/load/row-mapping.ts';

const target: Target = {
  schema: {
    id: { kind: 'string', nullable: false },
    'after.amount': { kind: 'number', nullable: false },
    note: { kind: 'string', nullable: true },
    at: { kind: 'number', nullable: false },
  },
  columns: undefined,
  eventTime: 'at',
  unit: 'ms',
  nowMs: null,
  names: new Map([['id', 'Payment ID']]),
};

t.test('a table', async (t) => {
  const mapping = new RowMapping('a.csv', ['at', 'Payment ID', 'after.amount', 'extra'], target);
  t.strictSame(mapping.eventOf(['5', 'p1', '2', 'x']), { id: 'p1', 'after.amount': 2, note: null, at: 5 });
  t.strictSame(mapping.unused, ['extra']);
  t.strictSame(mapping.absent, ['note']);
});

t.test('a table with nested values', async (t) => {
  const mapping = new RowMapping('a.parquet', ['at', 'Payment ID', 'after'], target);
  const event = { id: 'p1', 'after.amount': 2, note: null, at: 5 };
  t.strictSame(mapping.eventOf([5, 'p1', { amount: 2 }]), event);
  t.throws(() => mapping.eventOf([5, 'p1', null]), { column: 'after.amount', message: /./ });
});

t.test('objects', async (t) => {
  const mapping = new RowMapping('a.ndjson', null, target);
  const event = { id: 'p1', 'after.amount': 2, note: null, at: 5 };
  t.strictSame(mapping.eventOf({ 'Payment ID': 'p1', after: { amount: 2 }, at: 5 }), event);
  t.strictSame(mapping.eventOf({ 'Payment ID': 'p1', 'after.amount': 2, at: 5 }), event, 'a name with a dot');
  const both = { 'Payment ID': 'p1', 'after.amount': 2, after: { amount: 2 }, at: 5 };
  t.throws(() => mapping.eventOf(both), { column: 'after.amount', message: /there twice/ });
  t.throws(() => mapping.eventOf({ 'Payment ID': 'p1', at: 5 }), { column: 'after.amount', message: /./ });
  t.throws(() => mapping.eventOf(JSON.parse('{"__proto__":{"at":5}}') as object), {
    column: 'id',
    message: /./,
  });
});

t.test('a file without a column that may not be null', async (t) => {
  t.throws(() => new RowMapping('a.csv', ['Id', 'After.Amount', 'At'], { ...target, names: new Map() }), {
    code: 'DATA_INVALID',
    message:
      /no column for id, after\.amount, at: its columns are Id, After\.Amount, At .*--map Id=id --map After\.Amount=after\.amount --map At=at/,
  });
});

t.test('a file that is empty, or has another delimiter, says what to do', (t) => {
  const refused = (columns: readonly string[], message: RegExp, remedy: RegExp): void =>
    void t.throws(() => new RowMapping('a.csv', columns, target), { code: 'DATA_INVALID', message, remedy });
  refused([], /the file is empty/, /--columns/);
  refused(['id;amount;at'], /has one column, 'id;amount;at'/, /--delimiter ';'/);
  refused(['id\tamount'], /has one column/, /--delimiter '\\t'/);
  refused(['id'], /has no column for/, /--map/);
  t.end();
});

t.test('numbers of instants count what the topology declares, or what the file has', async (t) => {
  const columns = { at: timestampIn('s'), seen: nullable(timestampIn('us')), plain: nullable(timestamp) };
  const units = { schema: schemaOf(columns), columns, eventTime: 'at', nowMs: 1.8e12, names: new Map() };
  const names = Object.keys(columns);
  const declared = new RowMapping('a.csv', names, { ...units, unit: null });
  const MS = 1_777_636_800_123;
  t.strictSame(declared.eventOf(['1777636800.123', `${MS}999`, String(MS)]), { at: MS, seen: MS, plain: MS });
  t.strictSame(declared.eventOf([1_777_636_800n, null, null]), {
    at: 1_777_636_800_000,
    seen: null,
    plain: null,
  });
  t.strictSame(declared.eventOf([new Date(MS), null, null]), { at: MS, seen: null, plain: null });
  t.throws(() => declared.eventOf([String(MS), null, null]), {
    message: /in milliseconds: declare the column as timestamp, or give --time-unit ms$/,
  });
  const given = new RowMapping('a.csv', names, { ...units, unit: 'ns' });
  t.match(given.eventOf([`${MS}000001`, `${MS}999999`, null]), { at: MS, seen: MS });
});
