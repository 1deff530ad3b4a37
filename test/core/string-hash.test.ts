// Hashes of strings against mmh3 (test/vectors/murmur3.py), and what they have in common with category codes.
import fc from 'fast-check';
import t from 'tap';
import { categoryCode } from '../../src/core/murmur2.ts';
import { categoryOfHash, murmur3, stringHash } from '../../src/core/string-hash.ts';
import vectors from '../vectors/murmur3.json' with { type: 'json' };

t.test('murmur3 equals mmh3', async (t) => {
  t.same(
    vectors.map(({ string }) => ({ string, murmur3: murmur3(Buffer.from(string)) })),
    vectors,
  );
});

t.test('a hash is an integer below 2^53 that holds the category code', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const hash = stringHash(text);
      return Number.isSafeInteger(hash) && hash >= 0 && categoryOfHash(hash) === categoryCode(text);
    }),
  );
  t.equal(stringHash('card-1'), Math.floor(3_143_675_050 / 8) * 2 ** 24 + categoryCode('card-1'));
});

t.test('200,000 strings have as many hashes', async (t) => {
  const hashes = new Set(Array.from({ length: 200_000 }, (_, i) => stringHash(`card-${i}`)));
  t.equal(hashes.size, 200_000);
});
