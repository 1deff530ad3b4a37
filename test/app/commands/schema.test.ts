// `millrace schema infer`: a source from records, which reads them.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { ObservedColumns } from '../../../src/app/commands/schema/observed-columns.ts';
import { sourceModule } from '../../../src/app/commands/schema/source-module.ts';
import { SCHEMA_COLUMNS_MAX } from '../../../src/core/log-limits.ts';
import type { Columns, Source } from '../../../src/index.ts';
import { jsonRows } from '../../adapters/json/rows.ts';
import { commandsOf, shellBlock } from '../../docs/pages.ts';
import { millrace } from '../../support/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-schema-'));
t.teardown(() => rmSync(folder, { recursive: true }));

/** The commands of the guide, without what a shell does. */
const [ofFile = [], ofTopic = []] = commandsOf(shellBlock('docs/guide/formats.md', 'Infer the columns')).map(
  (command) =>
    command
      .replace(/^npx millrace /, '')
      .replace(/ > .*$/, '')
      .split(' '),
);

const records = [
  {
    id: 'a',
    amount: 1.5,
    items: 3,
    first: true,
    at: '2026-01-01T00:00:00Z',
    createdMs: 1_767_225_600_000,
    card: { country: 'DE', limit: 5 },
    tags: ['x'],
    lines: [{ sku: 'p', price: 5, deep: [[1]] }, { sku: 'q' }],
    mixed: [1, {}],
    "it's": 'odd',
  },
  {
    id: 'b',
    amount: 2,
    items: 4,
    first: false,
    at: '2026-01-01T00:00:01+01:00',
    createdMs: 1_767_225_600_001,
    card: null,
    "it's": null,
  },
];

/** What the module exports, read from this repository. */
async function sourceOf(module: string): Promise<Source> {
  const index = resolve(import.meta.dirname, '../../../src/index.ts');
  const file = join(folder, `source-${Math.trunc(performance.now() * 1_000)}.ts`);
  writeFileSync(file, module.replace("from 'millrace'", `from ${JSON.stringify(index)}`));
  const exported = (await import(pathToFileURL(file).href)) as Readonly<Record<string, Source>>;
  return Object.values(exported)[0]!;
}

t.test('a file gives a source that reads its records', async (t) => {
  const file = join(folder, 'payments.ndjson');
  writeFileSync(file, `${records.map((record) => JSON.stringify(record)).join('\n')}\nno JSON\n`);
  const { code, stdout, stderr } = await millrace(
    ofFile.map((word) => (word === 'payments.ndjson' ? file : word)),
  );
  t.equal(code, 0, stderr);
  t.match(stderr, /inferred from 2 records of .*payments\.ndjson; left out 1 that is no JSON object\n$/);
  const inferred = await sourceOf(stdout);
  t.match(inferred, { topic: 'payments', eventTime: 'at', format: { name: 'json' } });
  t.strictSame(typesOf(inferred.schema ?? {}), {
    id: 'string',
    amount: 'double',
    items: 'long',
    first: 'boolean',
    at: 'timestamp',
    createdMs: 'timestamp',
    'card.country': 'string?',
    'card.limit': 'long?',
    tags: 'list(string)?',
    'lines[].sku': 'list(string)?',
    'lines[].price': 'list(long?)?',
    "it's": 'string?',
  });
  t.match(stdout, '    // mixed: left out, a list\n');
  const rows = jsonRows(inferred.schema ?? {}, 'at');
  t.match(rows.read(Buffer.from(JSON.stringify(records[0]))), {
    id: 'a',
    'card.limit': 5,
    at: 1_767_225_600_000,
  });
  t.match(rows.read(Buffer.from(JSON.stringify(records[1]))), { id: 'b', 'card.limit': null, "it's": null });
});

t.test('the newest records of a topic, framed or not, as many as asked for', async (t) => {
  const data = join(folder, 'data');
  const log = new EmbeddedLog({ path: join(folder, 'log.db') });
  await log.ensureTopics([{ topic: 'payments', partitions: 1, compacted: false, retentionMs: -1 }]);
  const frame = Buffer.from([0, 0, 0, 0, 7]);
  const texts = ['{"old":1,"wide":9223372036854775807}', ...records.map((record) => JSON.stringify(record))];
  const values = texts.map((text) => Buffer.from(text));
  const published = values.map((value, i) => ({
    key: null,
    value: i === 2 ? Buffer.concat([frame, value]) : value,
    timestampMs: 0,
  }));
  await log.publish('payments', published);
  await log.close();
  const all = await millrace([...ofTopic, '--data', folder]);
  t.match(all.stdout, '    old: nullable(long),\n    wide: nullable(int64),\n');
  const { code, stdout, stderr } = await millrace([...ofTopic.slice(0, 3), '--limit', '2', '--data', folder]);
  t.equal(code, 0, stderr);
  t.match(stderr, /from 2 records of topic payments\n/);
  const { schema = {}, topic } = await sourceOf(stdout);
  t.equal(topic, 'payments');
  t.notOk('old' in schema);
  t.equal(schema['card.country']?.type, 'string?');
  const missing = await millrace(['schema', 'infer', 'nothing', '--data', data]);
  t.equal(missing.code, 1);
  t.match(missing.stderr, /neither a file nor a topic/);
});

function typesOf(columns: Columns): Record<string, string> {
  return Object.fromEntries(Object.entries(columns).map(([name, { type }]) => [name, type]));
}

function inferred(...found: readonly object[]): Record<string, string> {
  const observed = new ObservedColumns();
  for (const record of found) observed.add(record);
  return Object.fromEntries(
    observed
      .columns()
      .map(({ name, type, unit, isNullable, note }) => [
        name,
        `${type ?? note}${unit === null ? '' : ` in ${unit}`}${isNullable ? '?' : ''}`,
      ]),
  );
}

