// `millrace load` of a Parquet file with maps, lists and structs that pyarrow has written: every column that a source can have of
// them, to predictions; and what no column can have, with what to declare instead.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t, { type Test } from 'tap';
import type { RunReport } from '../../../src/app/compose/run-report.ts';
import { millrace } from '../../support/cli.ts';
import type { Ended } from '../../../tools/package/commands.ts';
import { vectorFile } from '../../support/file-rows.ts';

t.setTimeout(120_000);

interface Item {
  readonly sku: string | null;
  readonly price: string;
  readonly opens: { readonly units: number };
}

/** What nested.ndjson has of a row, as far as it is needed here. */
interface Nested {
  readonly items: readonly Item[] | null;
  readonly attrs: Readonly<Record<string, number>> | null;
  readonly fees: Readonly<Record<string, string | null>> | null;
}

interface Project {
  readonly load: (file: string, ...options: readonly string[]) => Promise<Ended>;
  readonly run: () => Promise<RunReport>;
}

/** @param columns of the source besides id and at, in TypeScript */
function project(t: Test, columns: string, rules = ''): Project {
  const folder = t.testdir({});
  const file = join(folder, 'orders.ts');
  const report = join(folder, 'report.json');
  const settings = { MILLRACE_DATA: join(folder, 'data'), MILLRACE_PORT: '0' };
  writeFileSync(
    file,
    `import * as m from '${resolve(import.meta.dirname, '../../../src/index.ts')}';
const { avro, contract, count, days, decimal, double, features, int64, items, json, list, long, nullable,  range,  scaled, score, sliding, source, string, timestamp, view } = m;
export default m.defineTopology(
  source('orders', { schema: { id: string, at: timestamp, ${columns} }, eventTime: 'at', format: json(), partitions: 1 }),
  { name: 'orders', stages: [${rules}features({ views: { id: view(['id'], { n: count({ over: sliding(days(1)) }) }) } }), score({ key: 'id' })] },
);
`,
  );
  return {
    load: (from, ...options) => millrace(['load', file, from, ...options], settings),
    run: async () => {
      const ended = await millrace(['run', file, '--until-caught-up', '--report', report], settings);
      t.equal(ended.code, 0, ended.stderr);
      return JSON.parse(readFileSync(report, 'utf8')) as RunReport; // as the command writes it
    },
  };
}

const rows = readFileSync(vectorFile('nested.ndjson'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Nested);

t.test('keys and values of maps, fields of lists of structs, decimals in both', async (t) => {
  const columns = `'attrs.keys()': nullable(list(string)), 'attrs.values()': nullable(list(double)), 'attrs.a1': nullable(double),
    'fees.keys()': nullable(list(string)), 'fees.values()': nullable(list(nullable(scaled(2)))), 'fees.card': nullable(scaled(2)),
    'stock.keys()': nullable(list(int64)), 'items[].sku': nullable(list(nullable(string))), 'items[].price': nullable(list(scaled(2))),
    'items[].opens': nullable(list(long)), 'items.length': nullable(long), 'items.0.price': nullable(decimal),
    prices: nullable(list(nullable(string))), 'after.total': nullable(scaled(2)), 'after.lines[].price': nullable(list(scaled(2))),
    'after.by.x': nullable(scaled(2)), 'steps.0.open': nullable(long)`;
  const orders = project(t, columns);
  const file = vectorFile('nested.parquet');
  const shown = await orders.load(file, '--dry-run', '--limit', '1000');
  t.equal(shown.code, 0, shown.stderr);
  const loaded = await orders.load(file);
  t.match(loaded, { code: 0, stdout: new RegExp(`events +${rows.length} in`) });
  t.match(await orders.run(), { events: rows.length, predictions: rows.length, deadLetters: 0 });
});

t.test('values are those of the file', async (t) => {
  // Rules that some rows break, by the values that pyarrow was given.
  const cents = (text: string | null | undefined): number => Math.round(Number(text ?? 0) * 100);
  const highest = Math.max(...rows.flatMap(({ items }) => (items ?? []).map(({ price }) => cents(price))));
  const breaks = ({ items, fees, attrs }: Nested): boolean =>
    items?.some(({ price }) => cents(price) === highest) === true ||
    cents(fees?.['card']) > 30 ||
    Object.values(attrs ?? {}).some((value) => value > 15);
  const orders = project(
    t,
    "'items[].price': nullable(list(scaled(2))), 'attrs.keys()': nullable(list(string)), 'attrs.values()': nullable(list(double)), 'fees.card': nullable(scaled(2))",
    `contract([items.range('items[].price', 0, ${highest - 1}), items.range('attrs.values()', 0, 15), range('fees.card', 0, 30)]),`,
  );
  await orders.load(vectorFile('nested.parquet'));
  const { predictions, deadLetters } = await orders.run();
  const broken = rows.filter(breaks).length;
  t.ok(broken > 5 && broken < rows.length - 5, `${broken} rows`);
  t.same({ predictions, deadLetters }, { predictions: rows.length - broken, deadLetters: broken });
});

t.test('a time of day is no instant', async (t) => {
  const refused = [
    [
      "'items[].opens': nullable(list(timestamp))",
      'nested.parquet',
      'items\\[\\]\\.opens',
      'declare the column as long',
    ],
    [
      "'steps.0.open': nullable(timestamp)",
      'nested.parquet',
      'steps\\.0\\.open',
      'declare the column as long',
    ],
    ['time: nullable(timestamp)', 'kinds.parquet', 'time', 'declare the column as long', 'us=at'],
    ['note: nullable(string)', 'times.avro', 'at', 'the event time has a date as well', 'opens=at'],
  ] as const;
  for (const [columns, file, column, remedy, map] of refused) {
    const ended = await project(t, columns).load(
      vectorFile(file),
      ...(map === undefined ? [] : ['--map', map]),
    );
    const why = `column ${column}: it is a time of day, which is no instant: ${remedy}`;
    t.match(ended, { code: 1, stderr: new RegExp(why) }, file);
  }
});

t.test('a list in a list has no column, but its first one has', async (t) => {
  const nested = project(t, 'grid: nullable(list(double))');
  t.match(await nested.load(vectorFile('nested.parquet')), {
    code: 1,
    stderr: /column grid: an object or a list is no number/,
  });
  const first = project(t, "'grid.1': nullable(list(nullable(double)))");
  t.match(await first.load(vectorFile('nested.parquet')), { code: 0, stdout: /events +40 in/ });
});
