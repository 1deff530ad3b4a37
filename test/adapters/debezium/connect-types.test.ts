// Times and decimals as Debezium's connectors write them in JSON by default, with the schema in each record and without.
import type { ScalarColumn } from '../../../src/core/batch.ts';
import fc from 'fast-check';
import t from 'tap';
import { debezium, type DebeziumOptions } from '../../../src/adapters/debezium/format.ts';
import { avro } from '../../../src/adapters/avro/format.ts';
import { json } from '../../../src/adapters/json/format.ts';
import {
  decimal,
  double,
  int,
  int64,
  long,
  nullable,
  scaled,
  string,
  timestamp,
} from '../../../src/core/column-types.ts';
import type { Columns } from '../../../src/core/columns.ts';
import type { EventEncoder, EventRow, FormatSource } from '../../../src/ports/format.ts';
import { SourceDecoder } from '../../../src/runtime/task/source-decoder.ts';
import { schemaOf } from '../../../src/topology/columns-schema.ts';
import { base64Of, micros, withSchema, type Field } from '../../support/connect-records.ts';
import { noSchemas } from '../../support/no-schemas.ts';
import { rawBatchOf } from '../avro/raw-batch.ts';

function sourceOf(declared: Columns): FormatSource {
  const columns = schemaOf(declared);
  return { topic: 'orders', subject: 'orders-value', eventTime: 'at', columns, declared, schemas: noSchemas };
}

async function open(declared: Columns, options: DebeziumOptions = {}): Promise<SourceDecoder> {
  const decoder = await debezium(json(), options).decoder(sourceOf(declared));
  return new SourceDecoder(decoder, 'at', 'test');
}

type Value = string | number | null;

async function decode(
  decoder: SourceDecoder,
  values: readonly string[],
): Promise<{ rows: Value[][]; faults: string[] }> {
  const raw = rawBatchOf(values.map((value) => Buffer.from(value)));
  await decoder.prepare(raw);
  const { batch, faults } = decoder.decode(raw, 0, values.length);
  const rows = Array.from({ length: batch.size }, (_, row) =>
    Object.entries(batch.columns as Record<string, ScalarColumn>).flatMap(([name, column]): Value[] => {
      if (name === 'op') return [];
      return [
        column.kind === 'string'
          ? (column.dictionary.decode(column.codes[row] as number) ?? null)
          : (column.values[row] as number),
      ];
    }),
  );
  return { rows, faults: faults.map(({ message }) => message) };
}

const plain = (row: string): string => `{"before":null,"after":${row},"op":"c"}`;

const columns = {
  micro: timestamp,
  nano: timestamp,
  day: timestamp,
  days: int,
  milli: timestamp,
  zoned: timestamp,
  ofDay: long,
  amount: scaled(2),
  near: decimal,
  price: string,
  id: int64,
  free: nullable(decimal),
  at: timestamp,
};
const fields: Readonly<Record<string, Field>> = {
  micro: micros,
  nano: { type: 'int64', name: 'io.debezium.time.NanoTimestamp' },
  day: { type: 'int32', name: 'io.debezium.time.Date' },
  days: { type: 'int32', name: 'io.debezium.time.Date' },
  milli: { type: 'int64', name: 'io.debezium.time.Timestamp' },
  zoned: { type: 'string', name: 'io.debezium.time.ZonedTimestamp' },
  ofDay: { type: 'int64', name: 'io.debezium.time.MicroTime' },
  amount: { type: 'bytes', name: 'org.apache.kafka.connect.data.Decimal', scale: 2 },
  near: { type: 'bytes', name: 'org.apache.kafka.connect.data.Decimal', scale: 4 },
  price: { type: 'bytes', name: 'org.apache.kafka.connect.data.Decimal', scale: 3 },
  id: { type: 'bytes', name: 'org.apache.kafka.connect.data.Decimal', scale: 0 },
  free: { type: 'struct', name: 'io.debezium.data.VariableScaleDecimal' },
  at: micros,
};
const MS = 1_795_985_973_911;
const row = (more: object = {}): string =>
  JSON.stringify({
    micro: MS * 1000 + 999,
    nano: 'NANO',
    day: 20_574,
    days: 20_574,
    milli: MS,
    zoned: '2026-05-01T12:01:00.000000Z',
    ofDay: 43_260_000_000,
    amount: base64Of(-1_250n),
    near: base64Of(123_456n),
    price: base64Of(-5n),
    id: base64Of(9_007_199_254_740_993n),
    free: { scale: 3, value: base64Of(1_500n) },
    at: MS * 1000,
    ...more,
  }).replace('"NANO"', `${MS}000000`);
