// CRC-32C against the vectors of RFC 3720 (iSCSI), appendix B.4, and bit by bit.
import * as fc from 'fast-check';
import t from 'tap';
import { crc32c } from '../../../../src/adapters/kafka/records/crc32c.ts';

t.test('the vectors of RFC 3720', async (t) => {
  t.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  t.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  t.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
  t.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c);
  t.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
});

function bitByBit(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0x82f63b78;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

t.test('any bytes, bit by bit', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      t.equal(crc32c(bytes), bitByBit(bytes));
    }),
    { numRuns: 200, seed: 1 },
  );
});
