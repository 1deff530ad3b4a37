// `millrace load` on the embedded log, as a user calls it: what reaches the topic, and what does not.
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { ProjectSchemas } from '../../../src/adapters/schemas/project-schemas.ts';
import { openFormat } from '../../../src/app/compose/adapters.ts';
import { EventFile } from '../../../src/app/compose/event-file.ts';
import { loadTopology } from '../../../src/app/compose/load-topology.ts';
import { topicSpecs } from '../../../src/topology/topics.ts';
import { millrace } from '../../support/cli.ts';
import { commandsOf, shellBlock } from '../../docs/pages.ts';
import { runCommand } from '../../support/commands.ts';
import { vectorFile } from '../../support/file-rows.ts';
import { csvOf, LoadedFolder, type Sent } from '../../support/loaded-folder.ts';
import { eventOf, scoredTopology } from '../../support/scored-topology.ts';

t.setTimeout(120_000);

const topology = scoredTopology('load', 'partitions: 3');
t.teardown(() => topology.remove());

/** What `millrace produce` would send. */
async function produced(t: Test, from: number, to: number): Promise<Sent[]> {
  const data = new LoadedFolder(t, topology);
  const folder = join(data.folder, 'data');
  const declared = await loadTopology(topology.file);
  await millrace(['load', topology.file, data.write('none.csv', 'at,amount,card,id\n')], {
    MILLRACE_DATA: folder,
  });
  const log = new EmbeddedLog({ path: join(folder, 'log.db') });
  await log.ensureTopics(topicSpecs(declared).filter(({ topic }) => topic === topology.name));
  const registry = { url: null, file: join(folder, 'schema-registry.json') };
  const format = openFormat(declared, new ProjectSchemas({ registry, schemaFolders: [] }));
  const file = topology.eventsFile(from, to);
  await new EventFile({ file, topology: declared, key: undefined, log, format }).run();
  await log.close();
  return data.sent();
}

t.test('the records are those of millrace produce, from every kind of file', async (t) => {
  const data = new LoadedFolder(t, topology);
  const expected = await produced(t, 0, 60);
  t.equal(expected.length, 60);
  const lines = Array.from({ length: 20 }, (_, i) => JSON.stringify(eventOf(20 + i)));
  data.write('a-1.csv', csvOf(0, 20));
  data.write('a-2.ndjson.gz', gzipSync(`${lines.join('\n')}\n`));
  const tsv = csvOf(40, 60).replaceAll(',', '\t').replace('amount', 'Sum');
  const { code, stdout, stderr } = await data.load(
    join(data.folder, 'a-*'),
    '--map',
    'Sum=amount',
    data.write('b.tsv', tsv),
  );
  t.equal(code, 1, 'the mapping is for one file');
  t.match(stderr, /DATA_INVALID: the file has no column for amount.*a-1\.csv/);
  t.notMatch(stdout, /a-1\.csv:/);
  t.match(await data.load(join(data.folder, 'a-*')), {
    code: 0,
    stdout: /a-1\.csv: 20 events\n.*a-2\S+: 20 events/,
  });
  t.match(await data.load(join(data.folder, 'b.tsv'), '--map', 'Sum=amount'), {
    code: 0,
    stdout: /events +20 in/,
  });
  t.strictSame(await data.sent(), expected);
});

t.test('a Parquet file, by --map and with paths', async (t) => {
  const data = new LoadedFolder(t, topology);
  const maps = ['after.amount=amount', 'note=card'].flatMap((map) => ['--map', map]);
  const file = vectorFile('rows-zstd-v2.parquet');
  const missing = await data.load(file, '--on-error', 'skip');
  t.match(missing.stderr, /the file has no column for card: its columns are id, big, amount/);
  const ended = await data.load(file, ...maps, '--on-error', 'skip');
  t.match(ended, { code: 0, stdout: /events +167 in[^]*bad rows +333, left out/ });
  t.match(ended.stderr, /the source has no column for big, amount, price, count/);
  t.match(ended.stderr, /rows-zstd-v2\.parquet, row 2: column card: there is no value/);
  t.equal((await data.sent()).length, 167);
  const twice = await data.load(file, ...maps, '--map', 'count=amount');
  t.match(twice, { code: 1, stderr: /--map: a column of the source is mapped twice/ });
});

