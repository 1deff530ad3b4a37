// Hashes of files: the same as of their bytes, and without garbage of their size.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { sha256OfFile } from '../../src/core/model-content.ts';
import { FILE_READ_BYTES } from '../../src/core/model-limits.ts';

const MIB = 1_048_576;
const path = join(t.testdir({}), 'model.onnx');

t.test('the hash of a file is that of its bytes, whatever its length', async (t) => {
  for (const length of [0, 1, FILE_READ_BYTES - 1, FILE_READ_BYTES, 3 * FILE_READ_BYTES + 7]) {
    const bytes = Buffer.from(Uint8Array.from({ length }, (_, i) => i * 31));
    writeFileSync(path, bytes);
    t.equal(await sha256OfFile(path), createHash('sha256').update(bytes).digest('hex'), `${length} bytes`);
  }
  await t.rejects(sha256OfFile(`${path}.none`), { code: 'ENOENT' });
});

t.test('a file of 64 MiB is hashed in one buffer', async (t) => {
  writeFileSync(path, Buffer.alloc(64 * MIB));
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const sampling = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }, 1);
  await sha256OfFile(path);
  most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  clearInterval(sampling);
  t.ok(most < 4 * MIB, `${most} bytes`);
});
