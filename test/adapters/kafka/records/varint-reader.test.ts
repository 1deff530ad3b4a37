// Varints from our writer and from kafkajs's, and bytes that are no varint.
import { createRequire } from 'node:module';
import * as fc from 'fast-check';
import t from 'tap';
import { ByteWriter } from '../../../../src/adapters/kafka/records/byte-writer.ts';
import { VarintReader } from '../../../../src/adapters/kafka/records/varint-reader.ts';

interface Encoder {
  readonly buffer: Buffer;
  writeVarInt(value: number): Encoder;
  writeVarLong(value: number): Encoder;
}

const require = createRequire(import.meta.url);
const KafkajsEncoder = require('kafkajs/src/protocol/encoder.js') as new () => Encoder;

const INT_MAX = 2 ** 31 - 1;
const LONG_MAX = 2 ** 51;
const int = fc.oneof(fc.integer({ min: -INT_MAX - 1, max: INT_MAX }), fc.integer({ min: -300, max: 300 }));
const long = fc.oneof(fc.integer({ min: -LONG_MAX, max: LONG_MAX }), int);

t.test('numbers of 32 and of 52 bits, one after the other', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(int, long), { minLength: 1, maxLength: 10 }), (pairs) => {
      const ours = new ByteWriter();
      const theirs = new KafkajsEncoder();
      for (const [i, l] of pairs) {
        ours.varint(i);
        ours.varlong(l);
        theirs.writeVarInt(i).writeVarLong(l);
      }
      t.same(ours.view(), theirs.buffer);
      const read = new VarintReader(theirs.buffer);
      t.same(
        pairs.map(() => [read.int(), read.long()]),
        pairs,
      );
      t.equal(read.at, theirs.buffer.length);
      if (!t.passing()) throw new Error('see above');
    }),
    { numRuns: 500, seed: 1, endOnFailure: true },
  );
});

t.test('bytes that end too soon, or have no last byte', async (t) => {
  const cut = new VarintReader(Uint8Array.of(0x80));
  cut.int();
  t.ok(cut.at > 1, 'at shows it');
  const endless = new Uint8Array(64).fill(0xff);
  const ints = new VarintReader(endless);
  ints.int();
  t.equal(ints.at, 5);
  const longs = new VarintReader(endless);
  longs.long();
  t.equal(longs.at, 10);
});
