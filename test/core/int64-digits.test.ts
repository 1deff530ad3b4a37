// Digits of 64-bit integers against BigInt.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { INT64_DIGITS_MAX, writeInt64 } from '../../src/core/int64-digits.ts';

const into = Buffer.alloc(INT64_DIGITS_MAX);

function written(value: bigint, isSigned: boolean): string {
  const bits = BigInt.asIntN(64, value);
  const start = writeInt64(into, Number(bits >> 32n), Number(BigInt.asIntN(32, bits)), isSigned);
  return into.toString('latin1', start);
}

t.test('signed and unsigned integers are what BigInt writes', async (t) => {
  const powers = Array.from({ length: 64 }, (_, i) => 2n ** BigInt(i));
  const tens = Array.from({ length: 19 }, (_, i) => 10n ** BigInt(i));
  const edges = [0n, ...[...powers, ...tens].flatMap((value) => [value - 1n, value, value + 1n])];
  for (const value of edges) {
    t.equal(written(value, false), String(BigInt.asUintN(64, value)));
    for (const signed of [value, -value]) t.equal(written(signed, true), String(BigInt.asIntN(64, signed)));
  }
  const random = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  fc.assert(
    fc.property(random, (value) => {
      assert.equal(written(value, true), String(value));
      assert.equal(written(value, false), String(BigInt.asUintN(64, value)));
    }),
  );
});
