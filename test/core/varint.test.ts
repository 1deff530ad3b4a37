// Varints against their definition, in integers of any size.
import * as fc from 'fast-check';
import t from 'tap';
import { VARINT_BYTES_MAX, writeVarint, writeVarlong } from '../../src/core/varint.ts';

/** Zigzag, then seven bits a byte. https://protobuf.dev/programming-guides/encoding/#signed-ints */
function reference(value: number): number[] {
  const wide = BigInt(value);
  let rest = wide >= 0n ? wide * 2n : -wide * 2n - 1n;
  const bytes: number[] = [];
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return bytes;
}

t.test('property: every whole number of 53 bits, and of 32', async () => {
  const into = new Uint8Array(2 + VARINT_BYTES_MAX);
  const check = (write: typeof writeVarint, value: number): void => {
    const end = write(into, 2, value);
    const written = [...into.subarray(2, end)];
    if (String(written) !== String(reference(value))) throw new Error(`${value}: ${String(written)}`);
  };
  const edges = [0, 1, 0x3f, 0x40, 2 ** 30, 2 ** 31, 2 ** 52, 2 ** 53 - 1];
  for (const edge of edges) for (const value of [edge, -edge, edge - 1, 1 - edge]) check(writeVarlong, value);
  fc.assert(
    fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer()), fc.integer(), (long, int) => {
      check(writeVarlong, long);
      check(writeVarint, int);
    }),
    { numRuns: 2_000, seed: 1 },
  );
});

t.test('a number that is no 53-bit integer is written as the nearest one', async (t) => {
  const into = new Uint8Array(VARINT_BYTES_MAX);
  const written = (value: number): number[] => [...into.subarray(0, writeVarlong(into, 0, value))];
  const nearest: ReadonlyArray<readonly [number, number]> = [
    [1_704_067_201_000.5, 1_704_067_201_000],
    [-1_704_067_201_000.5, -1_704_067_201_000],
    [0.5, 0],
    [-0.5, 0],
    [Number.NaN, 0],
    [1e300, Number.MAX_SAFE_INTEGER],
    [Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER],
    [Number.NEGATIVE_INFINITY, Number.MIN_SAFE_INTEGER],
  ];
  for (const [value, integer] of nearest) t.strictSame(written(value), reference(integer), String(value));
});
