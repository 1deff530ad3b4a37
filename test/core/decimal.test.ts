// Decimal digits against the engine's own reading of numbers.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { decimal } from '../../src/core/decimal.ts';

/** Digits as `decimal` takes them, with a point before the last `fraction` of them. */
function read(digits: string, exponent: number): number {
  return decimal(Number(digits.slice(0, 15)), Number(digits.slice(15)), digits.slice(15).length, exponent);
}

const digits = fc.stringMatching(/^[1-9][0-9]{0,18}$/);
const exponent = fc.integer({ min: -24, max: 24 });

t.test('what is not left to others is the nearest Float64', async (t) => {
  let left = 0;
  fc.assert(
    fc.property(digits, exponent, (text, power) => {
      const found = read(text, power);
      if (Number.isNaN(found)) left++;
      else assert.equal(found, Number(`${text}e${power}`), `${text}e${power}`);
    }),
    { numRuns: 20_000 },
  );
  t.ok(left < 10_000, `${left} left`);
});

t.test('random doubles as they print are hardly ever left', async (t) => {
  let left = 0;
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 1e5, noNaN: true }), (value) => {
      const [integer = '', fraction = ''] = String(value).split('.');
      const found = read((integer + fraction).replace(/^0+/, ''), -fraction.length);
      if (Number.isNaN(found)) left++;
      else assert.equal(found, value);
    }),
    { numRuns: 20_000 },
  );
  t.ok(left < 100, `${left} left`);
});

t.test('the middle between two is left, and what is beside it is not', async (t) => {
  t.ok(Number.isNaN(read('9007199254740993', 0)));
  t.ok(Number.isNaN(read('90071992547409930', -1)));
  t.equal(read('90071992547409931', -1), 9007199254740994);
  t.equal(read('90071992547409929', -1), 9007199254740992);
});
