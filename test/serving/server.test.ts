import t from 'tap';
import { WebSocket } from 'ws';
import { MillraceError } from '../../src/core/errors.ts';
import { exampleStart } from '../e2e/example-run.ts';
import { openAccess, openExampleServing } from '../support/example-serving.ts';
import { predictionBlock } from '../support/prediction-block.ts';
import { RecordingTelemetry } from '../support/recording-telemetry.ts';

const state = (): ReturnType<typeof exampleStart> => exampleStart(0);

await t.test('probes', async (t) => {
  let storeUp = true;
  const { serving } = await openExampleServing({
    state,
    checks: {
      log: async () => {},
      store: async () => {
        if (!storeUp) throw new Error('connection refused');
      },
    },
  });
  t.teardown(() => serving.close(100));
  t.equal((await fetch(`${serving.url}livez`)).status, 200);
  const up = await fetch(`${serving.url}readyz`);
  t.equal(up.status, 200);
  t.match(await up.json(), { ready: true, checks: { log: { ok: true }, store: { ok: true, ms: Number } } });
  storeUp = false;
  const down = await fetch(`${serving.url}readyz`);
  t.equal(down.status, 503);
  t.match(await down.json(), {
    ready: false,
    checks: { log: { ok: true }, store: { ok: false, why: 'connection refused' } },
  });
});

await t.test('a check that never answers does not delay the response', async (t) => {
  const { serving } = await openExampleServing({
    state,
    checks: { history: () => new Promise<void>(() => {}) },
  });
  t.teardown(() => serving.close(100));
  const answer = await fetch(`${serving.url}readyz`);
  t.equal(answer.status, 503);
  t.match(await answer.json(), { checks: { history: { why: /no answer within/ } } });
});

await t.test('the dashboard and its files, revalidated by ETag', async (t) => {
  const { serving } = await openExampleServing({ state });
  t.teardown(() => serving.close(100));
  const page = await fetch(serving.url);
  t.match(page.headers.get('content-type'), 'text/html');
  const files = [...(await page.text()).matchAll(/(?:href|src)="(\/[^"]+)"/g)].map(
    ([, path]) => path as string,
  );
  t.ok(files.length >= 4);
  for (const path of files) {
    const file = await fetch(new URL(path, serving.url));
    t.equal(file.status, 200, path);
    const etag = file.headers.get('etag') ?? '';
    const again = await fetch(new URL(path, serving.url), { headers: { 'if-none-match': etag } });
    t.equal(again.status, 304, `${path} is not sent again`);
  }
  const stale = await fetch(serving.url, { headers: { 'if-none-match': '"other"' } });
  t.equal(stale.status, 200);
});

await t.test('state is computed once for all clients', async (t) => {
  let computed = 0;
  const { serving } = await openExampleServing({
    state: () => {
      computed++;
      return exampleStart(computed);
    },
  });
  t.teardown(() => serving.close(100));
  const answers = await Promise.all(
    [1, 2, 3].map(async () => (await fetch(`${serving.url}api/state`)).json()),
  );
  t.match(answers, [{ topology: 'flights' }, { startedMs: 1 }, { startedMs: 1 }]);
  t.equal(computed, 1);
});

await t.test('models are open to read; changes need the token', async (t) => {
  const done: string[] = [];
  const { serving } = await openExampleServing({
    state,
    access: openAccess(new RecordingTelemetry(), 'sesame'),
    models: {
      list: async () => [],
      promote: async (topology, version) => {
        if (version === 'v9')
          throw new MillraceError('MODEL_UNKNOWN', 'no model v9', { remedy: 'List them.' });
        done.push(`${topology} ${version}`);
        return { version, outcome: 'taken', waiting: [] };
      },
      rollback: async (topology) => {
        done.push(`${topology} back`);
        return { version: 'v1', outcome: 'waiting', waiting: [2] };
      },
    },
  });
  t.teardown(() => serving.close(100));
  const post = (path: string, body: string, token = ''): Promise<Response> => {
    const sent = token === '' ? {} : { authorization: `Bearer ${token}` };
    const headers = { 'content-type': 'application/json', ...sent };
    return fetch(`${serving.url}api/models/${path}`, { method: 'POST', body, headers });
  };
  t.same(await (await fetch(`${serving.url}api/models`)).json(), { models: [] });
  t.equal((await post('promote', '{"version":"v2"}')).status, 401);
  t.equal((await post('promote', '{"version":"v2"}', 'sesam')).status, 401);
  t.equal((await post('rollback', '')).headers.get('www-authenticate'), 'Bearer realm="millrace"');
  t.same(done, [], 'nothing happened without the token');
  const promoted = await post('promote', '{"version":"v2"}', 'sesame');
  t.same(await promoted.json(), { topology: 'flights', champion: 'v2', outcome: 'taken', waiting: [] });
  const back = await post('rollback', '{"waitMs":0}', 'sesame');
  t.equal(back.status, 202, 'a partition has not taken it');
  t.match(await back.json(), { champion: 'v1', outcome: 'waiting', waiting: [2] });
  t.equal((await post('rollback', '{"waitMs":-1}', 'sesame')).status, 400);
  t.same(done, ['flights v2', 'flights back']);
  t.equal((await post('promote', '{}', 'sesame')).status, 400);
  t.equal((await post('promote', 'no json', 'sesame')).status, 400);
  t.equal((await post('rollback', 'no json', 'sesame')).status, 400);
  const unknown = await post('promote', '{"version":"v9"}', 'sesame');
  t.equal(unknown.status, 404);
  t.match(await unknown.json(), { error: { code: 'MODEL_UNKNOWN', remedy: 'List them.' } });
});

