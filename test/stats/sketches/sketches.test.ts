// Sketches in slots: their error on streams that are made to raise it, and merging, which gives the slots that one sketch of
// all values has.
import fc from 'fast-check';
import t from 'tap';
import { stringHash } from '../../../src/core/string-hash.ts';
import { Random } from '../../../src/stats/random.ts';
import { distinctSketch } from '../../../src/stats/sketches/distinct-sketch.ts';
import { frequentSketch } from '../../../src/stats/sketches/frequent-sketch.ts';
import { quantileSketch } from '../../../src/stats/sketches/quantile-sketch.ts';

interface Sketch {
  readonly width: number;
  clear?(slab: Float64Array, at: number): void;
  add(slab: Float64Array, at: number, value: number): void;
  merge(to: Float64Array, a: number, from: Float64Array, b: number): void;
}

/** Before and after the sketch, slots that must not change. */
const PAD = 2;

function sketchOf(sketch: Sketch, values: Iterable<number> = []): Float64Array {
  const slab = new Float64Array(sketch.width + 2 * PAD).fill(7.25);
  slab.fill(0, PAD, PAD + sketch.width);
  sketch.clear?.(slab, PAD);
  for (const value of values) sketch.add(slab, PAD, value);
  return slab;
}

function merged(sketch: Sketch, parts: readonly Float64Array[]): Float64Array {
  const all = sketchOf(sketch);
  for (const part of parts) sketch.merge(all, PAD, part, PAD);
  return all;
}

function numbers(count: number, at: (i: number) => number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => at(i));
}

