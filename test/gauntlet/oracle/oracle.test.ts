// The oracle shares no code with the engine: nothing that it imports, at any remove, is under src.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { categoryOf } from './murmur2.ts';

function importsOf(file: string, seen: Set<string>): void {
  if (seen.has(file)) return;
  seen.add(file);
  for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/from '(\.{1,2}\/[^']+)'/g))
    importsOf(join(dirname(file), name), seen);
}

t.test('no file of the engine is imported', async (t) => {
  const files = new Set<string>();
  importsOf(join(import.meta.dirname, 'oracle.ts'), files);
  t.ok(files.size > 5, [...files].join());
  t.same(
    [...files].filter((file) => !file.includes(join('test', 'gauntlet'))),
    [],
  );
});

t.test('murmur2 gives the hashes of the Java client', async (t) => {
  // From UtilsTest.testMurmur2 of Apache Kafka, the low 24 bits.
  const vectors: ReadonlyArray<readonly [text: string, hash: number]> = [
    ['21', -973_932_308],
    ['foobar', -790_332_482],
    ['a-little-bit-long-string', -985_981_536],
    ['a-little-bit-longer-string', -1_486_304_829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
    ['abc', 479_470_107],
  ];
  for (const [text, hash] of vectors) t.equal(categoryOf(text), hash & 0xffffff, text);
});
