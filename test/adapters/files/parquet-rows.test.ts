// Parquet files of pyarrow, in every codec and form of page, and what is refused to a damaged file.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parquetMetadata } from 'hyparquet';
import t from 'tap';
import { checkCodecs } from '../../../src/adapters/files/parquet-codecs.ts';
import { openParquet } from '../../../src/adapters/files/parquet-rows.ts';
import { MillraceError } from '../../../src/core/errors.ts';
import { TimeOfDay } from '../../../src/core/file-values.ts';
import { allRows, expectedRows, named, plain, vectorFile } from '../../support/file-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-parquet-'));
t.teardown(() => rmSync(folder, { recursive: true }));

async function read(path: string): Promise<number> {
  const file = await openParquet(path, () => true);
  try {
    return (await allRows(file)).length;
  } finally {
    await file.close();
  }
}

function written(bytes: Buffer): string {
  const path = join(folder, 'a.parquet');
  writeFileSync(path, bytes);
  return path;
}

for (const form of ['none-v1', 'snappy-v1', 'gzip-v2', 'brotli-v1', 'lz4-v1', 'zstd-v2']) {
  t.test(form, async (t) => {
    const file = await openParquet(vectorFile(`rows-${form}.parquet`), () => true);
    t.strictSame(file.columns, Object.keys(expectedRows[0] ?? {}));
    const rows = await allRows(file);
    t.strictSame(
      rows.map(({ place }) => place),
      expectedRows.map((_row, i) => i + 1),
    );
    t.strictSame(
      rows.map((row) => named(file, row)),
      // A decimal is text, of which no digit is lost.
      expectedRows.map((row) => ({ ...row, price: Number(row['price']).toFixed(2) })),
    );
    t.equal(file.share(), 1);
    await file.close();
  });
}

t.test('types of strangers: no digit, no byte and no millisecond is lost', async (t) => {
  const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
  const wanted: Record<string, readonly [unknown, unknown]> = {
    small: ['1.23', '-1234567.89'],
    cents: ['1234567890123456.78', '-0.01'],
    id: ['12345678901234567890123456789012345678', '-1234567890123456789'],
    wide: ['1.50', '12345678901234567890.12'],
    ns: [new Date(1_767_571_200_123), new Date(-1)],
    us: [new Date(1_767_571_200_123), new Date(-2)],
    time: [new TimeOfDay(36_001_000_005n), new TimeOfDay(0n)],
    half: [1.5, -2],
    unsigned: [2n ** 64n - 1n, 5n],
    raw: [bytes('\xff\xfe'), bytes('abcd')],
    mark: ['\ufeffx', 'y'],
    dict: ['a', 'a'],
    uuid: ['00010203-0405-0607-0809-0a0b0c0d0e0f', '00000000-0000-0000-0000-000000000000'],
  };
  const whole = { delta: [1n, 2n ** 40n, -5n], prefixed: ['ab', 'abc', ''], split: [1.5, -2.25, 1e300] };
  for (const name of ['kinds.parquet', 'kinds-old.parquet']) {
    const file = await openParquet(vectorFile(name), () => true);
    const rows = await allRows(file);
    for (const [at, column] of (file.columns ?? []).entries()) {
      const found = rows.map(({ values }) => (values as readonly unknown[])[at]);
      const [first, last] = wanted[column] ?? [];
      t.strictSame(found, whole[column as keyof typeof whole] ?? [first, null, last], `${name}, ${column}`);
    }
    await file.close();
  }
});

/** As nested.ndjson has it. */
function shown(value: unknown): unknown {
  if (value instanceof TimeOfDay) return { units: Number(value.units) };
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'object' || value === null || value instanceof Date) return plain(value ?? null);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shown(inner)]));
}

t.test('maps, and lists of structs, of maps and of lists, with decimals and times of day', async (t) => {
  const file = await openParquet(vectorFile('nested.parquet'), () => true);
  const rows = await allRows(file);
  await file.close();
  const wanted = readFileSync(vectorFile('nested.ndjson'), 'utf8').trim().split('\n');
  t.equal(rows.length, wanted.length);
  for (const [i, { values }] of rows.entries()) {
    const found = (file.columns ?? []).map((name, at) => [name, shown((values as readonly unknown[])[at])]);
    t.strictSame(Object.fromEntries(found), JSON.parse(wanted[i] ?? ''), `row ${i + 1}`);
  }
});

