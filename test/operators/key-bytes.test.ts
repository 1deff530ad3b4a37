import fc from 'fast-check';
import t from 'tap';
import { partitionOf } from '../../src/core/murmur2.ts';
import { KeyBytes } from '../../src/operators/key-bytes.ts';

t.test('property: each key has its bytes and its partition, even if more keys are added later', async (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { maxLength: 300 }),
      fc.integer({ min: 1, max: 50 }),
      (texts, partitions) => {
        const bytes = new KeyBytes(partitions);
        const given = texts.map((text, id) => {
          bytes.add(text);
          return bytes.of(Int32Array.of(id));
        });
        return given.every(({ ids, distinct, partitions: found }, i) => {
          const id = ids[0] as number;
          const wanted = Buffer.from(texts[i] as string);
          return distinct.at(id)?.equals(wanted) === true && found[id] === partitionOf(wanted, partitions);
        });
      },
    ),
    { seed: 2, numRuns: 300 },
  );
  t.pass();
});
