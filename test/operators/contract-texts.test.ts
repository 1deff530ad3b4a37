// Rules over several columns, over the text of one, reference sets, and rules that alert.
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import {
  contract,
  defineTopology,
  derive,
  double,
  holds,
  length,
  lessEqual,
  matches,
  nullable,
  numberFrom,
  oneOf,
  range,
  required,
  source,
  string,
  text,
  timestamp,
  valuesFrom,
  type Rule,
} from '../../src/index.ts';
import { TopologyDriver, type Row } from '../../src/testing/index.ts';

const orders = source('orders', {
  schema: {
    id: string,
    note: nullable(string),
    paid: nullable(double),
    due: nullable(double),
    at: timestamp,
  },
  eventTime: 'at',
});
const notes = ['a@b', 'nothing', '😀😀', '', null, `${'a'.repeat(300_000)}@b`];
const rows: Row[] = notes.map((note, i) => ({
  id: String(i),
  note,
  paid: i === 1 ? null : i,
  due: 3,
  at: i,
}));

async function broken(rule: Rule<'note: string' | 'paid: number' | 'due: number'>): Promise<unknown> {
  const driver = new TopologyDriver(defineTopology(orders, { stages: [contract([rule])] }));
  await driver.send(rows);
  return driver.deadLetters.map(({ row, code }) => `${String(row['id'])} ${code}`);
}

t.test('a pattern', async (t) => {
  t.same(
    await broken(matches('note', '^[^@]+@[^@]+$')),
    [1, 2, 3, 5].map((i) => `${i} CONTRACT_PATTERN`),
    'a text that is too long for the pattern breaks the rule',
  );
  t.same(
    await broken(matches('note', /NOTH/i)),
    [0, 2, 3, 5].map((i) => `${i} CONTRACT_PATTERN`),
  );
  t.match(matches('note', /x/i), { name: 'matches(note)', requires: { pattern: '(?i)x' } });
});

t.test('a length in code points', async (t) => {
  t.same(await broken(length('note', 1, 3)), ['1 CONTRACT_LENGTH', '3 CONTRACT_LENGTH', '5 CONTRACT_LENGTH']);
});

t.test('a condition over columns', async (t) => {
  t.same(await broken(holds(lessEqual('paid', 'due'))), ['4 CONTRACT_CONDITION', '5 CONTRACT_CONDITION']);
  const fails = numberFrom(['paid'], (paid) => {
    if (paid === 2) throw new Error('no twos');
    return paid;
  });
  t.same(
    await broken(holds(lessEqual(fails, 'due'))),
    [2, 4, 5].map((i) => `${i} CONTRACT_CONDITION`),
    'an event for which a function throws breaks the rule',
  );
});

t.test('a reference set in a file', async (t) => {
  const folder = t.testdir({
    'notes.txt': '# what there is\na@b\r\n\n  nothing  \nnothing\n',
    'empty.txt': '#\n',
  });
  const values = valuesFrom(`${folder}/notes.txt`);
  t.same(values, ['a@b', 'nothing']);
  t.same(valuesFrom(pathToFileURL(`${folder}/notes.txt`)), values);
  t.same(
    await broken(oneOf('note', values)),
    [2, 3, 5].map((i) => `${i} CONTRACT_CATEGORY`),
  );
  writeFileSync(`${folder}/bad.txt`, Buffer.of(0xff));
  for (const name of ['empty.txt', 'none.txt', 'bad.txt'])
    t.throws(() => valuesFrom(`${folder}/${name}`), { code: 'DATA_INVALID' }, name);
});

t.test('a rule that alerts lets events pass, and reports', async (t) => {
  const topology = defineTopology(orders, {
    stages: [
      contract([range('paid', 0, 3, { otherwise: 'alert' }), required('note', { otherwise: 'flag' })]),
    ],
  });
  const driver = new TopologyDriver(topology);
  await driver.send(rows);
  t.equal(driver.rows.length, rows.length);
  const [condition] = driver.telemetry.conditions;
  t.match(condition, [/contract_broken orders contract range\(paid\)/, /offset 5/]);
  await driver.send([{ id: 'x', note: 'x', paid: 1, due: 1, at: 60_000 }]);
  t.equal(driver.telemetry.conditions.size, 1, 'it lasts a while');
  await driver.send([{ id: 'y', note: 'x', paid: 1, due: 1, at: 400_000 }]);
  t.equal(driver.telemetry.conditions.size, 0);
});

t.test('a rule without a column has no default', (t) => {
  // @ts-expect-error no column either
  const rule = holds(lessEqual('paid', 'due'), { otherwise: { default: 0 } });
  t.throws(() => defineTopology(orders, { stages: [contract([rule])] }), { message: /no column to default/ });
  t.throws(
    () =>
      defineTopology(orders, {
        stages: [derive({ x: text.lower('note') }), contract([matches('x', '(')])],
      }),
    { message: /none that RE2 knows/ },
  );
  t.end();
});