t.test('pages in a codec that is not supported', async (t) => {
  const bytes = readFileSync(vectorFile('rows-lz4-v1.parquet'));
  const metadata = parquetMetadata(Uint8Array.from(bytes).buffer);
  for (const { columns } of metadata.row_groups)
    for (const { meta_data: meta } of columns) if (meta?.path_in_schema[0] === 'note') meta.codec = 'LZ4';
  t.doesNotThrow(() => checkCodecs(metadata, ['id', 'after']), 'of a column that is not read');
  t.throws(() => checkCodecs(metadata, ['id', 'note']), {
    code: 'DATA_INVALID',
    message: /the column note is compressed by LZ4, and UNCOMPRESSED, SNAPPY, GZIP, .* are supported/,
    remedy: /pq\.write_table/,
  });
});

t.test('columns that are not wanted are not read', async (t) => {
  const file = await openParquet(vectorFile('rows-none-v1.parquet'), (column) => column === 'at');
  const [row] = await allRows(file);
  t.strictSame(named(file, row ?? { place: 0, values: [] })['id'], undefined);
  t.match(row?.values, { length: 1 }, 'and take no memory in a row');
  t.strictSame(named(file, row ?? { place: 0, values: [] })['at'], expectedRows[0]?.['at']);
  await file.close();
});

t.test('what is no Parquet file, or a part of one', async (t) => {
  const whole = readFileSync(vectorFile('rows-snappy-v1.parquet'));
  await t.rejects(read(written(Buffer.alloc(0))), { code: 'DATA_INVALID', message: /no Parquet file/ });
  await t.rejects(read(written(Buffer.from('a,b\n1,2\n'))), {
    code: 'DATA_INVALID',
    message: /no Parquet file/,
  });
  await t.rejects(read(written(whole.subarray(0, 9_000))), {
    code: 'DATA_INVALID',
    message: /no Parquet file/,
  });
  const long = Buffer.from(whole);
  long.writeUInt32LE(0xffff_fff0, long.length - 8);
  await t.rejects(read(written(long)), {
    code: 'DATA_INVALID',
    message: /metadata are said to be longer than the file/,
  });
});

t.test('sizes that a file claims are checked before memory is taken', async (t) => {
  const whole = readFileSync(vectorFile('rows-snappy-v1.parquet'));
  // The header of the first page: type, uncompressed and compressed size, each a zigzag varint behind the field's type.
  t.equal(whole.subarray(4, 7).toString('hex'), '150015');
  const huge = Buffer.from([0x15, 0x00, 0x15, 0xfe, 0xff, 0xff, 0xff, 0x0f]); // 2^31 - 1 bytes
  const bytes = Buffer.concat([whole.subarray(0, 4), huge, whole.subarray(12)]);
  t.equal(bytes.length, whole.length);
  await t.rejects(read(written(bytes)), {
    code: 'DATA_INVALID',
    message: /a page (has 2147483647 bytes|is said to be longer than its column).*a\.parquet/,
  });
});

t.test('damaged metadata give rows or one kind of error', async (t) => {
  const whole = readFileSync(vectorFile('rows-snappy-v1.parquet'));
  const from = whole.length - 8 - whole.readUInt32LE(whole.length - 8);
  const flip = fc.tuple(fc.integer({ min: from, max: whole.length - 9 }), fc.integer({ min: 1, max: 255 }));
  await fc.assert(
    fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 4 }), async (flips) => {
      const bytes = Buffer.from(whole);
      for (const [at, mask] of flips) bytes[at] = (bytes[at] as number) ^ mask;
      const rows = await read(written(bytes)).catch((error: unknown) => error);
      if (typeof rows !== 'number' && !(rows instanceof MillraceError)) throw rows;
    }),
    { numRuns: 150 },
  );
  t.pass();
});
