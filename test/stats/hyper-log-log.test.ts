import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { HyperLogLog, REGISTERS } from '../../src/stats/hyper-log-log.ts';
import { Dictionary } from '../../src/core/dictionary.ts';
import { hashed, hashNumber } from '../../src/core/value-hash.ts';

const STANDARD_ERROR = 1.04 / Math.sqrt(REGISTERS);

interface Vectors {
  readonly vectors: ReadonlyArray<{ distinct: number; estimate: number; low: number; high: number }>;
}

const { vectors } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../vectors/distinct.json'), 'utf8'),
) as Vectors; // as distinct.py writes them

const texts = new Dictionary();

function add(sketch: HyperLogLog, value: number | string): HyperLogLog {
  if (typeof value === 'number') hashNumber(value);
  else texts.hashValue(texts.encode(value));
  sketch.add(hashed.high, hashed.low);
  return sketch;
}

function of(values: Iterable<number | string>): HyperLogLog {
  const sketch = new HyperLogLog();
  for (const value of values) add(sketch, value);
  return sketch;
}

t.test('estimates are near the exact count, and near those of Apache DataSketches', async (t) => {
  for (const { distinct, estimate, low, high } of vectors) {
    const forms = {
      integers: (i: number): number => i,
      decimals: (i: number): number => i / 7,
      times: (i: number): number => 1.7e12 + i * 60_000,
      texts: (i: number): string => `customer-${i}`,
    };
    for (const [form, value] of Object.entries(forms)) {
      const sketch = new HyperLogLog();
      for (let i = 0; i < distinct; i++) add(sketch, value(i));
      const found = sketch.estimate();
      const bound = Math.max(0.5, 4 * STANDARD_ERROR * distinct);
      t.ok(Math.abs(found - distinct) <= bound, `${form}: ${found} of ${distinct}`);
      // Both are within their error of the same number.
      t.ok(
        Math.abs(found - estimate) <= bound + (high - low) / 2,
        `${form}: ${found}, reference ${estimate}`,
      );
    }
  }
});

t.test('the error over many sets is the one that is stated', async (t) => {
  const TRIALS = 200;
  for (const distinct of [50, 1_500, 6_000]) {
    let squares = 0;
    for (let trial = 0; trial < TRIALS; trial++) {
      const sketch = new HyperLogLog();
      for (let i = 0; i < distinct; i++) add(sketch, trial * 1e6 + i);
      squares += (sketch.estimate() / distinct - 1) ** 2;
    }
    const error = Math.sqrt(squares / TRIALS);
    t.ok(error < 1.3 * STANDARD_ERROR, `${distinct}: ${error}`);
  }
});

const values = fc.array(fc.oneof(fc.double(), fc.string(), fc.integer()), { maxLength: 400 });

t.test('any parts of the values, in any order and repeated, merge into the sketch of all', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        const merged = of(a);
        merged.merge(of([...b, ...b]));
        merged.merge(of(c.toReversed()));
        return Buffer.from(merged.registers).equals(of([...c, ...a, ...b]).registers);
      }),
      { numRuns: 100 },
    ),
  );
});

t.test('a snapshot restores the sketch, sparse or dense', async (t) => {
  for (const distinct of [0, 3, 500, 100_000]) {
    const sketch = of(Array.from({ length: distinct }, (_, i) => i));
    const restored = new HyperLogLog();
    restored.restore(sketch.snapshot());
    t.strictSame(restored.registers, sketch.registers);
  }
  t.throws(() => new HyperLogLog().restore(Buffer.from([1, 2, 3])), { code: 'INVARIANT' });
});
