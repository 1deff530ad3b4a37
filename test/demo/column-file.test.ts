// The data container: what goes in comes out, and damage is named.
import * as fc from 'fast-check';
import t from 'tap';

import { compress, decodeTables, decompress, encodeTables, type Tables } from '../../demo/column-file.ts';

const rows = { maxLength: 50 };
const plain = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(model, { noNullPrototype: true });

t.test('any table comes back as it was', (t) => {
  const table = fc.nat({ max: 50 }).chain((rowCount) => {
    const length = { minLength: rowCount, maxLength: rowCount };
    return plain({
      rowCount: fc.constant(rowCount),
      columns: plain({
        small: fc.uint8Array(length).map((values) => ({ coding: 'u8' as const, values })),
        wide: fc.uint16Array(length).map((values) => ({ coding: 'u16' as const, values })),
        signed: fc.int16Array(length).map((values) => ({ coding: 'i16' as const, values })),
        rising: fc
          .uint32Array(length)
          .map((values) => ({ coding: 'ascending' as const, values: values.sort() })),
      }),
      dictionaries: plain({
        words: fc.array(fc.string(), rows),
        numbers: fc.array(
          fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
          rows,
        ),
      }),
    });
  });
  fc.assert(
    fc.property(
      fc.dictionary(fc.stringMatching(/^[a-z]+$/), table, { maxKeys: 3, noNullPrototype: true }),
      (tables: Tables) => {
        const back = decodeTables(decompress(compress(encodeTables(tables)), 'test'), 'test');
        t.strictSame(back, tables);
      },
    ),
    { numRuns: 50, seed: 1 },
  );
  t.end();
});

t.test('a column that falls is refused', (t) => {
  const values = Uint32Array.of(2, 1);
  const table = { rowCount: 2, columns: { at: { coding: 'ascending' as const, values } }, dictionaries: {} };
  t.throws(() => encodeTables({ table }), /falls from 2 to 1/);
  t.end();
});

t.test('damaged files are refused with their place', (t) => {
  const good = encodeTables({ table: { rowCount: 0, columns: {}, dictionaries: {} } });
  const refused = { code: 'DATA_INVALID', where: 'some/file' };
  t.throws(() => decompress(Buffer.from('not brotli'), 'some/file'), refused);
  t.throws(() => decodeTables(Buffer.from('MR'), 'some/file'), refused);
  t.throws(() => decodeTables(Buffer.from('another format'), 'some/file'), refused);
  t.throws(() => decodeTables(Buffer.concat([good, Buffer.alloc(1)]), 'some/file'), refused);
  t.end();
});
