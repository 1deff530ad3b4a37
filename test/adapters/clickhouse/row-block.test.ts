// A block's ranges hold every one of its rows, in whatever order they came: what lies outside would never be found.
import * as fc from 'fast-check';
import t from 'tap';
import { RowBlock, rowId } from '../../../src/adapters/clickhouse/row-block.ts';

t.test('what is missing comes in the order in which it was made, whatever its ids', async (t) => {
  const source = { topology: 't', topic: 'e', partition: 0 };
  // A label that was given up names an offset of long ago, and comes out where its time is over.
  const block = new RowBlock();
  const given = Float64Array.of(100, 3, 104);
  const positions = Float64Array.of(100, 102.25, 104);
  const seconds = Float64Array.of(90, 3, 91);
  block.appendPart({ source, ids: { offsets: given, seconds, positions }, bytes: Buffer.from('a\nb\nc\n') });
  const [all] = block.without(new Set());
  t.equal(all?.bytes.toString(), 'a\nb\nc\n');
  t.equal(all?.first, rowId(source, 100, 90));
  const [rest] = block.without(new Set([rowId(source, 100, 90)]));
  t.equal(rest?.first, rowId(source, 3, 3));
});

t.test('ranges hold all offsets, ascending or not', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(1_000), { minLength: 1 }), { minLength: 1 }), (parts) => {
      const block = new RowBlock();
      const source = { topology: 't', topic: 'e', partition: 0 };
      for (const offsets of parts) {
        const bytes = Buffer.from(offsets.map(() => 'row\n').join(''));
        block.appendPart({
          source,
          ids: { offsets: Float64Array.from(offsets), seconds: null, positions: null },
          bytes,
        });
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
