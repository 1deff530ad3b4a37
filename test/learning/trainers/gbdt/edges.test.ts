import fc from 'fast-check';
import t from 'tap';
import { binEdges } from '../../../../src/learning/trainers/gbdt/edges.ts';

const numbers = fc.oneof(
  fc.float({ noNaN: true }),
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom(Infinity, -Infinity),
);

t.test('edges ascend, separate values that are there, and are no more than asked for', (t) => {
  fc.assert(
    fc.property(fc.array(numbers, { maxLength: 200 }), fc.integer({ min: 2, max: 40 }), (given, binsMax) => {
      const values = Float32Array.from(given);
      const edges = binEdges(Float32Array.from(values), binsMax);
      const bins = new Map<number, number>();
      for (const value of values) {
        const bin = edges.filter((edge) => edge < value).length;
        bins.set(bin, (bins.get(bin) ?? 0) + 1);
      }
      return (
        edges.length < binsMax &&
        edges.every((edge, i) => i === 0 || edge > edges[i - 1]!) &&
        // No bin is empty.
        (values.length === 0 || bins.size === edges.length + 1)
      );
    }),
    { numRuns: 500 },
  );
  t.end();
});

t.test(
  'few values have a bin each, a frequent one has its own, and others about equal numbers of rows',
  (t) => {
    const few = Float32Array.from({ length: 300 }, (_, i) => i % 3);
    t.same([...binEdges(few, 255)], [0.5, 1.5]);
    const frequent = Float32Array.from({ length: 3_000 }, (_, i) => (i % 2 === 0 ? 1_000 : i));
    const edges = binEdges(frequent, 11);
    t.ok(edges.some((edge) => edge >= 1_000 && edge <= 1_001));
    const even = [
      ...binEdges(
        Float32Array.from({ length: 1_000 }, (_, i) => i),
        10,
      ),
    ];
    t.same(even.map(Math.round), [100, 200, 300, 400, 500, 600, 700, 800, 900]);
    t.equal(binEdges(new Float32Array(5).fill(7), 255).length, 0);
    t.equal(binEdges(new Float32Array(0), 255).length, 0);
    t.end();
  },
);
