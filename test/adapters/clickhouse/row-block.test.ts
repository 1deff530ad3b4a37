// A block's ranges hold every one of its rows, in whatever order they came: what lies outside would never be found.
import * as fc from 'fast-check';
import t from 'tap';
import { RowBlock } from '../../../src/adapters/clickhouse/row-block.ts';

t.test('ranges hold all offsets, ascending or not', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(1_000), { minLength: 1 }), { minLength: 1 }), (parts) => {
      const block = new RowBlock();
      const source = { topology: 't', topic: 'e', partition: 0 };
      for (const offsets of parts) {
        const bytes = Buffer.from(offsets.map(() => 'row\n').join(''));
        block.appendPart({ source, ids: { offsets: Float64Array.from(offsets), seconds: null }, bytes });
      }
      const [range] = block.ranges;
      const all = parts.flat();
      if (range?.min !== Math.min(...all) || range.max !== Math.max(...all))
        throw new Error('a row is outside');
      const missing = block.without(new Set()).reduce((sum, rows) => sum + rows.rows, 0);
      if (missing !== new Set(all).size) throw new Error('each row once');
    }),
  );
  t.pass('all inside');
});
