// Packed slots: every list of numbers comes back bit for bit, and bytes that are none are recognised.
import fc from 'fast-check';
import t from 'tap';
import { packedBytesMax, packSlots, unpackSlots } from '../../src/window/packed-slots.ts';

const number = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    1,
    -1,
    127,
    128,
    -129,
    2 ** 27,
    2 ** 28 - 1,
    -(2 ** 28),
    2 ** 31,
    2 ** 47,
    2 ** 48 - 1,
  ),
  fc.constantFrom(
    -(2 ** 48),
    2 ** 48 + 2,
    2 ** 53,
    Number.NaN,
    Infinity,
    -Infinity,
    0.1,
    Math.fround(0.1),
    5e-324,
  ),
  fc.maxSafeInteger(),
  fc.integer(),
  fc.float(),
  fc.double(),
);

function packed(values: readonly number[]): Uint8Array {
  const into = new DataView(new ArrayBuffer(packedBytesMax(values.length) + 3));
  const end = packSlots(Float64Array.from(values), values.length, into, 3);
  return new Uint8Array(into.buffer, 0, end);
}

t.test('property: numbers come back as they were', async (t) => {
  fc.assert(
    fc.property(fc.array(number, { maxLength: 40 }), (values) => {
      const bytes = packed(values);
      const unpacked = unpackSlots(bytes, 3, values.length) ?? [];
      return unpacked.length === values.length && values.every((value, i) => Object.is(unpacked[i], value));
    }),
    { numRuns: 2_000 },
  );
  t.pass('all equal');
});

t.test(
  'property: of any bytes and count, slots or null, without more memory than the bytes say',
  async (t) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat({ max: 2 ** 32 - 1 }), (bytes, count) => {
        const slots = unpackSlots(bytes, 0, count);
        return slots === null || (slots.length === count && count <= 4 * bytes.length);
      }),
      { numRuns: 2_000 },
    );
    t.equal(unpackSlots(packed([1, 2, 3]), 3, 2), null, 'bytes are left');
    t.equal(unpackSlots(packed([1, 2, 0.1]).subarray(0, -1), 3, 3), null, 'bytes are missing');
  },
);

t.test('counts take a byte and a quarter, times six, numbers of a Float32 four', async (t) => {
  const bytes = (values: readonly number[]): number => packed(values).length - 3;
  t.equal(bytes([0, 0, 0, 0, 0, 0, 0, 0]), 2);
  t.equal(bytes([1, 12, 60, -64]), 5);
  t.equal(bytes([Date.UTC(2026, 0, 1)]), 7);
  t.equal(bytes([0.5, 7.25, Number.NaN, -Infinity]), 17);
  t.equal(bytes([0.1, 0.2, 0.3, 0.7]), 33);
});
