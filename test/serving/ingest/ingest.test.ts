// Events over HTTP: the forms of a body, what is refused and where, and what any sender may do to the port.
import { gzipSync, zstdCompressSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { INGEST_BODY_BYTES_MAX, INGEST_ROWS_MAX } from '../../../src/core/port-limits.ts';
import { Random } from '../../../src/stats/random.ts';
import { openAccess, openExampleServing } from '../../support/example-serving.ts';
import { idsIn, openDoor, openEmbeddedLog } from '../../support/ingest-door.ts';
import { RecordingTelemetry } from '../../support/recording-telemetry.ts';

const NDJSON = 'application/x-ndjson';
const JSON_TYPE = 'application/json';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

interface Port {
  readonly post: (
    body: string | Buffer,
    headers?: Readonly<Record<string, string>>,
    path?: string,
  ) => Promise<Answer>;
  readonly ids: () => Promise<string[]>;
}

async function open(t: Test, token: string | null = null): Promise<Port> {
  const log = await openEmbeddedLog(t);
  const { ingest } = openDoor(log);
  const { serving } = await openExampleServing({
    state: () => t.fail('not asked for') as never,
    ingest,
    access: openAccess(new RecordingTelemetry(), token),
  });
  t.teardown(() => serving.close(100));
  return {
    async post(body, headers = {}, path = '/v1/topics/payments') {
      const response = await fetch(`http://127.0.0.1:${serving.port}${path}`, {
        method: 'POST',
        headers: { 'content-type': JSON_TYPE, ...headers },
        body,
      });
      return { status: response.status, headers: response.headers, body: await response.json() };
    },
    ids: async () => (await idsIn(log)).flat().toSorted(),
  };
}

function event(id: unknown): object {
  return { id, amount: 1.5, at: '2026-05-01T12:00:00Z' };
}

function lines(...events: readonly unknown[]): string {
  return events.map((one) => JSON.stringify(one)).join('\n');
}

t.test('an object, an array, lines and CloudEvents are events', async (t) => {
  const { post, ids } = await open(t);
  const envelope = { specversion: '1.0', id: '1', source: '/till', type: 'payment' };
  const { at: _none, ...untimed } = { ...event('g'), at: 0 };
  const bodies: ReadonlyArray<readonly [string | Buffer, Readonly<Record<string, string>>]> = [
    [JSON.stringify(event('a')), {}],
    [JSON.stringify([event('b'), event('c')]), { 'content-type': 'application/json; charset=utf-8' }],
    [`${lines(event('d'), event('e'))}\r\n\n`, { 'content-type': NDJSON }],
    [JSON.stringify({ ...envelope, data: event('f') }), { 'content-type': 'application/cloudevents+json' }],
    [
      JSON.stringify([
        { ...envelope, time: '2026-05-01T12:00:00Z', data: untimed },
        {
          ...envelope,
          datacontenttype: 'application/json',
          data_base64: Buffer.from(JSON.stringify(event('h'))).toString('base64'),
        },
      ]),
      { 'content-type': 'application/cloudevents-batch+json' },
    ],
    [
      JSON.stringify({ ...event('i'), at: undefined }),
      {
        'ce-specversion': '1.0',
        'ce-id': '1',
        'ce-source': '/till',
        'ce-type': 'payment',
        'ce-time': '2026-05-01T12:00:00Z',
      },
    ],
    [gzipSync(JSON.stringify(event('j'))), { 'content-encoding': 'gzip' }],
    [zstdCompressSync(JSON.stringify(event('k'))), { 'content-encoding': 'zstd' }],
  ];
  for (const [body, headers] of bodies) {
    const { status, body: answer } = await post(body, headers);
    t.equal(status, 200, JSON.stringify(answer));
  }
  t.strictSame(await ids(), ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k']);
  t.match(await post('[]'), { status: 200, body: { accepted: 0 } });
});

t.test('bad rows are named with their place, column and reason', async (t) => {
  const { post, ids } = await open(t);
  const body = `${lines(event('a'), event(7))}\n{"id":\n\n${lines({ ...event('b'), amuont: 1 })}`;
  const refused = await post(body, { 'content-type': NDJSON });
  t.match(refused, {
    status: 400,
    body: {
      error: {
        code: 'ROWS_INVALID',
        rejected: 3,
        errors: [
          { row: 1, line: 2, column: 'id', reason: /a number, not a string/ },
          { row: 2, line: 3, column: null, reason: /not JSON/ },
          { row: 3, line: 5, column: 'amuont', reason: /did you mean 'amount'/ },
        ],
      },
    },
  });
  t.strictSame(await ids(), []);
  const partial = await post(body, { 'content-type': NDJSON }, '/v1/topics/payments?partial=true');
  t.match(partial, {
    status: 207,
    body: { accepted: 1, rejected: 3, errors: [{ row: 1 }, { row: 2 }, { row: 3 }] },
  });
  t.strictSame(await ids(), ['a']);
});

t.test('a repetition with its key is one request, and another body with the key is refused', async (t) => {
  const { post, ids } = await open(t);
  const key = { 'idempotency-key': '"0a1b"' };
  const first = await post(JSON.stringify(event('a')), key);
  t.equal(first.headers.get('idempotent-replayed'), null);
  const second = await post(JSON.stringify(event('a')), { 'idempotency-key': '0a1b' });
  t.equal(second.headers.get('idempotent-replayed'), 'true');
  t.strictSame(second.body, first.body);
  t.match(await post(JSON.stringify(event('b')), key), {
    status: 422,
    body: { error: { code: 'IDEMPOTENCY_KEY_REUSED' } },
  });
  const envelope = { 'ce-specversion': '1.0', 'ce-source': '/till', 'ce-type': 'payment' };
  t.match(await post(JSON.stringify(event('a')), { ...envelope, 'ce-id': '1', 'idempotency-key': '2' }), {
    status: 200,
  });
  t.match(
    await post(JSON.stringify(event('a')), { ...envelope, 'ce-id': '2', 'idempotency-key': '2' }),
    { status: 422 },
    'the envelope is a part of the request',
  );
  t.strictSame(await ids(), ['a', 'a']);
  for (const bad of ['""', 'a"b', 'x'.repeat(256), 'ä'])
    t.match(await post('{}', { 'idempotency-key': bad }), { status: 400 }, bad);
});

t.test('what is no request of events is refused with its reason', async (t) => {
  const { post, ids } = await open(t);
  const good = JSON.stringify(event('a'));
  const cases: ReadonlyArray<
    readonly [string | Buffer, Readonly<Record<string, string>>, string | undefined, number, string]
  > = [
    ['', {}, undefined, 400, 'BODY_MALFORMED'],
    ['{', {}, undefined, 400, 'BODY_MALFORMED'],
    ['7', {}, undefined, 400, 'BODY_MALFORMED'],
    [Buffer.from([0x7b, 0xff, 0x7d]), {}, undefined, 400, 'BODY_MALFORMED'],
    [good, { 'content-type': 'text/plain' }, undefined, 415, 'MEDIA_TYPE_UNSUPPORTED'],
    [good, { 'content-type': 'application/json; charset=latin1' }, undefined, 415, 'MEDIA_TYPE_UNSUPPORTED'],
    [good, { 'content-encoding': 'br' }, undefined, 415, 'ENCODING_UNSUPPORTED'],
    [good, { 'content-encoding': 'gzip' }, undefined, 400, 'BODY_MALFORMED'],
    [
      gzipSync(Buffer.alloc(INGEST_BODY_BYTES_MAX + 1, ' ')),
      { 'content-encoding': 'gzip' },
      undefined,
      413,
      'BODY_TOO_LARGE',
    ],
    [good, {}, '/v1/topics/payments.predictions', 404, 'TOPIC_UNKNOWN'],
    [good, {}, '/v1/topics/__consumer_offsets', 404, 'TOPIC_UNKNOWN'],
    [good, {}, '/v1/topics/payments?partial=yes', 400, 'PARTIAL_MALFORMED'],
    [good, { origin: 'https://evil.example' }, undefined, 403, 'ORIGIN_REFUSED'],
    [
      JSON.stringify({ specversion: '1.0', data: event('a') }),
      { 'content-type': 'application/cloudevents+json' },
      undefined,
      400,
      'ROWS_INVALID',
    ],
    [good, { 'ce-specversion': '0.3' }, undefined, 400, 'ROWS_INVALID'],
    [good, { 'content-type': 'application/cloudevents-batch+json' }, undefined, 400, 'BODY_MALFORMED'],
  ];
  for (const [body, headers, path, status, code] of cases)
    t.match(await post(body, headers, path), { status, body: { error: { code } } }, `${code} ${path ?? ''}`);
  t.strictSame(await ids(), []);
});

t.test('a sender without the role has no body read', async (t) => {
  const { post, ids } = await open(t, '12345678');
  const large = `[${' '.repeat(1_000_000)}]`;
  t.match(await post(large), { status: 401 });
  const wrong = { authorization: 'Bearer 87654321' };
  t.match(await post(JSON.stringify(event('a')), wrong), { status: 401 });
  t.match(await post(JSON.stringify(event('a')), { authorization: 'Bearer 12345678' }), { status: 200 });
  t.strictSame(await ids(), ['a']);
});

t.test('many rows are taken in pieces, between which others are answered', async (t) => {
  const { post, ids } = await open(t);
  const many = lines(...Array.from({ length: 50_000 }, (_, i) => event(`m${i}`)));
  const large = post(many, { 'content-type': NDJSON });
  const pending = Symbol('pending');
  let meanwhile = 0;
  while ((await Promise.race([large, Promise.resolve(pending)])) === pending) {
    await post(JSON.stringify(event(`s${meanwhile}`)));
    meanwhile += 1;
  }
  t.match(await large, { status: 200, body: { accepted: 50_000 } });
  t.ok(meanwhile > 1, `${meanwhile} meanwhile`);
  t.equal((await ids()).length, 50_000 + meanwhile);
});

t.test('a million rows are more than a request may have', async (t) => {
  const { post, ids } = await open(t);
  t.match(await post('7\n'.repeat(1_000_000), { 'content-type': NDJSON }), {
    status: 413,
    body: { error: { code: 'ROWS_TOO_MANY' } },
  });
  t.match(await post(`[${'7,'.repeat(1_000_000)}7]`), { status: 413 });
  const bad = await post('7\n'.repeat(INGEST_ROWS_MAX), { 'content-type': NDJSON });
  t.match(bad, { status: 400, body: { error: { rejected: INGEST_ROWS_MAX } } });
  t.equal((bad.body as { error: { errors: unknown[] } }).error.errors.length, 100);
  t.match(await post('x'.repeat(INGEST_BODY_BYTES_MAX + 1)).catch(() => ({ status: 413 })), { status: 413 });
  t.match(await post('['.repeat(1_000_000)), { status: 400 });
  t.strictSame(await ids(), []);
});

t.test('whatever bytes come, the answer is one of those that the documentation lists', async (t) => {
  const { post, ids } = await open(t);
  const random = new Random(1);
  const seeds = [
    JSON.stringify(event('a')),
    JSON.stringify([event('a'), event('b')]),
    lines(event('a'), event('b')),
  ];
  let good = 0;
  for (let round = 0; round < 300; round += 1) {
    const bytes = Buffer.from(seeds[random.nextInt(seeds.length)] as string);
    for (let edits = random.nextInt(3); edits >= 0; edits -= 1)
      bytes[random.nextInt(bytes.length)] = random.nextInt(256);
    const body = random.nextInt(4) === 0 ? bytes.subarray(0, random.nextInt(bytes.length)) : bytes;
    const type = random.nextInt(2) === 0 ? NDJSON : JSON_TYPE;
    const { status, body: answer } = await post(body, { 'content-type': type });
    t.ok([200, 400].includes(status), `${status} ${body.toString('latin1')}`);
    if (status === 200) good += (answer as { accepted: number }).accepted;
  }
  t.equal((await ids()).length, good);
});
