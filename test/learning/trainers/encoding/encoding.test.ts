import * as fc from 'fast-check';
import t from 'tap';
import { encodeRows } from '../../../../src/learning/trainers/encoding/encoded-set.ts';
import {
  encodingFromJson,
  encodingToJson,
  readsFeatures,
} from '../../../../src/learning/trainers/encoding/encoding.ts';
import { extendEncoding, fitEncoding } from '../../../../src/learning/trainers/encoding/fit-encoding.ts';
import { Random } from '../../../../src/stats/random.ts';
import { features, makeExample, params, runtime } from '../../examples.ts';
import { referenceEncode } from '../../reference.ts';

const example = makeExample(2_000, 3);
const encoding = fitEncoding(example, features, params);

t.test('numeric constants are computed from the rows that have a value', (t) => {
  t.same(
    encoding.numeric.map(({ column }) => column),
    [0, 2, 4, 1],
    'log-transformed features last',
  );
  t.same(
    encoding.numeric.map(({ signedLog }) => signedLog),
    [false, false, false, true],
    'the skewed feature is log-transformed',
  );
  t.same(
    encoding.numeric.map(({ indicator }) => indicator),
    [false, true, false, false],
    'missing values have an indicator',
  );
  const present = Array.from({ length: 2_000 }, (_, i) => example.features[i * 5 + 2]!).filter(
    (x) => !Number.isNaN(x),
  );
  const mean = present.reduce((sum, x) => sum + x, 0) / present.length;
  const deviation = Math.sqrt(present.reduce((sum, x) => sum + (x - mean) ** 2, 0) / present.length);
  t.equal(encoding.numeric[1]?.mean, Math.fround(mean));
  t.equal(encoding.numeric[1]?.deviation, Math.fround(deviation));
  t.end();
});

t.test(
  'features that are missing together share one indicator; a constant feature encodes to 0',
  async (t) => {
    const nan = Number.NaN;
    const rows = {
      features: Float32Array.of(nan, nan, 7, nan, 1, 2, 7, nan, nan, nan, 7, 3),
      rowCount: 3,
      width: 4,
    };
    const specs = ['a', 'b', 'c', 'd'].map((name) => ({ name, kind: 'numeric' as const }));
    const fitted = fitEncoding(rows, specs, params);
    t.same(
      fitted.numeric.map(({ indicator }) => indicator),
      [true, false, false, true],
    );
    const { numeric } = await encodeRows(runtime, fitted, rows);
    t.same([numeric[2], numeric[8], numeric[14]], [0, 0, 0]);
  },
);

t.test('the unit of a feature does not matter, and neither do long tails', async (t) => {
  const specs = ['normal', 'lognormal', 'tails'].map((name) => ({ name, kind: 'numeric' as const }));
  const random = new Random(5);
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random.nextDouble())) * Math.cos(2 * Math.PI * random.nextDouble());
  const base = Array.from({ length: 1_000 }, () => [normal(), Math.exp(2 * normal()), normal() / normal()]);
  const encoded = async (unit: number): Promise<Float32Array> => {
    const rows = { features: Float32Array.from(base.flat(), (x) => x * unit), rowCount: 1_000, width: 3 };
    const fitted = fitEncoding(rows, specs, params);
    t.same(
      fitted.numeric.map(({ signedLog }) => signedLog),
      [false, true, true],
    );
    return (await encodeRows(runtime, fitted, rows)).numeric;
  };
  const plain = await encoded(1);
  for (const unit of [1e-9, 1e-3, 1e6]) {
    const other = await encoded(unit);
    t.ok(
      plain.every((x, i) => Math.abs(x - other[i]!) < 1e-3),
      `unit ${unit}`,
    );
  }
});

t.test('vocabularies contain frequent codes, most frequent first; a missing value is one of them', (t) => {
  const nan = Number.NaN;
  const rows = { features: Float32Array.of(5, 5, 9, nan, 9, 5, nan, 4), rowCount: 8, width: 1 };
  const fitted = fitEncoding(rows, [{ name: 'c', kind: 'categorical' }], { ...params, categoryCountMin: 2 });
  t.same(fitted.categorical[0]?.vocabulary, [5, -1, 9]);
  const later = { features: Float32Array.of(4, 4, 5), rowCount: 3, width: 1 };
  const extended = extendEncoding(fitted, later, { ...params, categoryCountMin: 2 });
  t.same(
    extended.categorical[0]?.vocabulary,
    [5, -1, 9, 4],
    'a category that has become frequent is appended',
  );
  t.end();
});

t.test('property: the graph encodes any row like the reference implementation', async (t) => {
  const value = fc.oneof(
    fc.float({ noDefaultInfinity: true, min: -1e6, max: 1e6 }),
    fc.constantFrom(Number.NaN, 0, 1_000, 1_005, 1_011, 3_000, Number.POSITIVE_INFINITY, -1),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(value, value, value, value, value), { minLength: 1, maxLength: 20 }),
      async (rows) => {
        const matrix = Float32Array.from(rows.flat());
        const set = await encodeRows(runtime, encoding, {
          features: matrix,
          rowCount: rows.length,
          width: 5,
        });
        rows.forEach((_, i) => {
          const expected = referenceEncode(encoding, matrix.subarray(i * 5, i * 5 + 5));
          const numeric = set.numeric.subarray(i * set.numericWidth, (i + 1) * set.numericWidth);
          expected.numeric.forEach((x, k) => {
            if (Math.abs(x - numeric[k]!) > 1e-4)
              throw new Error(`row ${i}, input ${k}: ${numeric[k]}, not ${x}`);
          });
          if (Number(set.categories[i]) !== expected.categories[0]) throw new Error(`row ${i}: category`);
        });
      },
    ),
    { numRuns: 50 },
  );
  t.pass();
});

t.test('an encoding survives JSON; other text returns null', (t) => {
  t.same(encodingFromJson(encodingToJson(encoding)), encoding);
  t.equal(encodingFromJson(''), null);
  t.equal(encodingFromJson('{"features":[]}'), null);
  t.ok(readsFeatures(encoding, features));
  t.notOk(readsFeatures(encoding, features.toReversed()));
  t.end();
});
