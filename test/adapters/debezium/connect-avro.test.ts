// Times and decimals as Debezium's connectors write them in Avro by Kafka Connect's converter.
import fc from 'fast-check';
import t from 'tap';
import { valueAt } from '../../../src/core/batch.ts';
import { avro } from '../../../src/adapters/avro/format.ts';
import { debezium } from '../../../src/adapters/debezium/format.ts';
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
  timestampIn,
} from '../../../src/core/column-types.ts';
import type { Columns } from '../../../src/core/columns.ts';
import type { Format } from '../../../src/ports/format.ts';
import { SourceDecoder } from '../../../src/runtime/task/source-decoder.ts';
import { withDeclared } from '../../../src/topology/avro-schema.ts';
import { schemaOf } from '../../../src/topology/columns-schema.ts';
import {
  connectTypes,
  decimalBytes,
  decimalType,
  envelopeOf,
  framedBy,
  registryOf,
  type ConnectType,
} from '../../support/connect-avro.ts';
import { rawBatchOf } from '../avro/raw-batch.ts';

const { millis, micros, nanos, date, time, microTime, nanoTime, zoned, variableScale } = connectTypes;
const MS = 1_795_985_973_911;

async function open(declared: Columns, schema: object, format: Format): Promise<SourceDecoder> {
  const source = { topic: 'payments', eventTime: 'at', schema: declared };
  const decoder = await format.decoder({
    ...source,
    subject: 'payments-value',
    columns: schemaOf(declared),
    declared,
    schemas: withDeclared(registryOf(new Map([[7, schema]])), source),
  });
  return new SourceDecoder(decoder, 'at', 'test');
}

async function decode(decoder: SourceDecoder, records: readonly Buffer[]): Promise<[unknown[], string[]]> {
  const raw = rawBatchOf(records);
  await decoder.prepare(raw);
  const { batch, faults } = decoder.decode(raw, 0, records.length);
  const rows = Array.from({ length: batch.size }, (_, row) =>
    Object.fromEntries(Object.entries(batch.columns).map(([name, column]) => [name, valueAt(column, row)])),
  );
  return [rows, faults.map(({ message }) => message)];
}

/** Changes whose rows have one column beside the event time. */
async function decodeColumn(
  type: ConnectType,
  column: Columns[string],
  values: readonly unknown[],
): Promise<unknown[]> {
  const schema = envelopeOf({ value: type, at: micros });
  const encode = framedBy(schema, 7);
  const decoder = await open({ value: column, at: timestamp }, schema, debezium(avro()));
  const [rows, faults] = await decode(
    decoder,
    values.map((value) =>
      encode({
        before: null,
        after: { value, at: MS * 1_000 },
        source: { ts_ms: MS, ts_us: null, ts_ns: null, lsn: null },
        op: 'c',
        ts_ms: null,
        ts_us: null,
        ts_ns: null,
      }),
    ),
  );
  return [...rows.map((row) => (row as { value: unknown }).value), ...faults];
}

t.test('instants are milliseconds, whatever type of Kafka Connect they have', async (t) => {
  t.same(await decodeColumn(millis, timestamp, [MS]), [MS]);
  t.same(await decodeColumn(micros, timestamp, [MS * 1_000 + 999, -1]), [MS, -1]);
  t.same(await decodeColumn(nanos, timestamp, [BigInt(MS) * 1_000_000n + 999_999n]), [MS]);
  t.same(await decodeColumn(date, timestamp, [20_574]), [20_574 * 86_400_000]);
  t.same(await decodeColumn(zoned, timestamp, ['2026-05-01T12:01:00.123456+02:00']), [
    Date.UTC(2026, 4, 1, 10, 1, 0, 123),
  ]);
  t.same(await decodeColumn(zoned, string, ['2026-05-01T12:01:00Z']), ['2026-05-01T12:01:00Z']);
  t.same(await decodeColumn(zoned, timestamp, ['today']), [
    'a value is no instant of the unit that its column has',
  ]);
  t.same(await decodeColumn(micros, timestampIn('us'), [MS * 1_000]), [MS]);
  t.same(await decodeColumn(micros, long, [MS * 1_000]), [MS * 1_000], 'a number stays as it is written');
  t.same(await decodeColumn(date, int, [20_574]), [20_574]);
});

