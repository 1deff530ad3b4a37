// The ranges of a block contain all of its rows, in any order: rows outside would never be found.
import * as fc from 'fast-check';
import t from 'tap';
import { RowBlock, rowId } from '../../../src/adapters/clickhouse/row-block.ts';

t.test('missing rows are returned in the order in which they were added', async (t) => {
  const source = { topology: 't', topic: 'e', partition: 0 };
  // A label that timed out has a much older offset than its neighbours.
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

t.test('ranges contain all offsets, ascending or not', async (t) => {
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
        throw new Error('a row is outside its range');
      const missing = block.without(new Set()).reduce((sum, rows) => sum + rows.rows, 0);
      if (missing !== new Set(all).size) throw new Error('each row once');
    }),
  );
  t.pass('all inside');
});
