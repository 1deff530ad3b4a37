import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import t from 'tap';
import { startHttpFront } from '../../../tools/services/clickhouse/http-front.ts';

const path = mkdtempSync(join(tmpdir(), 'millrace-front-'));
const front = await startHttpFront(path, 0);
const url = `http://127.0.0.1:${front.port}`;
const client = createClient({ url, log: { level: ClickHouseLogLevel.OFF } });
const compressing = createClient({ url, compression: { request: true, response: true } });

t.teardown(async () => {
  await client.close();
  await compressing.close();
  await front.close();
  rmSync(path, { recursive: true, force: true });
});

async function rows(query: string, params: Record<string, unknown> = {}): Promise<unknown[]> {
  const result = await client.query({ query, query_params: params, format: 'JSONEachRow' });
  return result.json();
}

await t.test('ping answers on the endpoint and through the engine', async (t) => {
  t.same(await client.ping(), { success: true });
  t.same(await client.ping({ select: true }), { success: true });
  t.equal(await (await fetch(`${url}/ping`)).text(), 'Ok.\n');
});

await t.test('rows go in as JSONEachRow, TSV and CSV and come out by parameter', async (t) => {
  await client.command({
    query: "CREATE TABLE flights (id UInt32, name String, at DateTime64(3, 'UTC')) ORDER BY id",
  });
  const inserted = await client.insert({
    table: 'flights',
    values: [
      { id: 1, name: "O'Hare\t\\{n:UInt8}", at: 1357000000123 },
      { id: 2, name: 'Zürich', at: 1357000000456 },
    ],
    format: 'JSONEachRow',
  });
  t.equal(inserted.summary?.written_rows, '2');
  await client.insert({
    table: 'flights',
    columns: ['name', 'id'],
    values: [['tab', 3]],
    format: 'JSONCompactEachRow',
  });
  const tsv = await fetch(`${url}/?query=${encodeURIComponent('INSERT INTO flights FORMAT TabSeparated')}`, {
    method: 'POST',
    body: '4\tfour\t2013-01-01 00:00:00.000\n',
  });
  t.equal(tsv.status, 200);
  const csv = await fetch(`${url}/`, {
    method: 'POST',
    body: 'INSERT INTO flights FORMAT CSV\n5,"a;b","2013-01-01 00:00:00"\n',
  });
  t.equal(csv.status, 200);
  t.same(await rows('SELECT id, name FROM flights WHERE id < {max:UInt32} ORDER BY id', { max: 6 }), [
    { id: 1, name: "O'Hare\t\\{n:UInt8}" },
    { id: 2, name: 'Zürich' },
    { id: 3, name: 'tab' },
    { id: 4, name: 'four' },
    { id: 5, name: 'a;b' },
  ]);
  t.same(await rows('SELECT toUnixTimestamp64Milli(at) AS ms FROM flights WHERE id = 1'), [
    { ms: 1357000000123 },
  ]);
});

await t.test('parameters of every kind arrive as they were sent', async (t) => {
  const nasty = "tab\there 'quoted' back\\slash\nnewline `tick` ;";
  const query =
    'SELECT {s:String} AS s, {a:Array(String)} AS a, {n:Nullable(Int8)} AS n, {b:Bool} AS b, {f:Float64} AS f';
  const expected = [{ s: nasty, a: ["it's", 'two'], n: null, b: true, f: 0.25 }];
  const params = { s: nasty, a: ["it's", 'two'], n: null, b: true, f: 0.25 };
  t.same(await rows(query, params), expected);
  const form = await client.query({
    query,
    query_params: params,
    format: 'JSONEachRow',
    use_multipart_params: true,
  });
  t.same(await form.json(), expected);
  await t.rejects(rows('SELECT {missing:UInt8}'), { code: '456', type: 'UNKNOWN_QUERY_PARAMETER' });
});

await t.test('errors carry code, type and status', async (t) => {
  t.type(await rows('SELECT * FROM nowhere').catch((error: unknown) => error), ClickHouseError);
  await t.rejects(rows('SELECT * FROM nowhere'), { code: '60', type: 'UNKNOWN_TABLE' });
  await t.rejects(client.insert({ table: 'nowhere', values: [{ a: 1 }], format: 'JSONEachRow' }), {
    code: '60',
  });
  for (const [sql, status, code] of [
    ['SELECT * FROM nowhere', 404, '60'],
    ['SELEC 1', 400, '62'],
    ['1 + 1', 400, '62'],
    ['SELECT 1; SELECT 2', 400, '62'],
    ["SELECT throwIf(1, 'x')", 500, '395'],
    ['', 400, '62'],
  ] as const) {
    const response = await fetch(url, { method: 'POST', body: sql });
    t.equal(response.status, status, `status of ${sql}`);
    t.equal(response.headers.get('x-clickhouse-exception-code'), code, `code of ${sql}`);
    t.match(await response.text(), new RegExp(`^Code: ${code}\\. DB::Exception: `));
  }
  t.equal(await (await fetch(url, { method: 'POST', body: "SELECT ';' -- ; x\n;" })).text(), ';\n');
  const malformed = await fetch(`${url}/?query=INSERT+INTO+flights+FORMAT+CSV`, {
    method: 'POST',
    body: 'no,number',
  });
  t.equal(malformed.status, 400);
});

