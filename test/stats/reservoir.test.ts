import * as fc from 'fast-check';
import t from 'tap';
import { RowReservoir } from '../../src/stats/reservoir.ts';

t.test('contains all rows until it is full, and whole rows afterwards', (t) => {
  const reservoir = new RowReservoir(2, 3, 1);
  reservoir.add(Float32Array.of(1, -1, 2, -2), 2);
  t.same(Array.from(reservoir.rows), [1, -1, 2, -2]);
  const more = Float32Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? i : 1 - i));
  reservoir.add(more, 100);
  t.equal(reservoir.size, 3);
  t.equal(reservoir.seen, 102);
  for (let row = 0; row < 3; row += 1) t.equal(reservoir.rows[2 * row], -reservoir.rows[2 * row + 1]!);
  t.end();
});

t.test('each row has the same probability', (t) => {
  const counts = new Uint32Array(20);
  const matrix = Float32Array.from({ length: 20 }, (_, i) => i);
  for (let seed = 0; seed < 4_000; seed += 1) {
    const reservoir = new RowReservoir(1, 5, seed);
    reservoir.add(matrix, 20);
    for (const row of reservoir.rows) counts[row] = counts[row]! + 1;
  }
  for (const count of counts) t.ok(Math.abs(count - 1_000) < 140, `${count} of 1,000 expected`);
  t.end();
});

t.test('property: the result does not depend on batches or on a restore', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(60), fc.integer(), (rows, cut, seed) => {
      const matrix = Float32Array.from({ length: rows }, (_, i) => i + 1);
      const first = Math.min(cut, rows);
      const whole = new RowReservoir(1, 8, seed);
      whole.add(matrix, rows);
      const before = new RowReservoir(1, 8, seed);
      before.add(matrix, first);
      const after = new RowReservoir(1, 8, 0);
      after.restore(before.snapshot());
      after.add(matrix.subarray(first), rows - first);
      return after.seen === whole.seen && after.rows.every((v, i) => v === whole.rows[i]);
    }),
  );
  t.end();
});
