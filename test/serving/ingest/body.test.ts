// What a body that brings events takes: its expanded bytes count as they come, and it is no objects before its turn.
import { gzipSync, zstdCompressSync } from 'node:zlib';
import t from 'tap';
import type { HttpResponse } from '../../../src/ports/web-server.ts';
import { textOf } from '../../../src/serving/ingest/body.ts';
import { rowsOf } from '../../../src/serving/ingest/rows.ts';
import { reply } from '../../../src/serving/response.ts';
import { canonicalHead } from '../../support/canonical-head.ts';

const TEXT = '[0]'.padEnd(1_000_000);
const encodings: ReadonlyArray<readonly [string, Buffer]> = [
  ['gzip', gzipSync(TEXT)],
  ['zstd', zstdCompressSync(TEXT)],
];

function expand(encoding: string, bytes: Buffer, bytesMax: number): Promise<string | HttpResponse> {
  let left = bytesMax;
  const received = (count: number): HttpResponse | null =>
    (left -= count) < 0 ? reply.error(429, 'BODIES_TOO_MANY', 'too many', 'Wait.') : null;
  const head = canonicalHead({ method: 'POST', headers: new Map([['content-encoding', encoding]]) });
  return textOf({ ...head, body: '', bytes, received });
}

for (const [encoding, bytes] of encodings) {
  t.test(`${encoding}: what a body expands to counts against the memory for all`, async (t) => {
    t.equal(await expand(encoding, bytes, TEXT.length), TEXT);
    t.match(await expand(encoding, bytes, TEXT.length - 1), { status: 429 });
    t.match(await expand(encoding, bytes.subarray(0, -9), TEXT.length), { status: 400 }, 'a part of one');
  });
}

t.test('all members and frames of a body count, and nothing else may follow them', async (t) => {
  const rows = ['{"a":1}\n', '{"a":2}\n'];
  const compressors = [
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const;
  for (const [encoding, compress] of compressors) {
    const [first, second] = rows.map((row) => compress(row)) as [Buffer, Buffer];
    t.equal(await expand(encoding, Buffer.concat([first, second]), TEXT.length), rows.join(''), encoding);
    for (const rest of [second.subarray(0, -3), Buffer.from(rows[1] as string)]) {
      const response = await expand(encoding, Buffer.concat([first, rest]), TEXT.length);
      t.match(response, { status: 400 }, `${encoding} and ${rest.toString('hex')}`);
    }
  }
  const empty = zstdCompressSync('');
  t.match(await expand('zstd', Buffer.concat(Array.from({ length: 100_000 }, () => empty)), 1), {
    status: 400,
  });
});

t.test('a body is parsed with its first row', async (t) => {
  const rows = rowsOf('application/json', '{', new Map());
  t.throws(() => rows.next(), { message: 'the body is not JSON, at position 1' });
});

function reasonOf(type: string, text: string): string | undefined {
  try {
    return [...rowsOf(type, text, new Map())].find(({ reason }) => reason !== undefined)?.reason;
  } catch (error) {
    return (error as Error).message; // a MalformedBody
  }
}

t.test('a byte order mark in front of a body is none of its characters', async (t) => {
  const event = { specversion: '1.0', id: '1', source: '/s', type: 't', data: { a: 1 } };
  for (const [type, value] of [
    ['application/json', { a: 1 }],
    ['application/json', [{ a: 1 }]],
    ['application/x-ndjson', { a: 1 }],
    ['application/cloudevents+json', event],
    ['application/cloudevents-batch+json', [event]],
  ] as const)
    t.match([...rowsOf(type, `\ufeff${JSON.stringify(value)}`, new Map())], [{ value: { a: 1 } }], type);
  t.equal(reasonOf('application/json', '\ufeff'), 'the body is empty');
});

t.test('numbers that JSON has not are named', async (t) => {
  const why = /is not JSON.*: NaN and Infinity are none, send null$/;
  for (const text of ['{"a":NaN}', '{"a":-Infinity}', '[{"a":1},{"a":Infinity}]'])
    t.match(reasonOf('application/json', text), why, text);
  t.match(reasonOf('application/x-ndjson', '{"a":1}\n{"a":NaN}'), why);
  t.notMatch(reasonOf('application/json', '{"a":N}'.replace('N', 'x')), /NaN/);
});

t.test('an envelope without data', async (t) => {
  const event = { specversion: '1.0', id: '1', source: '/s', type: 't' };
  t.equal(reasonOf('application/cloudevents+json', JSON.stringify(event)), 'the CloudEvent has no data');
});