const expected = [
  MS,
  MS,
  20_574 * 86_400_000,
  20_574,
  MS,
  Date.UTC(2026, 4, 1, 12, 1),
  43_260_000_000,
  -1_250,
  12.3456,
  '-0.005',
  '9007199254740993',
  1.5,
  MS,
];

t.test('the schema of a record says how its values are written', async (t) => {
  const decoder = await open(columns);
  // A column of strings after a change of the connector, and a table with other columns.
  const text = withSchema(
    { ...fields, amount: { type: 'string' }, at: { type: 'int64', name: 'io.debezium.time.Timestamp' } },
    row({ amount: '-12.50', at: MS }),
  );
  const records = [withSchema(fields, row()), text, withSchema({ ...fields, more: micros }, row())];
  const wanted = { rows: [expected, expected, expected], faults: [] };
  t.same(await decode(decoder, records), wanted);
  t.same(await decode(decoder, [...records].reverse()), wanted);
  const many = Array.from({ length: 40 }, (_, i) => withSchema({ ...fields, [`c${i}`]: micros }, row()));
  t.same((await decode(decoder, many)).rows.length, 40, 'however many there are');
  const broken = records[0]?.replace('"type":"struct"', '"type":struct') ?? '';
  t.same(await decode(decoder, [broken]), {
    rows: [],
    faults: ['the schema of the record is no JSON object'],
  });
});

t.test('without a schema the source declares it', async (t) => {
  const decoder = await open(columns, {
    units: { micro: 'us', nano: 'ns', day: 'days', at: 'us' },
    scales: { amount: 2, near: 4, price: 3, id: 0 },
  });
  const records = [plain(row()), plain(row({ amount: 7 })), plain(row({ free: null }))];
  const { rows, faults } = await decode(decoder, records);
  t.same(faults, []);
  t.same(rows, [
    expected,
    expected.map((value, i) => (i === 7 ? 700 : value)),
    expected.map((value, i) => (i === 11 ? Number.NaN : value)),
  ]);
});

t.test('columns of the envelope are of the units that their names say', async (t) => {
  const declared = { 'source.ts_us': timestamp, ts_ns: timestamp, at: timestamp };
  const record = `{"after":{"at":1},"source":{"ts_us":${MS}001},"op":"c","ts_ns":${MS}000001}`;
  t.same((await decode(await open(declared), [record])).rows, [[MS, MS, 1]]);
});

