// What is said of rows whose columns only they name, and of what is nested in others.
import t from 'tap';
import { double, list, nullable, string, timestamp } from '../../../../src/core/column-types.ts';
import type { RowFile } from '../../../../src/ports/row-file.ts';
import { mappingLines, seenLines } from '../../../../src/app/commands/load/mapping-lines.ts';
import { RowMapping, type Target } from '../../../../src/app/commands/load/row-mapping.ts';
import { schemaOf } from '../../../../src/topology/columns-schema.ts';

const columns = {
  id: string,
  at: timestamp,
  amount: nullable(double),
  'after.amount': nullable(double),
  tags: nullable(list(string)),
  'items[].sku': nullable(list(nullable(string))),
  'attrs.keys()': nullable(list(string)),
};

function targetOf(names: Target['names']): Target {
  return { schema: schemaOf(columns), columns, eventTime: 'at', unit: null, nowMs: null, names };
}

/** The lines before and after the rows. */
function linesOf(
  named: RowFile['columns'],
  rows: ReadonlyArray<readonly unknown[] | object>,
  names: Target['names'] = new Map(),
  fills: readonly string[] = [],
): readonly string[] {
  const mapping = new RowMapping('a', named, targetOf(names));
  const mapped = { file: 'a', mapping, encoder: { fills }, names };
  const before = mappingLines(mapped);
  for (const row of rows) mapping.seen.add(row);
  return [...before, ...seenLines(mapped)];
}

const whole = {
  id: 'a',
  at: 1,
  amount: 2,
  after: { amount: 1 },
  tags: ['x'],
  items: [{ other: 1 }, { sku: 's' }],
  attrs: { k: 1 },
};

t.test('rows that have every column, null included', async (t) => {
  t.strictSame(linesOf(null, [whole]), []);
  const empty = { id: 'a', at: 1, amount: null, 'after.amount': null, tags: null, items: null, attrs: null };
  t.strictSame(linesOf(null, [empty]), ['a: no row has items[].sku (1 row read)'], 'nothing leads there');
  const { amount, ...first } = whole;
  t.strictSame(linesOf(null, [first, { amount }]), [], 'one row is enough');
  t.strictSame(linesOf(null, []), [], 'no row says nothing');
  t.strictSame(linesOf(null, [{ ...whole, items: 'no list' }]), [], 'of which its cell tells');
});

t.test('names that nothing takes, and columns that nothing fills', async (t) => {
  const row = { id: 'a', at: 1, amnt: 2, after: { amnt: 1 }, tag: [], items: [{ sk: 's' }], attrs: {} };
  const unused = 'a: the source has no column for amnt, tag';
  t.strictSame(linesOf(null, [row, { ...row, more: null }]), [
    `${unused}, more`,
    'a: no row has amount, after.amount, tags, items[].sku (2 rows read)',
  ]);
  t.strictSame(linesOf(null, [row], new Map([['amount', 'nosuch']]), ['tags']), [
    unused,
    'a: no row has amount (from nosuch), after.amount, items[].sku (1 row read)',
  ]);
  const mapped = new Map([
    ['amount', 'amnt'],
    ['tags', 'tag'],
    ['after.amount', 'after.amnt'],
    ['items[].sku', 'items[].sk'],
  ]);
  t.strictSame(linesOf(null, [row], mapped), []);
});

t.test('a table says its names before its rows, and its rows what is nested', async (t) => {
  const named = ['id', 'at', 'after', 'items', 'extra'];
  const lines = linesOf(named, [['a', 1, { amnt: 1 }, [{ sk: 1 }], 5]], new Map([['amount', 'nosuch']]));
  t.strictSame(lines, [
    'a: the source has no column for extra',
    'a: it has no column for amount (from nosuch), tags, attrs.keys(), which become null',
    'a: no row has after.amount, items[].sku (1 row read)',
  ]);
  t.strictSame(linesOf(Object.keys(whole), [Object.values(whole)]), []);
});

t.test('objects with ever new names do not fill the memory, and names not the terminal', async (t) => {
  const many = Array.from({ length: 600 }, (_, i) => ({ ...whole, [`k${2 * i}`]: 1, [`k${2 * i + 1}`]: 1 }));
  t.match(linesOf(null, many), [/no column for k0, k1, .*, k19 and 980 more at least$/]);
  const wide = ['x', 'y', 'z'].map((name) => ({ ...whole, [name.repeat(600_000)]: 1 }));
  const lines = linesOf(null, wide);
  t.match(lines, [/no column for x{79}…, y{79}…$/]);
  t.match(linesOf(null, [{ ...whole, 'a\u001b[2J\nb': 1 }]), [/no column for a \[2J b$/]);
});
