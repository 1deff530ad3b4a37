// Sealed bytes against Python's cryptography package, and what must hold for any bytes.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { dataKey, newDataKey, open, seal, sealedBy } from '../../../src/runtime/personal/envelope.ts';
import { KeyedHash } from '../../../src/runtime/personal/keyed-hash.ts';

interface Vectors {
  readonly hashKey: string;
  readonly dataKey: string;
  readonly dataKeyId: string;
  readonly context: string;
  readonly values: ReadonlyArray<Record<'value' | 'hash' | 'place' | 'sealed', string>>;
}

const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/sensitive.json', import.meta.url), 'utf8'),
) as Vectors;
const vectorKey = dataKey(Buffer.from(vectors.dataKeyId, 'hex'), Buffer.from(vectors.dataKey, 'hex'));

t.test('hashes and sealed bytes are those of an independent implementation', async (t) => {
  const hash = new KeyedHash(Buffer.from(vectors.hashKey, 'hex'));
  for (const { value, hash: expected, place, sealed } of vectors.values) {
    t.equal(hash.of(value), expected, value);
    const own = seal(Buffer.from(value), vectorKey, vectors.context, place);
    t.equal(own.toString('hex'), sealed, value);
    t.equal(open(Buffer.from(sealed, 'hex'), vectorKey, vectors.context)?.toString(), value);
  }
});

const bytes = fc.uint8Array({ maxLength: 200 });

t.test('what is sealed opens with its key and context alone', async () => {
  const [key, other] = [newDataKey(), newDataKey()];
  fc.assert(
    fc.property(bytes, fc.string(), fc.string(), (plain, context, place) => {
      const sealed = seal(plain, key, context, place);
      const isOpened = open(sealed, key, context)?.equals(plain) === true;
      const isRepeatable = sealed.equals(seal(plain, key, context, place));
      const isElsewhere = open(sealed, key, `${context}x`) === null;
      const isOfOther = open(sealed, other, context) === null;
      return (
        isOpened && isRepeatable && isElsewhere && isOfOther && sealedBy(sealed) === key.id.toString('hex')
      );
    }),
  );
});

t.test('equal bytes at two places do not look equal, and no changed byte opens', async () => {
  const key = newDataKey();
  fc.assert(
    fc.property(bytes, fc.nat(), (plain, at) => {
      const sealed = seal(plain, key, 'c', '0-1');
      const changed = Buffer.from(sealed);
      const index = at % sealed.length;
      changed[index] = (changed[index] as number) ^ 1;
      return !sealed.equals(seal(plain, key, 'c', '0-2')) && open(changed, key, 'c') === null;
    }),
  );
});

t.test('arbitrary bytes are no envelope, or do not open', async () => {
  const key = newDataKey();
  fc.assert(
    fc.property(bytes, fc.boolean(), (tail, isMarked) => {
      const given = isMarked ? Buffer.concat([Buffer.from('MRS1'), key.id, tail]) : Buffer.from(tail);
      return open(given, key, 'c') === null;
    }),
  );
});