const value = fc.oneof(
  fc.integer({ min: -30, max: 30 }),
  fc.double({ noNaN: true }),
  fc.constantFrom(0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);
const parts = fc.array(fc.array(value, { maxLength: 60 }), { maxLength: 6 });

for (const [name, sketch] of Object.entries({
  distinct: distinctSketch(6),
  quantile: quantileSketch(0.02, 16),
})) {
  t.test(
    `${name}: slots depend on the values alone, not on their order or on how they were merged`,
    async (t) => {
      fc.assert(
        fc.property(parts, (all) => {
          const whole = sketchOf(sketch, all.flat());
          const sketches = all.map((values) => sketchOf(sketch, values));
          const others = [
            sketchOf(sketch, all.flat().toReversed()),
            merged(sketch, sketches),
            merged(sketch, sketches.toReversed()),
            merged(sketch, [merged(sketch, sketches.slice(0, 2)), merged(sketch, sketches.slice(2))]),
          ];
          for (const other of others)
            if (!Buffer.from(other.buffer).equals(Buffer.from(whole.buffer))) return false;
          return whole[0] === 7.25 && whole.at(-1) === 7.25;
        }),
      );
      t.pass();
    },
  );
}

t.test(
  'distinct: exact up to the bound, then within four standard errors, whatever the values are',
  async (t) => {
    const streams: Readonly<Record<string, (i: number) => number>> = {
      integers: (i) => i,
      negative: (i) => -i,
      'multiples of 2^20': (i) => i * 2 ** 20,
      'powers of two and their neighbours': (i) => 2 ** (i % 50) + Math.floor(i / 50),
      'neighbouring doubles': (i) => 1 + i * Number.EPSILON,
      strings: (i) => stringHash(`merchant-${i}`),
      'strings that differ at the end': (i) => stringHash(`${'x'.repeat(50)}${i}`),
    };
    for (const precision of [4, 8, 10, 12]) {
      const sketch = distinctSketch(precision);
      const error = 1.04 / Math.sqrt(sketch.registers);
      for (const [name, at] of Object.entries(streams)) {
        for (const count of [0, 1, sketch.exactMax, sketch.exactMax + 1, 1_000, 20_000]) {
          const values = numbers(count, at);
          const distinct = new Set(values).size;
          const slab = sketchOf(sketch, [...values, ...values]);
          const estimate = sketch.estimate(slab, PAD);
          if (distinct <= sketch.exactMax) t.equal(estimate, distinct, `${name}, ${count}`);
          else {
            const off = Math.abs(estimate / distinct - 1);
            t.ok(off < 4 * error, `${name}, ${distinct} distinct, precision ${precision}: off by ${off}`);
          }
        }
      }
    }
  },
);

/** Error and exponent of the buckets after so many collapses. */
function errorAt(error: number, level: number): number {
  const gamma = ((1 + error) / (1 - error)) ** (2 ** level);
  return (gamma - 1) / (gamma + 1);
}

t.test('quantile: the stated error, on streams of any order and range', async (t) => {
  const random = new Random(14);
  const streams: Readonly<Record<string, Float64Array>> = {
    ascending: numbers(5_000, (i) => 1 + i),
    descending: numbers(5_000, (i) => 5_000 - i),
    'one value': numbers(1_000, () => 3.7),
    'a hundred values of any range': numbers(
      1_000,
      (i) => (i % 2 === 0 ? 1 : -1) * 10 ** ((i % 100) * 6 - 300),
    ),
    'an outlier': numbers(1_000, (i) => (i === 500 ? 1e300 : 100 + (i % 50))),
    uniform: numbers(5_000, () => 10 + random.nextDouble() * 100),
    'heavy tail': numbers(5_000, () => 1 / (1 - random.nextDouble()) ** 2),
    'both signs': numbers(5_000, (i) => (i % 3) * (random.nextDouble() - 0.5)),
    'all magnitudes': numbers(5_000, () => 10 ** (random.nextDouble() * 600 - 300)),
    subnormal: numbers(300, (i) => i * Number.MIN_VALUE),
  };
  const error = 0.01;
  for (const buckets of [128, 512]) {
    const sketch = quantileSketch(error, buckets);
    for (const [name, values] of Object.entries(streams)) {
      const slab = sketchOf(sketch, values);
      const level = slab[PAD + 1] as number;
      const sorted = values.toSorted();
      if (new Set(values).size <= buckets) t.equal(level, 0, `${name}: ${buckets} buckets suffice`);
      for (const share of [0, 0.001, 0.1, 0.5, 0.75, 0.99, 0.999, 1]) {
        const exact = sorted[Math.floor(share * (sorted.length - 1))] as number;
        const estimate = sketch.quantile(slab, PAD, share);
        const allowed = errorAt(error, level) * Math.abs(exact) * (1 + 1e-9) + Number.MIN_VALUE;
        t.ok(
          Math.abs(estimate - exact) <= allowed,
          `${name}, ${share}: ${estimate} is ${exact}, level ${level}`,
        );
      }
    }
  }
  t.equal(
    sketchOf(quantileSketch(error, 128), streams['uniform'] as Float64Array)[PAD + 1],
    0,
    'a ratio of eleven',
  );
});

t.test('frequent: counters lack at most events / (counters + 1), after any merges', async (t) => {
  const random = new Random(15);
  const streams: readonly Float64Array[] = [
    numbers(4_000, (i) => i),
    numbers(4_000, (i) => (i % 2 === 0 ? 1 : i)),
    numbers(4_000, (i) => i % 17),
    numbers(4_000, (i) => (i < 2_000 ? i : i % 5)),
    numbers(4_000, () => Math.floor(1 / (1 - random.nextDouble()))),
  ];
  for (const counters of [1, 4, 16]) {
    const sketch = frequentSketch(counters);
    for (const values of streams) {
      const pieces = [values.subarray(0, 900), values.subarray(900, 1_000), values.subarray(1_000)];
      const slabs = [
        sketchOf(sketch, values),
        merged(
          sketch,
          pieces.map((piece) => sketchOf(sketch, piece)),
        ),
      ];
      const exact = Map.groupBy(values, (one) => one);
      for (const slab of slabs) {
        const counts = new Map<number, number>();
        for (let place = 0; place < sketch.used(slab, PAD); place++)
          counts.set(sketch.value(slab, PAD, place), sketch.count(slab, PAD, place));
        const lacking = [...exact].map(([one, all]) => all.length - (counts.get(one) ?? 0));
        t.ok(Math.min(...lacking) >= 0, 'none is too high');
        t.ok(Math.max(...lacking) <= values.length / (counters + 1), `${Math.max(...lacking)}, ${counters}`);
        t.equal(sketch.events(slab, PAD), values.length);
        const order = [...counts.values()];
        t.same(
          order,
          order.toSorted((a, b) => b - a),
          'most frequent first',
        );
      }
    }
  }
});
