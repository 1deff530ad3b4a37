// Timestamps of a declared unit in each format: what producers write, and what the source's own encoder does.
import assert from 'node:assert/strict';
import { create, fromJson, toBinary, type JsonObject } from '@bufbuild/protobuf';
import fc from 'fast-check';
import t from 'tap';
import { planDeclared } from '../../src/adapters/avro/declared-plan.ts';
import { project } from '../../src/adapters/avro/projection.ts';
import { ResolvingReader } from '../../src/adapters/avro/resolving-reader.ts';
import { parseSchema } from '../../src/adapters/avro/schema-node.ts';
import { parseType } from '../../src/adapters/avro/subject-schema.ts';
import { avro as avroFormat } from '../../src/adapters/avro/format.ts';
import { debezium } from '../../src/adapters/debezium/format.ts';
import { json } from '../../src/adapters/json/format.ts';
import { linkedFile } from '../../src/adapters/protobuf/linked-files.ts';
import { parseProto } from '../../src/adapters/protobuf/proto-text.ts';
import { protobuf } from '../../src/adapters/protobuf/format.ts';
import { ProjectSchemas } from '../../src/adapters/schemas/project-schemas.ts';
import type { Columns, EpochUnit } from '../../src/core/columns.ts';
import { list, nullable, string, timestamp, timestampIn } from '../../src/core/column-types.ts';
import type { EventRow, Format, FormatSource } from '../../src/ports/format.ts';
import { schemaOf } from '../../src/topology/columns-schema.ts';
import { withDeclared } from '../../src/topology/avro-schema.ts';
import { decodedBy } from '../support/decoded-outcomes.ts';
import { jsonRows } from './json/rows.ts';
import { protobufRows } from './protobuf/rows.ts';
import { Reading } from './avro/reading.ts';

const UNITS: readonly EpochUnit[] = ['s', 'ms', 'us', 'ns', 'days'];
const MS = 1_777_636_800_123;
/** What is written of an instant, and which instant it is. */
const WRITTEN: Readonly<Record<EpochUnit, readonly [number: bigint, ms: number]>> = {
  s: [1_777_636_800n, 1_777_636_800_000],
  ms: [BigInt(MS), MS],
  us: [BigInt(MS) * 1_000n + 999n, MS],
  ns: [BigInt(MS) * 1_000_000n + 999_999n, MS],
  days: [20_574n, 20_574 * 86_400_000],
};

const columnsOf = (unit: EpochUnit): Columns => ({
  id: string,
  at: timestampIn(unit),
  seen: nullable(timestampIn(unit)),
});

t.test('JSON: numbers, fractions, exponents, text and times with an offset', async (t) => {
  for (const unit of UNITS) {
    const rows = jsonRows(columnsOf(unit), 'at');
    const read = (at: string, seen = 'null') =>
      rows.read(Buffer.from(`{"id":"a","at":${at},"seen":${seen}}`));
    const [number, ms] = WRITTEN[unit];
    t.strictSame(read(String(number), `"${number}"`), { id: 'a', at: ms, seen: ms }, unit);
    t.strictSame(read('"2026-05-01T12:00:00.123Z"'), { id: 'a', at: MS, seen: null });
    t.strictSame(read('-1', '-0'), {
      id: 'a',
      at: { s: -1_000, ms: -1, us: -1, ns: -1, days: -864e5 }[unit],
      seen: 0,
    });
    t.match(read('"soon"'), /^'at' is not a number of \w+ since 1970, or the text of one/);
    t.match(read('true'), /^'at' is not a number of/);
    t.match(
      read(String(number), '1e300'),
      unit === 'days' ? /^'seen' is not/ : /^'seen' is outside the range/,
    );
  }
  const seconds = jsonRows(columnsOf('s'), 'at');
  const at = (text: string) => (seconds.read(Buffer.from(`{"id":"a","at":${text}}`)) as { at: number }).at;
  t.equal(at('1700000000.123'), 1_700_000_000_123);
  t.equal(at('1.700000000123e9'), 1_700_000_000_123);
  t.equal(at('1700000000.1239999999999'), 1_700_000_000_123);
  t.equal(at('1699999999.99999999999999999'), 1_699_999_999_999, 'a Float64 has no digit of it left');
  t.equal(at('"1700000000.123"'), 1_700_000_000_123);
});