t.test('a time of day is no instant', async (t) => {
  for (const type of [time, microTime, nanoTime]) {
    const [fault] = await decodeColumn(type, timestamp, [43_260_000]);
    t.match(fault, /'after\.value' is a timestamp, and .* is a time of day there/);
    t.same(await decodeColumn(type, long, [43_260_000]), [43_260_000]);
  }
});

t.test('decimals are exact in every column that may have them', async (t) => {
  const free = (scale: number, unscaled: bigint): object => ({ scale, value: decimalBytes(unscaled) });
  t.same(
    await decodeColumn(variableScale, scaled(3), [free(3, -1_500n), free(-2, 15n)]),
    [-1_500, 1_500_000],
  );
  t.same(await decodeColumn(variableScale, decimal, [free(1, 125n)]), [12.5]);
  t.same(await decodeColumn(variableScale, double, [free(-3, 2n)]), [2_000]);
  t.same(await decodeColumn(variableScale, string, [free(3, -5n), free(-2, -5n), free(-2, 0n)]), [
    '-0.005',
    '-500',
    '0',
  ]);
  const wide = 9_007_199_254_740_993n;
  t.same(await decodeColumn(variableScale, int64, [free(0, wide), free(2, wide * 100n), free(1, 15n)]), [
    String(wide),
    String(wide),
    'a decimal is no whole number, as its column is',
  ]);
  t.same(await decodeColumn(decimalType(0), int64, [decimalBytes(wide), decimalBytes(1n << 64n)]), [
    String(wide),
    'a decimal has more digits than its column',
  ]);
  t.same(await decodeColumn(variableScale, decimal, [free(1_000, 1n)]), [
    'a decimal has a scale that is too large',
  ]);
  t.match(
    (await decodeColumn(variableScale, int, [free(0, 1n)]))[0],
    /declare it as string, decimal, scaled or int64/,
  );
  t.same(await decodeColumn(variableScale, nullable(decimal), [null]), [null]);
});

t.test('property: decimals with their scale are those of BigInt', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.bigInt({ min: -(1n << 100n), max: 1n << 100n }),
      fc.integer({ min: -20, max: 30 }),
      async (unscaled, scale) => {
        const [found] = await decodeColumn(variableScale, string, [{ scale, value: decimalBytes(unscaled) }]);
        const shifted = scale < 0 ? unscaled * 10n ** BigInt(-scale) : unscaled;
        const digits = String(shifted < 0n ? -shifted : shifted).padStart(Math.max(0, scale) + 1, '0');
        const at = digits.length - Math.max(0, scale);
        const point = scale > 0 ? `.${digits.slice(at)}` : '';
        return found === `${shifted < 0n ? '-' : ''}${digits.slice(0, at)}${point}`;
      },
    ),
    { seed: 7, numRuns: 60 },
  );
});

t.test('instants of the envelope are of the units that their names say', async (t) => {
  const schema = envelopeOf({ at: micros });
  const declared = {
    'source.ts_us': timestamp,
    'source.ts_ms': timestamp,
    ts_ns: nullable(timestamp),
    at: timestamp,
  };
  const decoder = await open(declared, schema, debezium(avro()));
  const change = (ts_ns: bigint | null): Buffer =>
    framedBy(
      schema,
      7,
    )({
      before: null,
      after: { at: MS * 1_000 },
      source: { ts_ms: MS, ts_us: MS * 1_000 + 1, ts_ns: null, lsn: null },
      op: 'u',
      ts_ms: null,
      ts_us: null,
      ts_ns,
    });
  const [rows, faults] = await decode(decoder, [change(BigInt(MS) * 1_000_000n + 1n), change(null)]);
  t.same(faults, []);
  t.match(rows, [
    { 'source.ts_us': MS, 'source.ts_ms': MS, ts_ns: MS, at: MS },
    { 'source.ts_us': MS, ts_ns: null },
  ]);
});

t.test('records that the connector flattens have the same types', async (t) => {
  const schema = {
    type: 'record',
    name: 'Value',
    fields: [
      { name: 'at', type: ['null', micros] },
      { name: 'total', type: variableScale },
      { name: '__deleted', type: ['null', 'string'], default: null },
    ],
  };
  const decoder = await open(
    { at: timestamp, total: scaled(2), __deleted: nullable(string) },
    schema,
    avro(),
  );
  const value = { at: MS * 1_000, total: { scale: 1, value: decimalBytes(15n) }, __deleted: 'false' };
  t.same(await decode(decoder, [framedBy(schema, 7)(value)]), [
    [{ at: MS, total: 150, __deleted: 'false' }],
    [],
  ]);
});
