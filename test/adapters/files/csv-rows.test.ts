// CSV as RFC 4180 has it, however the file is cut into chunks, and what is refused to a file.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { openCsv, type CsvOptions } from '../../../src/adapters/files/csv-rows.ts';
import { allRows, bytesOf, expectedRows, named, pieces, vectorFile } from '../../support/file-rows.ts';
import type { FileRow, RowFile } from '../../../src/ports/row-file.ts';

const PLAIN: CsvOptions = { delimiter: ',', columns: null, nullText: null };

function open(text: string | Buffer, options: Partial<CsvOptions> = {}): Promise<RowFile> {
  return openCsv(bytesOf('a.csv', [Buffer.from(text)]), { ...PLAIN, ...options });
}

function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

t.test('every table comes back, with the lines on which its rows end', async (t) => {
  const field = fc.oneof(fc.string({ maxLength: 6 }), fc.stringMatching(/^[",\r\n a]{0,5}$/));
  // An empty line is no row, so a row has a second, filled column.
  const table = fc.array(fc.tuple(field, fc.constantFrom('x', 'a,b', '"', '\n')), { maxLength: 20 });
  const cuts = fc.integer({ min: 1, max: 7 });
  await fc.assert(
    fc.asyncProperty(table, cuts, fc.constantFrom('\n', '\r\n'), async (rows, size, lineEnd) => {
      const text = [['one', 'two'], ...rows].map((row) => row.map(quoted).join(',') + lineEnd).join('');
      const bytes = Buffer.from(text);
      const file = await openCsv(bytesOf('a.csv', pieces(bytes, size)), PLAIN);
      const read = await allRows(file);
      t.strictSame(file.columns, ['one', 'two']);
      const expected = rows.map(([one, two]) => [one === '' ? null : one, two]);
      if (JSON.stringify(read.map(({ values }) => values)) !== JSON.stringify(expected))
        throw new Error(`read ${JSON.stringify(read)}`);
      let line = 1;
      for (const [i, row] of rows.entries()) {
        line += 1 + row.reduce((sum, text) => sum + text.split(/\r\n|\r|\n/).length - 1, 0);
        if (read[i]?.place !== line) throw new Error(`row ${i} ends on line ${line}, not ${read[i]?.place}`);
      }
    }),
    { numRuns: 300 },
  );
});

t.test('a file of pandas', async (t) => {
  const file = await open(readFileSync(vectorFile('rows.csv')));
  const rows = (await allRows(file)).map((row) => named(file, row));
  t.strictSame(
    rows,
    expectedRows.map(({ id, big, amount, flag, note }, i) => ({
      id,
      big: (big as { readonly long: string }).long,
      amount: Number(amount) % 1 === 0 ? `${String(amount)}.0` : String(amount),
      flag: flag === null ? null : flag === true ? 'True' : 'False',
      note,
      at: rows[i]?.['at'],
    })),
  );
  t.equal(rows[0]?.['at'], '2026-01-05 00:00:00.123456+00:00');
});

t.test('a byte order mark, a delimiter, a text for null, names for a file without a header', async (t) => {
  const file = await open('\uFEFFa;b\n1;NA\n\n2;"NA"\n', { delimiter: ';', nullText: 'NA' });
  t.strictSame(file.columns, ['a', 'b']);
  t.strictSame(await allRows(file), [
    { place: 2, values: ['1', null] },
    { place: 4, values: ['2', null] },
  ]);
  const bare = await open('1,2\n', { columns: ['a', 'b'] });
  t.strictSame(await allRows(bare), [{ place: 1, values: ['1', '2'] }]);
  t.strictSame((await open('')).columns, []);
});

t.test('rows that end in different ways', async (t) => {
  const text = 'a,b\r\n1,2\n3,"x\r\ny"\r5,6\r\n\n7,8\r\r\n9,"z"\r\n';
  for (const size of [1, 2, 3, 1_000]) {
    const file = await openCsv(bytesOf('a.csv', pieces(Buffer.from(text), size)), PLAIN);
    t.strictSame(file.columns, ['a', 'b']);
    t.strictSame(
      (await allRows(file)).map(({ values }) => values),
      [
        ['1', '2'],
        ['3', 'x\r\ny'],
        ['5', '6'],
        ['7', '8'],
        ['9', 'z'],
      ],
    );
  }
  const lines = await allRows(await open('a,b\r\n1,2\n3\n5,6\n'));
  t.match(lines, [
    { place: 2 },
    { place: 3, fault: 'the row has 1 values, and there are 2 columns' },
    { place: 4 },
  ]);
});

t.test('a row of another length, or with a stray quote, is one bad row', async (t) => {
  const rows = await allRows(await open('a,b\n1,2,3\n4,x"y\n5,6\n'));
  t.match(rows, [
    { place: 2, values: null, fault: 'the row has 3 values, and there are 2 columns', text: '1,2,3' },
    { place: 3, values: null, fault: 'there is a quote within a field that is not quoted' },
    { place: 4, values: ['5', '6'] },
  ]);
});

t.test('what follows unbalanced quotes is not guessed', async (t) => {
  for (const text of ['a,b\n1,2\n3,"x"y\n5,6\n', 'a,b\n1,2\n3,"x\n5,6\n']) {
    const file = await open(text);
    const read: FileRow[] = [];
    await t.rejects(
      async () => {
        for await (const some of file.rows()) read.push(...some);
      },
      { code: 'DATA_INVALID', message: /where the next row begins is unknown \(a\.csv:[34]\)/ },
    );
    t.strictSame(read, [{ place: 2, values: ['1', '2'] }], 'the rows before it are read');
  }
});

t.test('a header that names a column twice, and text that is not UTF-8', async (t) => {
  await t.rejects(open('a,b,a\n'), {
    code: 'DATA_INVALID',
    message: /names the column a twice \(a\.csv:1\)/,
  });
  await t.rejects(async () => allRows(await open(Buffer.from('a,b\n1,Z\u00fcrich\n', 'latin1'))), {
    code: 'DATA_INVALID',
    message: /not UTF-8/,
  });
  await t.rejects(async () => allRows(await open(Buffer.from('a,b\n1,Bah\u00fc').subarray(0, -1))), {
    code: 'DATA_INVALID',
    message: /not UTF-8/,
  });
});

t.test('a row without an end takes no more memory than a row may have', async (t) => {
  let sent = 0;
  function* endless(): Generator<Buffer> {
    yield Buffer.from('a,b\n1,');
    for (; sent < 1_000; sent++) yield Buffer.alloc(1_048_576, 'x');
  }
  const file = await openCsv(bytesOf('a.csv', endless()), PLAIN);
  await t.rejects(allRows(file), {
    code: 'DATA_INVALID',
    message: /a row has more than 16777216 bytes \(a\.csv:2\)/,
  });
  t.ok(sent < 20, `${sent} MiB were read`);
});
