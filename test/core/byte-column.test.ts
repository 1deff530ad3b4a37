// Columns of byte strings against arrays of them.
import * as fc from 'fast-check';
import t from 'tap';
import { ByteColumn } from '../../src/core/byte-column.ts';
import { columnOf } from '../support/byte-columns.ts';

type Values = ReadonlyArray<Buffer | null>;

const values: fc.Arbitrary<Values> = fc.array(
  fc.oneof(
    fc.constant(null),
    fc.uint8Array({ maxLength: 5 }).map((values) => Buffer.from(values)),
  ),
  { maxLength: 12 },
);

const inHex = (values: Iterable<Buffer | null>): string =>
  Array.from(values, (value) => value?.toString('hex') ?? '-').join(' ');

function check(column: ByteColumn, right: Values): void {
  if (inHex(column) !== inHex(right)) throw new Error(`${inHex(column)} instead of ${inHex(right)}`);
  if (column.length !== right.length) throw new Error(`${column.length} rows`);
  for (const [row, value] of right.entries())
    if (column.bytesAt(row) !== (value?.length ?? 0))
      throw new Error(`${column.bytesAt(row)} bytes in row ${row}`);
  const bytes = right.reduce((sum, value) => sum + (value?.length ?? 0), 0);
  if (column.byteLength !== bytes) throw new Error(`${column.byteLength} bytes instead of ${bytes}`);
}

t.test('property: copied, cut and joined, wherever in memory they lie', async (t) => {
  fc.assert(
    fc.property(fc.array(values, { maxLength: 4 }), fc.nat(12), fc.nat(12), (parts, from, to) => {
      for (const make of [columnOf, (values: Values) => ByteColumn.of(values)]) {
        for (const part of parts) check(make(part), part);
        const joined = ByteColumn.concat(parts.map((part) => make(part)));
        check(joined, parts.flat());
        check(joined.slice(from, to), parts.flat().slice(from, to));
        const compact = joined.slice(from, to).compact();
        check(compact, parts.flat().slice(from, to));
        if (compact.bytes.buffer.byteLength !== compact.byteLength) throw new Error('more room than values');
        check(ByteColumn.concat([joined.slice(from, to), joined]), [
          ...parts.flat().slice(from, to),
          ...parts.flat(),
        ]);
      }
    }),
    { numRuns: 500, seed: 1 },
  );
  t.equal(ByteColumn.of([Buffer.of(1)]).at(1), null, 'no such row');
});
