// JSON that keeps every number.
import fc from 'fast-check';
import t from 'tap';
import { exactJson, parseExactJson } from '../../src/core/exact-json.ts';

t.test('any value of JSON with any numbers is what it was', async (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.array(fc.double()), fc.double(), (value, numbers, number) => {
      const all = { value, numbers, nested: { number } };
      return t.strictSame(parseExactJson(exactJson(all)), all);
    }),
    { numRuns: 500, seed: 3 },
  );
  for (const special of [Number.NaN, Infinity, -Infinity, -0, 0, 5e-324, 1.7976931348623157e308])
    t.ok(Object.is(parseExactJson(exactJson(special)), special), String(special));
});

t.test('finite numbers are plain JSON', async (t) => {
  const value = { a: [1, 2.5, null, 'NaN'], b: { c: true } };
  t.equal(exactJson(value), JSON.stringify(value));
  t.strictSame(parseExactJson('{"$number":"five"}'), { $number: 'five' });
});