t.test('lists have instants of a unit', async (t) => {
  const columns = { times: list(timestampIn('us')), at: timestamp };
  const source = formatSource(columns);
  const decoder = await json().decoder(source);
  const record = await json().encoder?.(source);
  const bytes = record?.encode({ times: [1, 2], at: 0 }) as Buffer;
  t.equal(bytes.toString(), '{"at":0,"times":[1000,2000]}');
  t.same(Object.keys(decoder.schema), ['times', 'at']);
});

const AVRO_TYPES: Readonly<Record<EpochUnit, object | string>> = {
  s: 'long',
  ms: { type: 'long', logicalType: 'timestamp-millis' },
  us: { type: 'long', logicalType: 'timestamp-micros' },
  ns: { type: 'long', logicalType: 'timestamp-nanos' },
  days: { type: 'int', logicalType: 'date' },
};

/** Reads what avsc writes by a type of the field `at`. */
function avroRead(unit: EpochUnit, type: unknown, value: unknown, columns = columnsOf(unit)): unknown {
  const schema = {
    type: 'record',
    name: 'R',
    fields: [
      { name: 'id', type: 'string' },
      { name: 'at', type },
    ],
  };
  const writer = parseType(schema, true);
  const fields = planDeclared(columns, 'at');
  const action = project(parseSchema(JSON.stringify(schema)), fields, 'schema id 1');
  return new Reading(new ResolvingReader(action), fields).read(writer.toBuffer({ id: 'a', at: value }));
}

t.test('Avro: longs without a logical type, doubles, text, and logical types that agree', async (t) => {
  for (const unit of UNITS) {
    const [number, ms] = WRITTEN[unit];
    t.match(avroRead(unit, 'long', number), { at: ms }, unit);
    t.match(avroRead(unit, 'string', String(number)), { at: ms });
    t.match(avroRead(unit, 'string', '2026-05-01T12:00:00.123Z'), { at: MS });
    if (unit !== 'ns') t.match(avroRead(unit, 'double', Number(number)), { at: ms });
    const own = unit === 'days' ? Number(number) : number;
    t.match(avroRead(unit, AVRO_TYPES[unit], own), { at: ms });
    t.match(avroRead(unit, 'string', 'soon'), /no instant of the unit/);
  }
  t.match(avroRead('s', 'double', 1_700_000_000.123), { at: 1_700_000_000_123 });
  t.match(avroRead('s', 'int', 1_700_000_000), { at: 1_700_000_000_000 });
});

t.test('Avro: a logical type of another unit is refused with the remedy', async (t) => {
  const fault = avroRead('s', AVRO_TYPES.ms, 1n);
  t.match(
    fault,
    /'at' is declared as timestampIn\('s'\), and the field at has milliseconds by its logical type: declare it as timestamp/,
  );
  t.match(avroRead('us', AVRO_TYPES.ns, 1n), /has nanoseconds by its logical type/);
  t.match(avroRead('days', AVRO_TYPES.ms, 1n), /timestampIn\('days'\)/);
});

const PROTO = `syntax = "proto3"; import "google/protobuf/timestamp.proto"; import "google/protobuf/wrappers.proto";
  message Event { string id = 1; oneof t { int64 i64 = 2; uint64 u64 = 3; sint64 s64 = 4; fixed64 f64 = 5; sfixed64 sf64 = 6;
  string text = 7; double number = 8; int32 i32 = 9; uint32 u32 = 10; sint32 s32 = 11; fixed32 f32 = 12; sfixed32 sf32 = 13;
  google.protobuf.Int64Value wrapped = 14; } google.protobuf.Timestamp stamp = 20; }`;
const [message] = linkedFile([parseProto(PROTO)]).messages;

function protobufRead(unit: EpochUnit, field: string, value: unknown): unknown {
  const columns = { id: string, [field]: nullable(timestampIn(unit)) };
  const given = { id: 'a', [field]: value } as JsonObject;
  const bytes = toBinary(message!, fromJson(message!, given));
  const row = protobufRows(message!, columns, field).read(Buffer.from(bytes));
  return typeof row === 'string' ? row : (row as Record<string, unknown>)[field];
}