await t.test('served features by name', async (t) => {
  const { serving } = await openExampleServing({
    state,
    features: async (topology, key, atMs = 9) =>
      key === 'EWR/1'
        ? {
            values: { delay: 1.5, wind: null, gust: Number.POSITIVE_INFINITY },
            eventTimeMs: 7,
            asOfMs: atMs,
            status: 'fresh',
            expired: topology !== 'flights',
          }
        : null,
  });
  t.teardown(() => serving.close(100));
  const found = await fetch(`${serving.url}api/features/flights/EWR%2F1`);
  t.same(await found.json(), {
    topology: 'flights',
    key: 'EWR/1',
    values: { delay: 1.5, wind: null, gust: 'Infinity' },
    eventTimeMs: 7,
    asOfMs: 9,
    status: 'fresh',
    expired: false,
  });
  for (const [at, asOfMs] of [
    ['12', 12],
    ['1970-01-01T00:00:01Z', 1_000],
  ] as const)
    t.match(await (await fetch(`${serving.url}api/features/flights/EWR%2F1?at=${at}`)).json(), { asOfMs });
  const noInstant = await fetch(`${serving.url}api/features/flights/EWR%2F1?at=soon`);
  t.match(await noInstant.json(), { error: { code: 'INSTANT_MALFORMED' } });
  const missing = await fetch(`${serving.url}api/features/flights/JFK`);
  t.equal(missing.status, 404);
  t.match(await missing.json(), { error: { code: 'FEATURES_UNKNOWN', remedy: String } });
  t.equal((await fetch(`${serving.url}api/features/flights/%E0%A4%A`)).status, 400);
});

await t.test('other routes and failures', async (t) => {
  const telemetry = new RecordingTelemetry();
  const { serving } = await openExampleServing({
    state: () => {
      throw new Error('broken');
    },
    telemetry,
    metrics: async () => 'millrace_up 1\n',
  });
  t.teardown(() => serving.close(100));
  t.equal((await fetch(`${serving.url}nothing/here`)).status, 404);
  const wrong = await fetch(`${serving.url}livez`, { method: 'POST' });
  t.equal(wrong.status, 405);
  t.equal(wrong.headers.get('allow'), 'GET');
  const broken = await fetch(`${serving.url}api/state`);
  t.equal(broken.status, 500);
  t.match(await broken.json(), { error: { code: 'INTERNAL', message: 'broken' } });
  const metrics = await fetch(`${serving.url}metrics`);
  t.match(metrics.headers.get('content-type'), 'version=0.0.4');
  t.equal(await metrics.text(), 'millrace_up 1\n');
  t.equal(telemetry.counts.get('http_requests_total'), 4);
});

await t.test('a WebSocket client from subscription to shutdown', async (t) => {
  const { serving, hub } = await openExampleServing({ state });
  const client = new WebSocket(`ws://127.0.0.1:${serving.port}/ws?topology=flights&after=flights-0-1`);
  const frames: Array<Record<string, unknown>> = [];
  let wake = (): void => {};
  client.on('message', (data: Buffer) => {
    frames.push(JSON.parse(data.toString()) as Record<string, unknown>);
    wake();
  });
  const until = async (n: number): Promise<void> => {
    while (frames.length < n) await new Promise<void>((resolve) => (wake = resolve));
  };
  hub.predictions('flights', predictionBlock({ topic: 'flights', partition: 0 }, [1, 2, 3]));
  await until(2);
  hub.predictions('flights', predictionBlock({ topic: 'flights', partition: 1 }, [4]));
  await until(3);
  client.send('what?');
  await until(4);
  t.match(frames, [
    { type: 'subscribed' },
    { items: [{ id: 'flights-0-2' }, { id: 'flights-0-3' }] },
    { items: [{ id: 'flights-1-4' }] },
    { type: 'error', code: 'MESSAGE_MALFORMED', remedy: String },
  ]);
  const code = new Promise<number>((resolve) => client.once('close', resolve));
  await serving.close(500);
  t.equal(await code, 1001);
});

await t.test('a client that stops reading is closed with 4008 and resumes without a gap', async (t) => {
  const telemetry = new RecordingTelemetry();
  const { serving, hub } = await openExampleServing({ state, telemetry });
  t.teardown(() => serving.close(100));
  const url = `ws://127.0.0.1:${serving.port}/ws?topology=flights`;
  const ids: string[] = [];
  const listen = async (address: string): Promise<WebSocket> => {
    const client = new WebSocket(address);
    client.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as { items?: Array<{ id: string }> };
      ids.push(...(frame.items ?? []).map(({ id }) => id));
    });
    await new Promise((resolve) => client.once('open', resolve));
    return client;
  };
  let offset = 0;
  const feed = (rows: number): void => {
    const offsets = Array.from({ length: rows }, () => offset++);
    hub.predictions('flights', predictionBlock({ topic: 'flights', partition: 0 }, offsets));
  };
  const slow = await listen(url);
  const code = new Promise<number>((resolve) => slow.once('close', resolve));
  feed(10);
  while (ids.length < 10) await new Promise((resolve) => setImmediate(resolve));
  slow.pause();
  for (let block = 0; block < 500 && !telemetry.counts.has('feed_cut_off_total'); block++) {
    feed(2_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.equal(telemetry.counts.get('feed_cut_off_total'), 1);
  slow.resume();
  t.equal(await code, 4008, 'the close frame follows what was already sent');
  t.ok(ids.length < offset, 'it did not get everything');
  feed(10);
  const again = await listen(`${url}&after=${ids.at(-1)}`);
  feed(10);
  const expected = Array.from({ length: offset }, (_, i) => `flights-0-${i}`);
  for (let i = 0; ids.length < expected.length && i < 6_000; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  t.same(ids, expected);
  again.terminate();
});
