// Avro container files of fastavro, in every codec, and what is refused to a damaged one.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { openAvroFile } from '../../../src/adapters/avro/container-file.ts';
import { MillraceError } from '../../../src/core/errors.ts';
import { RowMapping } from '../../../src/app/commands/load/row-mapping.ts';
import { double, int, list, nullable, string, timestamp } from '../../../src/core/column-types.ts';
import { TimeOfDay, UnionValue } from '../../../src/core/file-values.ts';
import type { RowFile } from '../../../src/ports/row-file.ts';
import { schemaOf } from '../../../src/topology/columns-schema.ts';
import { allRows, bytesOf, expectedRows, named, pieces, vectorFile } from '../../support/file-rows.ts';

function open(bytes: Buffer, size = 1_000): Promise<RowFile> {
  return openAvroFile(bytesOf('a.avro', pieces(bytes, size)));
}

const withoutPrice = expectedRows.map((row) =>
  Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'price')),
);

for (const codec of ['null', 'deflate', 'snappy', 'zstandard']) {
  t.test(codec, async (t) => {
    const file = await open(readFileSync(vectorFile(`rows-${codec}.avro`)));
    const rows = await allRows(file);
    t.strictSame(
      rows.map(({ place }) => place),
      withoutPrice.map((_row, i) => i + 1),
    );
    t.strictSame(
      rows.map((row) => named(file, row)),
      withoutPrice,
    );
  });
}

t.test('decimals and UUIDs are text, of which no digit is lost', async (t) => {
  const file = await open(readFileSync(vectorFile('kinds.avro')));
  t.strictSame(
    (await allRows(file)).map(({ values }) => values),
    [
      ['123.45', `1${'0'.repeat(36)}1`, '-1.123', '00010203-0405-0607-0809-0a0b0c0d0e0f', Buffer.from('09')],
      [null, null, null, null, null],
      [
        '-0.01',
        `-1${'0'.repeat(37)}`,
        '12345678901234567.001',
        '00000000-0000-0000-0000-000000000000',
        Buffer.of(),
      ],
    ],
  );
});

t.test('times of day are none that an instant can be made of', async (t) => {
  const file = await open(readFileSync(vectorFile('times.avro')));
  const hour = 3_600_000;
  t.strictSame(
    (await allRows(file)).map(({ values }) => values),
    [
      ['a', new TimeOfDay(8.5 * hour), new TimeOfDay(18 * hour * 1_000), [new TimeOfDay(1_000_000)]],
      ['b', new TimeOfDay(0), null, []],
    ],
  );
});

t.test('columns of unions of several types and of durations are those of records', async (t) => {
  const file = await open(readFileSync(vectorFile('choices.avro')));
  const columns = {
    id: string,
    at: timestamp,
    'what.Payment.amount': nullable(double),
    'what.Payment.by': nullable(string),
    'what.Refund.amount': nullable(double),
    'what.string': nullable(string),
    'all[].amount': list(double),
    'all[].by': list(nullable(string)),
    code: string,
    'code.long': nullable(double),
    'lasts.days': nullable(int),
    'lasts.millis': nullable(int),
  };
  const target = {
    schema: schemaOf(columns),
    columns,
    eventTime: 'at',
    unit: null,
    nowMs: null,
    names: new Map(),
  };
  const mapping = new RowMapping('choices.avro', file.columns, target);
  const found = (await allRows(file)).map(({ values }) => Object.values(mapping.eventOf(values ?? [])));
  const at = Date.UTC(2026, 0, 5);
  t.strictSame(found, [
    ['a', at, 1.5, 'card', null, null, [2, 3], [null, 'x'], '7', 7, 2, 3],
    ['b', at, null, null, 4.5, null, [], [], 'seven', null, null, null],
    ['c', at, null, null, null, 'nothing', [], [], '', null, null, null],
    ['d', at, null, null, null, null, [], [], '0', 0, null, null],
  ]);
});

/** A zigzag varint. */
function long(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([long(BigInt(bytes.length)), bytes]);
}

const SYNC = Buffer.alloc(16, 7);