t.test('types that every record agrees on', async (t) => {
  t.strictSame(inferred({ a: 1 }, { a: 1.5 }), { a: 'double' });
  t.strictSame(inferred({ a: 2 ** 70 }), { a: 'double' });
  t.strictSame(inferred({ a: 1 }, {}), { a: 'long?' });
  t.strictSame(inferred({ a: 1 }, { a: 'x' }), { a: 'of several types' });
  t.strictSame(inferred({ a: '2026-01-01T00:00:00Z' }, { a: 'soon' }), { a: 'string' });
  t.strictSame(inferred({ a: '2026-01-01T00:00:00' }), { a: 'string' }, 'without an offset');
  t.strictSame(inferred({ a: 1_767_225_600_000 }, { a: 7 }), { a: 'long' });
  t.strictSame(inferred({ a: null }), { a: 'always null?' });
  t.strictSame(inferred({ a: { b: 1 } }, { a: null }), { 'a.b': 'long?' });
  t.strictSame(inferred({ a: {} }, { a: { b: 1 } }), { 'a.b': 'long?' });
  t.strictSame(inferred({ a: {} }), { a: 'an empty object?' });
  t.match(inferred({ a: { b: 1 } }, { a: 1 }), { a: 'sometimes an object?' });
});

t.test('whole numbers beyond 2^53 are int64', async (t) => {
  t.strictSame(inferred({ a: 9_007_199_254_740_993n }, { a: 7 }), { a: 'int64' });
  t.strictSame(inferred({ a: 9_007_199_254_740_993n }, { a: 0.5 }), { a: 'double' });
  t.strictSame(inferred({ a: 2n ** 70n }), { a: 'double' });
  const file = join(folder, 'wide.ndjson');
  writeFileSync(file, '{"at":"2026-01-01T00:00:00Z","user":{"id":9007199254740993}}\n');
  const { stdout } = await millrace(['schema', 'infer', file]);
  t.match(stdout, /'user.id': int64,/);
});

t.test('the unit of instants by their magnitude', async (t) => {
  t.strictSame(inferred({ a: 1_700_000_000 }, { a: 1_700_000_100 }), { a: 'timestamp in s' });
  t.strictSame(inferred({ a: 1_700_000_000 }, { a: 1_700_000_000.25 }), { a: 'timestamp in s' });
  t.strictSame(inferred({ a: 1_700_000_000_000 }), { a: 'timestamp' });
  t.strictSame(inferred({ a: 1_700_000_000_000_000 }), { a: 'timestamp in us' });
  t.strictSame(inferred({ a: 1_700_000_000_000_000_000 }), { a: 'timestamp in ns' });
  t.strictSame(inferred({ ts: '1700000000' }), { ts: 'timestamp in s' });
  t.strictSame(inferred({ created_at: '1700000000123' }), { created_at: 'timestamp in ms' });
  t.strictSame(inferred({ ts: '1700000000' }, { ts: '2026-01-01T00:00:00Z' }), { ts: 'timestamp in s' });
  t.strictSame(inferred({ seen: [1_700_000_000] }), { seen: 'timestamp in s' }, 'in lists');
  t.strictSame(inferred({ ts: 1_700_000_000 }, { ts: null }), { ts: 'timestamp in s?' });
  t.strictSame(inferred({ ts: 1_700_000_000 }, { ts: 1_700_000_000_000 }), { ts: 'long' }, 'of two units');
  t.strictSame(inferred({ user_id: 1_700_000_000 }, { user_id: 1_700_000_001 }), { user_id: 'long' });
  t.strictSame(inferred({ account: '1700000000' }), { account: 'string' });
  const observed = new ObservedColumns();
  observed.add({ at: 1_700_000_000, seen: null });
  observed.add({ at: 1_700_000_000, seen: '1700000000123456789' });
  const text = sourceModule({ topic: 'a', from: 'x', columns: observed.columns() });
  const { schema = {}, eventTime } = await sourceOf(text);
  t.equal(eventTime, 'at');
  t.match(schema, { at: { type: 'timestamp', unit: 's' }, seen: { type: 'timestamp?', unit: 'ns' } });
});

t.test('names from outside do no harm, and columns are bounded', async (t) => {
  const observed = new ObservedColumns();
  const names = ['a\n*/ exit()', "'; exit(); '", '\u2028', '__proto__', 'constructor', 'x'.repeat(500)];
  observed.add(
    Object.fromEntries([...names.map((name) => [name, 1]), ['at', '2026-01-01T00:00:00Z'], ['c\n.d', []]]),
  );
  const text = sourceModule({ topic: 'odd\nname', from: 'x\nprocess.exit()', columns: observed.columns() });
  const { schema = {}, topic } = await sourceOf(text);
  t.strictSame(Object.keys(schema).toSorted(), [...names, 'at'].toSorted());
  t.equal(topic, 'odd\nname');
  for (let i = 0; i < 2 * SCHEMA_COLUMNS_MAX; i++) observed.add({ [`column${i}`]: 1 });
  t.equal(observed.columns().length, SCHEMA_COLUMNS_MAX + 1, 'and the one with a dot');
  t.ok(observed.isCut);
});

t.test('what is no JSON is refused', async (t) => {
  const file = join(folder, 'table.csv');
  writeFileSync(file, 'id,amount\na,1\n');
  const { code, stderr } = await millrace(['schema', 'infer', file]);
  t.equal(code, 1);
  t.match(stderr, /there is no JSON object/);
  t.equal(readFileSync(file, 'utf8').length, 14);
});
