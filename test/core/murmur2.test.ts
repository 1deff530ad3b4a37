// murmur2 and partitions against the Java client's own (test/vectors/Murmur2Vectors.java).
import { readFileSync } from 'node:fs';
import t from 'tap';
import { murmur2, partitionOf } from '../../src/core/murmur2.ts';

interface Vector {
  readonly key: string;
  readonly murmur2: number;
  readonly of7: number;
  readonly of50: number;
}

const vectors = JSON.parse(
  readFileSync(new URL('../vectors/murmur2.json', import.meta.url), 'utf8'),
) as readonly Vector[];

t.test('hashes and partitions are those of the Java client', async (t) => {
  const ours = vectors.map(({ key }) => {
    const bytes = Buffer.from(key, 'base64');
    return { key, murmur2: murmur2(bytes), of7: partitionOf(bytes, 7), of50: partitionOf(bytes, 50) };
  });
  t.equal(vectors.length, 50);
  t.strictSame(ours, vectors);
});