t.test('a bad row stops the load, which goes on there once it is corrected', async (t) => {
  const data = new LoadedFolder(t, topology);
  const rows = csvOf(0, 20).split('\n');
  rows[11] = rows[11]?.replace(',10,', ',ten,') ?? '';
  const file = data.write('a.csv', rows.join('\n'));
  const stopped = await data.load(file);
  t.match(stopped, { code: 1, stdout: /events +10 in/ });
  t.match(stopped.stderr, /DATA_INVALID: .*column amount: 'ten' is no number \(\S+a\.csv:12\)/);
  data.write('a.csv', csvOf(0, 20));
  t.match(await data.load(file), { code: 0, stdout: /a\.csv: 10 events, 10 rows loaded earlier/ });
  t.match(await data.load(file), { code: 0, stdout: /a\.csv: 0 events, 20 rows loaded earlier \(--restart/ });
  t.strictSame(await data.sent(), await produced(t, 0, 20));

  // Rows that are added are loaded alone; another file of the name, after the whole of the first, is loaded as a new one.
  data.write('a.csv', csvOf(0, 25));
  t.match(await data.load(file, '--limit', '22'), { stdout: /a\.csv: 2 events, 20 rows/ });
  data.write('a.csv', csvOf(1, 25));
  const refused = await data.load(file);
  t.match(refused, {
    code: 1,
    stderr: /its first 22 rows are not those that were loaded earlier .*--restart/,
  });
  data.write('a.csv', csvOf(0, 25));
  t.match(await data.load(file), { stdout: /a\.csv: 3 events, 22 rows/ });
  data.write('a.csv', csvOf(25, 30));
  t.match(await data.load(file), { stdout: /a\.csv: 5 events\n/ });
  t.strictSame((await data.sent()).length, 30);
});

t.test('bad rows are left out, or become dead letters, and are counted', async (t) => {
  const data = new LoadedFolder(t, topology);
  const text = `${csvOf(0, 5)}2024-01-01,x,c,e\n1,2,3\n${csvOf(5, 6).split('\n')[1]}\n`;
  const skipped = await data.load(data.write('a.csv', text), '--on-error', 'skip');
  t.match(skipped, { code: 0, stdout: /events +6 in[^]*bad rows +2, left out/ });
  t.match(skipped.stderr, /a\.csv:7: column amount: 'x' is no number\n.*a\.csv:8: the row has 3 values/);
  t.strictSame((await data.sent()).length, 6);
  const letters = await data.load(data.write('b.csv', text), '--on-error', 'dead-letter');
  t.match(letters, { code: 0, stdout: /events +6 in[^]*bad rows +2, sent to become dead letters/ });
  const rejected = (await data.sent())
    .filter(([, key]) => key === 'null')
    .map(([, , value]) => JSON.parse(value) as unknown);
  t.match(
    rejected,
    new Set([
      {
        rejectedRow: { place: 7, column: 'amount', reason: /no number/, text: '["2024-01-01","x","c","e"]' },
      },
      { rejectedRow: { place: 8, column: null, text: '1,2,3' } },
    ]),
  );
});

t.test('a dry run shows rows as the topology sees them, and sends nothing', async (t) => {
  const data = new LoadedFolder(t, topology);
  const file = data.write('a.csv', 'id,card,amount,at\ne1,c1,2.50,1704067200\ne2,c2,,1704067201\n');
  const ended = await data.load(file, '--dry-run', '--time-unit', 's');
  t.match(ended, {
    code: 1,
    stderr: /a\.csv:3: column amount: there is no value[^]*DATA_INVALID: 1 row is no event of the source/,
  });
  t.match(
    ended.stdout,
    /event 1\n {2}id +e1\n {2}card +c1\n {2}amount +2\.5\n {2}at +2024-01-01T00:00:00\.000Z\n {2}key +partition \d of 3\n {2}verdict +scored\n1 event shown, 1 bad row; nothing was sent/,
  );
  t.notOk(existsSync(join(data.folder, 'data')));
});

t.test('the commands of the guide, in the project of the topology', async (t) => {
  const data = new LoadedFolder(t, topology);
  data.write('payments.csv', csvOf(0, 3));
  mkdirSync(join(data.folder, 'topologies'));
  cpSync(topology.file, join(data.folder, 'topologies', 'payments.ts'));
  const millraceHere = `node ${join(import.meta.dirname, '..', '..', '..', 'src', 'app', 'main.ts')}`;
  const options = { cwd: data.folder, env: { MILLRACE_DATA: 'data' } };
  for (const command of commandsOf(shellBlock('docs/guide/loading.md', 'Load a file'))) {
    const { code, output } = await runCommand(command.replace('npx millrace', millraceHere), options);
    t.equal(code, 0, output);
  }
  t.equal((await data.sent()).length, 3);
  for (const words of ['', `--topic ${topology.name}`]) {
    const again = await runCommand(`${millraceHere} load payments.csv ${words}`, options);
    t.match(again, { code: 0, output: /payments\.csv: 0 events, 3 rows loaded earlier/ });
  }
  const other = await runCommand(`${millraceHere} load payments.csv --topic none`, options);
  t.match(other, { code: 1, output: /not clear which topology .*there are topologies\/payments\.ts/ });
});

t.test('what is not clear is said', async (t) => {
  const data = new LoadedFolder(t, topology);
  t.match(await data.load(), { code: 1, stderr: /CONFIG_INVALID: there is no file to load/ });
  t.match(await data.load('none.csv'), { code: 1, stderr: /DATA_INVALID: .*none\.csv/ });
  t.match(await data.load('no-*.csv'), {
    code: 1,
    stderr: /CONFIG_INVALID: no file matches the pattern \(no-\*\.csv\)/,
  });
  const file = data.write('a.xyz', 'a\n');
  t.match(await data.load(file), { code: 1, stderr: /the format is unknown .*a\.xyz\)\. Give --format csv/ });
  const twice = await data.load(file, '--topology', topology.file);
  t.match(twice, { code: 1, stderr: /CONFIG_INVALID: the topology is named twice/ });
  t.match(await data.load(file, '--topic', 'other'), { code: 1, stderr: /reads load\S+, not other/ });
  t.match(await data.load(file, '--format', 'csv', '--map', 'a=b'), {
    code: 1,
    stderr: /the source has no column b/,
  });
  t.match(await data.load(file, '--format', 'xls', '--map', 'a', '--delimiter', ';;'), {
    code: 1,
    stderr: /3 problems:\n.*--format xls[^]*--map a[^]*--delimiter ;;/,
  });
});
