import * as fc from 'fast-check';
import t from 'tap';
import { sortFloat32 } from '../../src/stats/sort-float32.ts';

t.test('property: equals the built-in sort bit for bit, also inside a larger buffer', (t) => {
  const value = fc.oneof(fc.float({ noNaN: true }), fc.integer({ min: -3, max: 3 }), fc.constant(-0));
  fc.assert(
    fc.property(fc.array(value, { maxLength: 200 }), fc.nat(3), (values, before) => {
      const buffer = new Float32Array(before + values.length + 2).fill(7);
      buffer.set(values, before);
      const column = buffer.subarray(before, before + values.length);
      sortFloat32(column);
      const expected = Float32Array.from(values).sort();
      return (
        column.every((v, i) => Object.is(v, expected[i])) &&
        buffer.subarray(0, before).every((v) => v === 7) &&
        buffer.subarray(before + values.length).every((v) => v === 7)
      );
    }),
  );
  t.end();
});