t.test('values that are none are dead letters', async (t) => {
  const decoder = await open(columns);
  const faults = async (more: object): Promise<unknown> =>
    (await decode(decoder, [withSchema(fields, row(more))])).faults[0];
  t.match(await faults({ amount: '!' }), /\.amount' is not a number/);
  t.match(await faults({ amount: '' }), /\.amount' is not a number/);
  t.match(await faults({ amount: base64Of(10n ** 30n) }), /\.amount' is outside the range of scaled/);
  t.match(await faults({ free: { scale: 1e9, value: 'AQ==' } }), /\.free' is not a number/);
  t.match(await faults({ free: { value: 'AQ==' } }), /\.free' is not a number/);
  t.match(await faults({ day: 1.5 }), /\.day' is not a number/);
  t.match(await faults({ micro: 1e300 }), /\.micro' is outside/);
});

t.test('property: decimals of any scale are those of BigInt', async () => {
  const declared = { exact: nullable(scaled(3)), text: string, near: double, at: timestamp };
  const decoder = await open(declared);
  await fc.assert(
    fc.asyncProperty(
      fc.bigInt({ min: -(1n << 90n), max: 1n << 90n }),
      fc.integer({ min: 0, max: 90 }),
      fc.integer({ min: 0, max: 12 }),
      async (wide, bits, scale) => {
        const unscaled = wide >> BigInt(bits);
        const name = 'org.apache.kafka.connect.data.Decimal';
        const value = base64Of(unscaled);
        const field = { type: 'bytes', name, scale };
        const record = withSchema(
          {
            exact: field,
            text: field,
            near: { ...field, name: 'io.debezium.data.VariableScaleDecimal' },
            at: micros,
          },
          JSON.stringify({ exact: value, text: value, near: { value, scale }, at: 0 }),
        );
        const { rows, faults } = await decode(decoder, [record]);
        const shift = 10n ** BigInt(Math.abs(3 - scale));
        const isWhole = scale <= 3 || unscaled % shift === 0n;
        const exact = scale <= 3 ? unscaled * shift : unscaled / shift;
        if (!isWhole || exact > 2n ** 53n - 1n || exact < 1n - 2n ** 53n)
          return rows.length === 0 && faults.length === 1;
        const [found] = rows;
        const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
        const at = digits.length - scale;
        const text = `${unscaled < 0n ? '-' : ''}${digits.slice(0, at)}${scale === 0 ? '' : `.${digits.slice(at)}`}`;
        return found?.[0] === Number(exact) && found[1] === text && found[2] === Number(text);
      },
    ),
    { seed: 11, numRuns: 500 },
  );
});

t.test('rows become inserts that read back', async (t) => {
  const { op, ...withoutOp } = { op: string, ...columns };
  t.equal(op.type, 'string');
  const options = {
    units: { micro: 'us', nano: 'ns', day: 'days', at: 'us' },
    scales: { amount: 2, near: 4, price: 3, id: 0 },
  } as const;
  const declared = { ...withoutOp, 'before.amount': nullable(scaled(2)), op: string };
  const format = debezium(json(), { ...options, deletes: 'event' });
  const encoder = (await format.encoder?.(sourceOf(declared))) as EventEncoder;
  const event: EventRow = Object.fromEntries(
    Object.keys(columns).map((name, i) => [name, expected[i] ?? null]),
  );
  const wanted = [...expected, Number.NaN];
  const decoder = new SourceDecoder(await format.decoder(sourceOf(declared)), 'at', 'test');
  const deleted = { ...event, op: 'd' };
  const records = [event, { ...event, op: 'u', 'before.amount': 5 }, deleted].map((one) =>
    String(encoder.encode(one)),
  );
  t.same(await decode(decoder, records), {
    rows: [wanted, [...expected, 5], [...expected, -1_250]],
    faults: [],
  });
  t.match(JSON.parse(records[0] ?? ''), { op: 'c', after: { micro: MS * 1000, amount: base64Of(-1_250n) } });
  const refused = (row: EventRow, column: string): void => {
    t.throws(() => encoder.encode(row), { code: 'SCHEMA_INVALID' });
    t.equal(encoder.misfit?.(row), column);
  };
  refused({ ...event, op: 'x' }, 'op');
  refused({ ...event, micro: null }, 'micro');
  refused({ ...event, day: 1 }, 'day');
});

t.test('options that make no sense are refused', async (t) => {
  await t.rejects(open(columns, { units: { mikro: 'us' } }), { message: /no column; did you mean 'micro'/ });
  await t.rejects(open(columns, { units: { amount: 'us' } }), { message: /'amount', whose type has none/ });
  await t.rejects(open(columns, { scales: { at: 2 } }), { message: /'at', whose type has none/ });
  t.throws(() => debezium(json(), { units: { at: 'sec' as 'us' } }), { message: /units: 'at': 'sec'/ });
  t.throws(() => debezium(json(), { scales: { at: -1 } }), { message: /scales: 'at'/ });
  t.throws(() => debezium(avro(), { units: { at: 'us' } }), {
    message: /records of avro say it themselves/,
  });
});
