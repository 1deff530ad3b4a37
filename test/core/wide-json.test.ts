// JSON whose integers keep all their digits, against BigInt and JSON.parse.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { parseWideJson } from '../../src/core/wide-json.ts';

/** What JSON.parse returns of it. */
function rounded(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(rounded);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, rounded(inner)]));
}

t.test('integers of any size, wherever they are', async (t) => {
  const integer = fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n });
  fc.assert(
    fc.property(integer, fc.constantFrom('', ' ', '\n'), (value, blank) => {
      const wanted = Number.isSafeInteger(Number(value)) ? Number(value) : value;
      assert.strictEqual(parseWideJson(`${blank}${value}${blank}`), wanted);
      assert.deepStrictEqual(parseWideJson(`{"a":${blank}${value}}`), { a: wanted });
      assert.deepStrictEqual(parseWideJson(`[1,${blank}${value},"${value}"]`), [1, wanted, String(value)]);
    }),
    { numRuns: 2_000 },
  );
  t.strictSame(parseWideJson('9007199254740993'), 9_007_199_254_740_993n);
  t.strictSame(parseWideJson('{"a":1e300,"b":12345678901234567.5,"c":-0}'), {
    a: 1e300,
    b: Number('12345678901234567.5'),
    c: -0,
  });
});

t.test('everything else is what JSON.parse makes of it', async () => {
  fc.assert(
    fc.property(fc.json({ noUnicodeString: false }), (text) => {
      assert.deepStrictEqual(rounded(parseWideJson(text)), JSON.parse(text));
    }),
    { numRuns: 1_000 },
  );
  assert.throws(() => parseWideJson('{"a":12345678901234567890,}'), SyntaxError);
});
