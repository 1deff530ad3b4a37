// Instants as numbers of a unit, against BigInt and decimal text.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import {
  epochMs,
  epochMsOf,
  epochMsOfInt64,
  epochMsOfText,
  epochText,
  likelyUnit,
  type EpochUnit,
} from '../../src/core/epoch-number.ts';

const units: readonly EpochUnit[] = ['s', 'ms', 'us', 'ns', 'days'];
const unit = fc.constantFrom(...units);
const NANOS: Readonly<Record<EpochUnit, bigint>> = {
  s: 10n ** 9n,
  ms: 10n ** 6n,
  us: 10n ** 3n,
  ns: 1n,
  days: 86_400n * 10n ** 9n,
};

/** Of `whole` and a fraction's digits, exactly. */
function exactMs(text: string, counts: EpochUnit): bigint {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  const scale = 10n ** BigInt(fraction.length);
  const nanos = BigInt(sign + whole + fraction) * NANOS[counts];
  const per = scale * 10n ** 6n;
  return nanos / per - (nanos < 0n && nanos % per !== 0n ? 1n : 0n);
}

function ofText(text: string, counts: EpochUnit): number {
  const octets = Buffer.from(`x${text}y`);
  return epochMsOfText(octets, 1, octets.length - 1, counts);
}

/** Numbers of the years 1900 to 2300 in a unit. */
function nearInstant(counts: EpochUnit): fc.Arbitrary<bigint> {
  const max = (10n ** 13n * 10n ** 6n) / NANOS[counts];
  return fc.bigInt({ min: -max / 4n, max });
}

const PER_RUN = { numRuns: 3_000 };

t.test('whole numbers, as Float64, as 64 bits and as text', async () => {
  fc.assert(
    fc.property(
      unit.chain((counts) => fc.tuple(fc.constant(counts), nearInstant(counts))),
      ([counts, value]) => {
        const expected = Number(exactMs(String(value), counts));
        assert.equal(ofText(String(value), counts), expected);
        assert.equal(epochMsOf(value, counts), expected);
        const low = Number(BigInt.asUintN(32, value));
        assert.equal(epochMsOfInt64(Number(value >> 32n), low, counts), expected);
        if (value >= -(2n ** 53n) && value <= 2n ** 53n)
          assert.equal(epochMs(Number(value), counts), expected);
      },
    ),
    PER_RUN,
  );
});

t.test('text with a fraction is exact, and a Float64 is its shortest text', async () => {
  const fraction = fc.stringMatching(/^\d{1,12}$/);
  const finer = fc.constantFrom<EpochUnit>('s', 'ms', 'us', 'ns');
  fc.assert(
    fc.property(
      finer.chain((one) => fc.tuple(fc.constant(one), nearInstant(one))),
      fraction,
      ([one, whole], digits) => {
        const text = `${whole}.${digits}`;
        assert.equal(ofText(text, one), Number(exactMs(text, one)));
        const number = Number(text);
        const shortest = String(number);
        if (!shortest.includes('e')) assert.equal(epochMs(number, one), Number(exactMs(shortest, one)));
      },
    ),
    PER_RUN,
  );
  const ms = fc.integer({ min: -2_208_988_800_000, max: 10_413_791_999_999 });
  fc.assert(
    fc.property(ms, (given) => {
      assert.equal(epochMs(given / 1_000, 's'), given, 'seconds of a producer in Python');
      assert.equal(ofText(String(given / 1_000), 's'), given);
      assert.equal(epochMs(given * 1e6, 'ns'), given, 'nanoseconds that a Float64 has rounded');
    }),
    PER_RUN,
  );
});

t.test('what is written is read', async (t) => {
  fc.assert(
    fc.property(unit, fc.integer({ min: -2_208_988_800_000, max: 10_413_791_999_999 }), (counts, given) => {
      const ms = counts === 'days' ? given - (given % 86_400_000) : given;
      assert.equal(ofText(epochText(ms, counts) as string, counts), ms + 0);
    }),
    PER_RUN,
  );
  t.equal(epochText(1, 'days'), null);
  t.equal(epochText(0.5, 's'), null);
  t.equal(epochText(1_700_000_000_123, 's'), '1700000000.123');
});

t.test('other forms', async (t) => {
  t.equal(ofText('1.7e9', 's'), 1_700_000_000_000);
  t.equal(ofText('1700000000123456789e-9', 's'), 1_700_000_000_123);
  t.equal(ofText('-0.0001', 's'), -1);
  t.equal(ofText('2023-11-14T22:13:20Z', 's'), 1_700_000_000_000);
  t.equal(ofText('1e400', 's'), Number.POSITIVE_INFINITY);
  t.ok(Number.isNaN(ofText('soon', 's')));
  t.ok(Number.isNaN(ofText('', 's')));
  t.ok(Number.isNaN(ofText('1.5', 'days')));
  t.ok(Number.isNaN(epochMs(1.5, 'days')));
  t.ok(Number.isNaN(epochMs(Number.NaN, 's')));
});

t.test('a number in another unit than the declared one', async (t) => {
  const nowMs = 1_777_636_800_000;
  t.equal(likelyUnit(1_700_000_000, 'ms', nowMs), 's');
  t.equal(likelyUnit(1_700_000_000, 's', nowMs), null);
  t.equal(likelyUnit(1_700_000_000_000, 's', nowMs), 'ms');
  t.equal(likelyUnit(1_700_000_000_000_000_000, 'us', nowMs), 'ns');
  t.equal(likelyUnit(86_400, 's', nowMs), null, 'a day in 1970');
});