await t.test('settings hold for their request alone, and GET only reads', async (t) => {
  const asked = "SELECT getSetting('max_block_size') AS size FORMAT TSV";
  const set = await fetch(`${url}/?max_block_size=7&wait_end_of_query=1&query=${encodeURIComponent(asked)}`);
  t.equal(await set.text(), '7\n');
  t.equal(set.headers.get('x-clickhouse-format'), 'TSV');
  const after = await fetch(`${url}/?query=${encodeURIComponent(asked)}`);
  t.not(await after.text(), '7\n');
  const unknown = await fetch(`${url}/?no_such_setting=1&query=SELECT+1`);
  t.equal(unknown.headers.get('x-clickhouse-exception-code'), '115');
  const write = await fetch(`${url}/?query=${encodeURIComponent('CREATE TABLE got (a Int8) ORDER BY a')}`);
  t.equal(write.headers.get('x-clickhouse-exception-code'), '164', 'a GET may not write');
  const json = await fetch(`${url}/?default_format=JSONEachRow&query=SELECT+1+AS+a`);
  t.equal(await json.text(), '{"a":1}\n');
});

await t.test('a session keeps its temporary tables, others do not see them', async (t) => {
  await client.command({ query: 'CREATE TEMPORARY TABLE scratch (a UInt8)', session_id: 's1' });
  await client.command({
    query: 'INSERT INTO scratch VALUES (7)',
    session_id: 's1',
    clickhouse_settings: { max_threads: 1 },
  });
  const seen = await client.query({
    query: 'SELECT a FROM scratch',
    session_id: 's1',
    format: 'JSONEachRow',
  });
  t.same(await seen.json(), [{ a: 7 }]);
  await t.rejects(rows('SELECT a FROM scratch'), { code: '60' });
  const missing = await fetch(`${url}/?session_id=none&session_check=1&query=SELECT+1`);
  t.equal(missing.headers.get('x-clickhouse-exception-code'), '372');
});

await t.test('databases are chosen by the client', async (t) => {
  await client.command({ query: 'CREATE DATABASE other' });
  const other = createClient({ url, database: 'other' });
  await other.command({ query: 'CREATE TABLE here (a UInt8) ORDER BY a' });
  await other.insert({ table: 'here', values: [{ a: 1 }], format: 'JSONEachRow' });
  t.same(await rows('SELECT a FROM other.here'), [{ a: 1 }]);
  await other.close();
});

await t.test('gzip both ways', async (t) => {
  await client.command({ query: 'CREATE TABLE packed (n UInt64) ORDER BY n' });
  const values = Array.from({ length: 5_000 }, (_, n) => ({ n }));
  const inserted = await compressing.insert({ table: 'packed', values, format: 'JSONEachRow' });
  t.equal(inserted.summary?.written_rows, '5000');
  const read = await compressing.query({ query: 'SELECT n FROM packed ORDER BY n', format: 'JSONEachRow' });
  t.equal(read.response_headers['content-encoding'], 'gzip');
  t.equal((await read.json()).length, 5_000);
  const body = gzipSync('SELECT count() FROM packed');
  const query = await fetch(url, { method: 'POST', body, headers: { 'content-encoding': 'gzip' } });
  t.equal(await query.text(), '5000\n');
});

await t.test('an empty insert is no error, a binary one is refused with the remedy', async (t) => {
  await client.insert({ table: 'packed', values: [], format: 'JSONEachRow' });
  const empty = await fetch(`${url}/?query=INSERT+INTO+packed+FORMAT+JSONEachRow`, {
    method: 'POST',
    body: '',
  });
  t.equal(empty.status, 200);
  const values = await fetch(`${url}/?query=INSERT+INTO+packed+VALUES`, {
    method: 'POST',
    body: '(10000),(10001)',
  });
  t.equal(values.status, 200);
  t.same(await rows('SELECT max(n) AS n FROM packed'), [{ n: '10001' }]);
  const binary = await fetch(`${url}/?query=INSERT+INTO+packed+FORMAT+RowBinary`, {
    method: 'POST',
    body: 'x',
  });
  t.equal(binary.status, 501);
  t.match(await binary.text(), /text format/);
});

await t.test('many requests at once', async (t) => {
  const sums = await Promise.all(
    Array.from({ length: 40 }, async (_, n) =>
      rows('SELECT sum(number) + {n:UInt32} AS s FROM numbers(1000)', { n }),
    ),
  );
  t.same(
    sums.flat(),
    Array.from({ length: 40 }, (_, n) => ({ s: String(499_500 + n) })),
  );
});
