// Files that are compressed in parts: all of them are read, and what is no part is an error.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import t from 'tap';
import { openBytes } from '../../../src/adapters/files/file-bytes.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-bytes-'));
t.teardown(() => rmSync(folder, { recursive: true }));

async function textOf(...parts: readonly Buffer[]): Promise<string> {
  const path = join(folder, 'rows');
  writeFileSync(path, Buffer.concat(parts));
  const read: Buffer[] = [];
  for await (const chunk of (await openBytes(path)).chunks) read.push(chunk);
  return Buffer.concat(read).toString();
}

/** As pzstd writes one before each frame. */
const SKIPPED = Buffer.from('502a4d180400000001020304', 'hex');

t.test('files that were put together', async (t) => {
  const day = 'a,1\n'.repeat(100_000);
  const night = 'b,2\n'.repeat(3);
  t.equal(await textOf(gzipSync(day), gzipSync(night)), day + night);
  const frames = [zstdCompressSync(day), zstdCompressSync(''), zstdCompressSync(night)];
  t.equal(await textOf(...frames), day + night);
  t.equal(await textOf(...frames.flatMap((frame) => [SKIPPED, frame])), day + night);
  t.equal(await textOf(Buffer.from(day)), day);
});

t.test('what follows the compressed part and is none, and a part of one', async (t) => {
  for (const compress of [gzipSync, zstdCompressSync]) {
    const first = compress('a,1\n');
    for (const rest of [Buffer.from('b,2\n'), first.subarray(0, -2)])
      await t.rejects(textOf(first, rest), { code: 'DATA_INVALID', message: /cannot be read/ });
  }
});