function header(type: unknown, codec = 'null'): Buffer {
  const schema = JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'a', type }] });
  return Buffer.concat([
    Buffer.from('Obj\u0001'),
    long(2n),
    text('avro.schema'),
    text(schema),
    text('avro.codec'),
    text(codec),
    long(0n),
    SYNC,
  ]);
}

function block(count: bigint, size: bigint, bytes: Buffer): Buffer {
  return Buffer.concat([long(count), long(size), bytes, SYNC]);
}

async function refused(bytes: Buffer, message: RegExp): Promise<void> {
  await t.rejects(async () => allRows(await open(bytes)), { code: 'DATA_INVALID', message });
}

t.test('unions beyond null, and integers of any size', async (t) => {
  const values = Buffer.concat([
    long(1n),
    long(2n ** 62n),
    long(0n),
    text('x'),
    long(1n),
    long(-(2n ** 63n)),
  ]);
  const file = await open(
    Buffer.concat([header(['string', 'long']), block(3n, BigInt(values.length), values)]),
    1,
  );
  t.strictSame(
    (await allRows(file)).map(({ values: row }) => row),
    [
      [new UnionValue('long', 2n ** 62n)],
      [new UnionValue('string', 'x')],
      [new UnionValue('long', -(2n ** 63n))],
    ],
  );
});

t.test('what a file claims is not believed', async () => {
  const none = Buffer.alloc(0);
  await refused(none, /ends too early \(a\.avro\)/);
  await refused(Buffer.from('a,b\n1,2\n'), /no Avro container file/);
  await refused(header('int', 'xz'), /its codec is xz, and null, deflate.*a\.avro.*avro-tools recodec/);
  await refused(
    Buffer.concat([header('int'), block(1n, 2n ** 50n, none)]),
    /a block is said to have 1125899906842624 bytes/,
  );
  await refused(Buffer.concat([header('null'), block(2n ** 40n, 0n, none)]), /more rows than bytes/);
  await refused(
    Buffer.concat([header('string'), block(1n, 9n, text(Buffer.from('12345678')).fill(0x7e, 0, 1))]),
    /end within a value/,
  );
  const items = Buffer.concat([long(2n ** 40n), long(0n)]);
  await refused(
    Buffer.concat([header({ type: 'array', items: 'null' }), block(1n, BigInt(items.length), items)]),
    /more items than bytes/,
  );
  const huge = Buffer.concat([Buffer.from('Obj\u0001'), long(2n ** 40n), text('a'), text('b')]);
  await refused(huge, /ends too early/);
  await refused(
    Buffer.concat([Buffer.from('Obj\u0001'), long(1n), long(2n ** 50n)]),
    /its header has more than/,
  );
});

t.test(
  'a mark that is damaged: the rows before its block are read, and the error says which they are',
  async (t) => {
    for (const codec of ['null', 'deflate', 'snappy', 'zstandard']) {
      const bytes = Buffer.from(readFileSync(vectorFile(`rows-${codec}.avro`)));
      const mark = Buffer.from(Array.from({ length: 16 }, (_, i) => i));
      const second = bytes.indexOf(mark, bytes.indexOf(mark, bytes.indexOf(mark) + 16) + 16);
      bytes[second + 5] = 0xff;
      const read: number[] = [];
      await t.rejects(
        async () => {
          for await (const rows of (await open(bytes)).rows()) read.push(...rows.map(({ place }) => place));
        },
        {
          code: 'DATA_INVALID',
          message: /does not end with the mark of the file, in the block behind row \d+/,
        },
      );
      t.ok(read.length > 10 && read.length < 400, `${read.length} rows`);
    }
  },
);

t.test('a damaged file gives rows or one kind of error', async (t) => {
  const whole = readFileSync(vectorFile('rows-null.avro'));
  const flip = fc.tuple(fc.integer({ min: 0, max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }));
  await fc.assert(
    fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 4 }), async (flips) => {
      const bytes = Buffer.from(whole);
      for (const [at, mask] of flips) bytes[at] = (bytes[at] as number) ^ mask;
      try {
        await allRows(await open(bytes, 4_096));
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error;
      }
    }),
    { numRuns: 200 },
  );
  t.pass();
});