t.test('Protobuf: integers of each kind, doubles and text', async (t) => {
  for (const unit of UNITS) {
    const [number, ms] = WRITTEN[unit];
    for (const field of ['i64', 'u64', 's64', 'f64', 'sf64', 'text', 'wrapped'])
      t.equal(protobufRead(unit, field, String(number)), ms, `${field} ${unit}`);
    for (const field of ['i64', 's64', 'sf64'])
      t.equal(
        protobufRead(unit, field, '-1'),
        { s: -1_000, ms: -1, us: -1, ns: -1, days: -864e5 }[unit],
        field,
      );
    t.equal(protobufRead(unit, 'text', '2026-05-01T12:00:00.123Z'), MS);
    if (unit === 's' || unit === 'days')
      for (const field of ['i32', 'u32', 's32', 'f32', 'sf32'])
        t.equal(protobufRead(unit, field, Number(number)), ms, `${field} ${unit}`);
  }
  for (const field of ['i32', 's32', 'sf32']) t.equal(protobufRead('s', field, -5), -5_000, field);
  t.equal(protobufRead('s', 'number', 1_700_000_000.123), 1_700_000_000_123);
  t.match(protobufRead('s', 'text', 'soon'), /'text' is not a number of seconds, or a time with an offset/);
  t.throws(
    () => protobufRead('s', 'stamp', '2026-05-01T12:00:00Z'),
    /is a google.protobuf.Timestamp, which says its unit itself: declare it as timestamp/,
  );
  t.equal(create(message!).$typeName, 'Event');
});

/** In 2262 nanoseconds have more than 64 bits. */
const NANOS_MS_MAX = 9_223_372_036_854;

const registry = (): ProjectSchemas => new ProjectSchemas({ registry: { url: null }, schemaFolders: [] });

function formatSource(columns: Columns, schemas = registry()): FormatSource {
  const source = { topic: 'events', eventTime: 'at', partitions: 1, schema: columns };
  return {
    topic: 'events',
    subject: 'events-value',
    eventTime: 'at',
    columns: schemaOf(columns),
    declared: columns,
    schemas: withDeclared(schemas, source),
  };
}

const FORMATS: ReadonlyArray<readonly [string, () => Format]> = [
  ['avro', avroFormat],
  ['json', json],
  ['protobuf', protobuf],
  ['debezium of json', () => debezium(json())],
];

t.test('what a source writes by its columns is read back, in every format and unit', async (t) => {
  for (const [name, format] of FORMATS)
    for (const unit of UNITS) {
      const columns = columnsOf(unit);
      const source = formatSource(columns);
      const encoder = (await format().encoder?.(source))!;
      const decoder = await format().decoder(source);
      const per = unit === 'days' ? 86_400_000 : 1;
      const instant = fc
        .integer({ min: -2_208_988_800_000, max: unit === 'ns' ? NANOS_MS_MAX : 10_413_791_999_999 })
        .map((ms) => ms - (ms % per) + 0);
      const row = fc.record({ id: fc.string(), at: instant, seen: fc.option(instant) });
      await fc.assert(
        fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (given) => {
          const rows: EventRow[] = given.map((one) => ({ ...one }));
          const records = rows.map((one) => encoder.encode(one));
          assert.deepEqual(await decodedBy(decoder, columns, records), rows);
        }),
        { numRuns: 20 },
      );
      if (unit === 'ns' && name !== 'json' && name !== 'debezium of json')
        t.equal(encoder.misfit?.({ id: 'a', at: NANOS_MS_MAX + 1, seen: null }), 'at', name);
      if (unit === 'days') t.throws(() => encoder.encode({ id: 'a', at: MS, seen: null }), name);
    }
});

t.test('a change stream: the unit of its records counts, and two declared ones are refused', async (t) => {
  const columns = { id: string, at: timestampIn('us') };
  const format = debezium(json(), { units: { at: 'ns' } });
  await t.rejects(
    async () => format.decoder(formatSource(columns)),
    /declared as timestampIn\('us'\), and has ns/,
  );
  const decoder = await debezium(json()).decoder(formatSource(columns));
  const plain = JSON.stringify({ op: 'c', after: { id: 'a', at: MS * 1_000 } });
  const fields = [
    { field: 'id', type: 'string' },
    { field: 'at', type: 'int64', name: 'io.debezium.time.NanoTimestamp' },
  ];
  const schema = { type: 'struct', fields: [{ field: 'after', type: 'struct', fields }] };
  const named = `{"schema":${JSON.stringify(schema)},"payload":{"op":"c","after":{"id":"b","at":${MS}000001}}}`;
  t.strictSame(
    await decodedBy(
      decoder,
      columns,
      [plain, named].map((text) => Buffer.from(text)),
    ),
    [
      { id: 'a', at: MS },
      { id: 'b', at: MS },
    ],
  );
});
