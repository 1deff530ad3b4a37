// A table by HTTP, against a local server that is slow, wrong or away.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { httpRows } from '../../../src/app/compose/tables/http-rows.ts';
import type { DictColumn, NumberColumn } from '../../../src/core/batch.ts';
import { Dictionary } from '../../../src/core/dictionary.ts';
import { double, int64, string, table } from '../../../src/index.ts';
import type { HttpOrigin } from '../../../src/ports/table.ts';
import { FetchedTable } from '../../../src/runtime/tables/fetched-table.ts';
import { TableStore } from '../../../src/runtime/tables/table-store.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { schemaOf } from '../../../src/topology/columns-schema.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function opened(
  t: Test,
  handler: Handler,
  options: object = {},
): Promise<{
  get: (keys: readonly string[]) => Promise<Array<number | null>>;
  asked: string[];
  telemetry: FakeTelemetry;
}> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(decodeURIComponent(request.url ?? ''));
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const declared = table('limits', {
    schema: { id: int64, limit: double, note: string },
    key: 'id',
    url: `http://127.0.0.1:${port}/{key}`,
    timeoutMs: 5_000,
    ...options,
  });
  const telemetry = new FakeTelemetry();
  const store = new TableStore({
    table: declared,
    topology: 'x',
    schema: schemaOf({ limit: double }),
    telemetry,
  });
  const origin = declared.from as HttpOrigin;
  const fetched = new FetchedTable({
    topology: 'x',
    origin,
    store,
    request: httpRows(declared, origin),
    telemetry,
    nowMs: Date.now,
  });
  t.teardown(() => {
    fetched.close();
    server.closeAllConnections();
    server.close();
  });
  const reader = fetched.reader();
  return {
    asked,
    telemetry,
    async get(keys) {
      const dictionary = new Dictionary();
      const column: DictColumn = {
        kind: 'string',
        codes: Int32Array.from(keys, (key) => (key === '' ? -1 : dictionary.encode(key))),
        dictionary,
      };
      const rows = Int32Array.from(keys, (_, i) => i);
      await fetched.fetch(column, rows);
      const batch = { rows, size: keys.length, eventTimeMs: new Float64Array(keys.length) };
      const { values } = reader.find(column, batch).column('limit') as NumberColumn;
      return Array.from(values, (value) => (Number.isNaN(value) ? null : value));
    },
  };
}

const json = (response: ServerResponse, value: unknown): void => {
  response.setHeader('content-type', 'application/json');
  response.end(typeof value === 'string' ? value : JSON.stringify(value));
};

t.test('the missing keys of a batch are asked for once, and kept', async (t) => {
  const { get, asked } = await opened(t, ({ url }, response) => {
    if (url === '/404') response.writeHead(404).end();
    else json(response, { limit: Number(url?.slice(1)) * 10, note: 'n' });
  });
  t.strictSame(await get(['1', '2', '1', '', '404']), [10, 20, 10, null, null]);
  t.strictSame(asked.sort(), ['/1', '/2', '/404']);
  t.strictSame(await get(['2', '3', '404', '9007199254740993']), [
    20,
    30,
    null,
    Number('9007199254740993') * 10,
  ]);
  t.strictSame(
    asked.slice(3).sort(),
    ['/3', '/9007199254740993'],
    'a key without a row is not asked for again',
  );
});

t.test('rows expire', async (t) => {
  let limit = 1;
  const { get } = await opened(t, (_, response) => json(response, { limit: limit++, note: 'n' }), {
    ttlMs: 1,
  });
  t.strictSame(await get(['1']), [1]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.strictSame(await get(['1']), [2]);
});

t.test('what is no row is null, and asked for again after a while alone', async (t) => {
  const bodies = [
    'no JSON',
    '[1]',
    '{"limit":"x","note":"n"}',
    '{"note":"n"}',
    `{"limit":1,"note":"${'x'.repeat(70_000)}"}`,
  ];
  const { get, asked, telemetry } = await opened(t, ({ url }, response) =>
    json(response, bodies[Number(url?.slice(1))]),
  );
  const keys = bodies.map((_, i) => String(i));
  const none = bodies.map(() => null);
  t.strictSame(await get(keys), none);
  t.strictSame(await get(keys), none);
  t.equal(asked.length, bodies.length);
  t.equal(
    telemetry.counts.get('table_requests_total{"topology":"x","table":"limits","outcome":"strange"}'),
    5,
  );
});

t.test('keys are encoded, and redirects refused', async (t) => {
  const { get, asked, telemetry } = await opened(t, ({ url }, response) =>
    url === '/a%2F..%2Fb%3F'
      ? json(response, { limit: 1, note: '' })
      : response.writeHead(302, { location: '/a' }).end(),
  );
  t.strictSame(await get(['a/../b?']), [1]);
  t.strictSame(asked, ['/a/../b?']);
  t.strictSame(await get(['b']), [null]);
  t.ok(telemetry.conditions.has('rows_not_fetched limits'));
});

t.test('a key that fails does not keep the others from their rows', async (t) => {
  const { get, asked, telemetry } = await opened(t, ({ url }, response) => {
    if (url === '/1') response.writeHead(500).end();
    else json(response, { limit: 2, note: '' });
  });
  const keys = Array.from({ length: 40 }, (_, i) => String(i));
  t.strictSame(
    await get(keys),
    keys.map((key) => (key === '1' ? null : 2)),
  );
  t.match(telemetry.conditions.get('rows_not_fetched limits'), /answers 500/);
  t.strictSame(await get(['1', '41']), [null, 2]);
  t.equal(asked.filter((url) => url === '/1').length, 1, 'it is asked for again a second later');
});

t.test('a slow server delays a batch by its time-out at most, and the next second by nothing', async (t) => {
  let isSlow = true;
  const { get, asked, telemetry } = await opened(
    t,
    ({ url }, response) => {
      if (!isSlow || url === '/1') json(response, { limit: 1, note: 'n' });
    },
    { timeoutMs: 100, parallel: 4 },
  );
  const keys = Array.from({ length: 500 }, (_, i) => String(i + 1));
  const startedMs = performance.now();
  t.strictSame((await get(keys)).slice(0, 2), [1, null], 'what came in time is there');
  t.ok(performance.now() - startedMs < 5_000, 'not a time-out for each key');
  const requests = asked.length;
  t.ok(requests < 20);
  t.match(telemetry.conditions.get('rows_not_fetched limits'), /within 100 ms/);
  await get(keys);
  t.equal(asked.length, requests, 'nothing is asked');
  isSlow = false;
  while ((await get(['2']))[0] === null) await new Promise((resolve) => setTimeout(resolve, 50));
  t.notOk(telemetry.conditions.has('rows_not_fetched limits'));
});
