// NDJSON however the file is cut into chunks, compressed or not, and what is refused to a file.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import t from 'tap';
import { openBytes } from '../../../src/adapters/files/file-bytes.ts';
import { jsonRows } from '../../../src/adapters/files/json-rows.ts';
import type { FileRow } from '../../../src/ports/row-file.ts';
import { allRows, bytesOf, pieces } from '../../support/file-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-json-'));
t.teardown(() => rmSync(folder, { recursive: true }));

async function read(chunks: readonly Buffer[]): Promise<FileRow[]> {
  return allRows(jsonRows(bytesOf('a.ndjson', chunks)));
}

async function readFile(name: string, bytes: Buffer): Promise<FileRow[]> {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  const opened = await openBytes(path);
  return allRows(jsonRows(opened));
}

/** Integers beyond 2^53 are read as bigints, with all their digits. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

t.test('every list of objects comes back', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 10 }),
      fc.integer({ min: 1, max: 5 }),
      async (values, size) => {
        const bytes = Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
        const rows = await read(pieces(bytes, size));
        const expected = values.map((value, i) => ({ place: i + 1, values: value }));
        const text = JSON.stringify(rows, rounded);
        if (text !== JSON.stringify(expected)) throw new Error(text);
      },
    ),
    { numRuns: 200 },
  );
  t.pass();
});

t.test('lines that are no objects are bad rows, and empty ones none', async (t) => {
  const text = '\uFEFF{"a":1}\r\n\n[1]\nnull\n{"a":\n{"a":2}';
  const bad = Buffer.concat([Buffer.from(`${text}\n{"a":"`), Buffer.from([0xff]), Buffer.from('"}')]);
  t.match(await read([bad]), [
    { place: 1, values: { a: 1 } },
    { place: 3, values: null, fault: /no JSON object: .*jq -c/, text: '[1]' },
    { place: 4, values: null, fault: 'the line is no JSON object', text: 'null' },
    { place: 5, values: null, fault: /JSON/, text: '{"a":' },
    { place: 6, values: { a: 2 } },
    { place: 7, values: null, fault: 'the line is not UTF-8' },
  ]);
});

t.test('gzip and Zstandard are recognised by their bytes, in several members too', async (t) => {
  const [one, two] = [Buffer.from('{"a":1}\n'), Buffer.from('{"a":2}\n')];
  const rows = [
    { place: 1, values: { a: 1 } },
    { place: 2, values: { a: 2 } },
  ];
  t.strictSame(await readFile('a.gz', Buffer.concat([gzipSync(one), gzipSync(two)])), rows);
  t.strictSame(await readFile('a.zst', zstdCompressSync(Buffer.concat([one, two]))), rows);
  t.strictSame(await readFile('a.ndjson', Buffer.concat([one, two])), rows);
  t.strictSame(await readFile('short', Buffer.from('{}')), [{ place: 1, values: {} }]);
  t.strictSame(await readFile('empty', Buffer.alloc(0)), []);
});

t.test('a damaged or cut file is one error with its name', async (t) => {
  const gzip = gzipSync(Buffer.from('{"a":1}\n'.repeat(1_000)));
  await t.rejects(readFile('cut.gz', gzip.subarray(0, gzip.length - 12)), {
    code: 'DATA_INVALID',
    message: /the file cannot be read: .*cut\.gz/,
  });
  await t.rejects(openBytes(join(folder, 'none')), { code: 'DATA_INVALID', message: /none/ });
  await t.rejects(openBytes(folder), { code: 'DATA_INVALID', message: /it is a folder/ });
});

t.test('a bomb is read no further than a row may be long', async (t) => {
  const bomb = gzipSync(Buffer.alloc(400 * 1_048_576, ' '));
  t.ok(bomb.length < 1_048_576);
  const before = process.memoryUsage().rss;
  await t.rejects(readFile('bomb.gz', bomb), { code: 'DATA_INVALID', message: /more than 16777216 bytes/ });
  t.ok(process.memoryUsage().rss - before < 200 * 1_048_576);
});
