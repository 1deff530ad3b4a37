// The event time in every unit that Avro's logical types have, exact where a Float64 of it would not be.
import avro from 'avsc';
import fc from 'fast-check';
import t from 'tap';
import { AvroEventEncoder } from '../../../src/adapters/avro/event-encoder.ts';
import { avroEventDecoder } from '../../../src/adapters/avro/event-decoder.ts';
import { SubjectSchema } from '../../../src/adapters/avro/subject-schema.ts';
import { FRAME_BYTES, writeFrame } from '../../../src/adapters/shared/wire-format.ts';
import { SourceDecoder } from '../../../src/runtime/task/source-decoder.ts';
import type { Schemas } from '../../../src/ports/schemas.ts';
import { rawBatchOf } from './raw-batch.ts';

const NOW_MS = 1_704_067_201_234;

function subjectOf(type: unknown): SubjectSchema {
  const fields = [{ name: 'at', type }];
  return new SubjectSchema('events-value', JSON.stringify({ type: 'record', name: 'Event', fields }));
}

function varint(value: bigint): number[] {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return bytes;
}

/** The event time of a record by the writer's type; the code if it is set aside. */
function decode(reader: unknown, writer: unknown, bytes: readonly number[], other = reader): number | string {
  const text = subjectOf(writer).text;
  const schemas = { name: 'test', isSettled: () => true, known: () => ({ language: 'AVRO', text }) };
  const decoder = new SourceDecoder(
    // The rest is not asked for by a decoder.
    avroEventDecoder(subjectOf(other), schemas as unknown as Schemas, 'at'),
    'at',
    'test',
  );
  const record = Buffer.from([...Array.from({ length: FRAME_BYTES }, () => 0), ...bytes]);
  writeFrame(record, 1);
  const { batch, faults } = decoder.decode(rawBatchOf([record]), 0, 1);
  return faults[0]?.code ?? (batch.eventTimeMs[0] as number);
}

const long = (logicalType: string): unknown => ({ type: 'long', logicalType });
const DATE = { type: 'int', logicalType: 'date' };

t.test('every logical type of an instant becomes milliseconds, local or not, nullable or not', async (t) => {
  const ms = BigInt(NOW_MS);
  for (const local of ['', 'local-']) {
    for (const [unit, value] of [
      ['millis', ms],
      ['micros', ms * 1_000n + 999n],
      ['nanos', ms * 1_000_000n + 999_999n],
    ] as const) {
      const type = long(`${local}timestamp-${unit}`);
      t.equal(decode(type, type, varint(value)), NOW_MS, `${local}${unit}`);
      t.equal(
        decode(['null', type], ['null', type], [2, ...varint(value)]),
        NOW_MS,
        `nullable ${local}${unit}`,
      );
    }
  }
  t.equal(decode(DATE, DATE, varint(19_723n)), Date.UTC(2024, 0, 1));
  t.equal(decode(DATE, DATE, varint(-1n)), Date.UTC(1969, 11, 31));
});

t.test(
  'property: nanoseconds and microseconds are divided exactly, and rounded down before 1970 too',
  async () => {
    const nanos = long('timestamp-nanos');
    const micros = long('timestamp-micros');
    const floor = (value: bigint, by: bigint): number => Number((value - (((value % by) + by) % by)) / by);
    fc.assert(
      fc.property(fc.bigInt({ min: -2_200_000_000_000_000_000n, max: 2n ** 63n - 1n }), (value) => {
        if (decode(nanos, nanos, varint(value)) !== floor(value, 1_000_000n)) throw new Error(`${value} ns`);
        const inRange = value / 1_000n; // of years that are accepted
        if (decode(micros, micros, varint(inRange)) !== floor(inRange, 1_000n))
          throw new Error(`${inRange} us`);
      }),
      { numRuns: 1_000 },
    );
  },
);

t.test("a writer's own unit counts, whatever the topology's is", async (t) => {
  const ms = BigInt(NOW_MS);
  const units = [
    [long('timestamp-millis'), ms],
    [long('timestamp-micros'), ms * 1_000n],
    [long('local-timestamp-nanos'), ms * 1_000_000n],
  ] as const;
  for (const [reader] of units)
    for (const [writer, value] of units) t.equal(decode(reader, writer, varint(value)), NOW_MS);
  t.equal(
    decode(long('timestamp-micros'), 'long', varint(ms * 1_000n)),
    NOW_MS,
    'without one: the topology’s',
  );
  t.equal(decode('long', long('timestamp-micros'), varint(ms * 1_000n)), NOW_MS);
  t.equal(decode(long('timestamp-millis'), DATE, varint(19_723n)), Date.UTC(2024, 0, 1));
  t.equal(decode('double', long('timestamp-micros'), varint(ms * 1_000n)), NOW_MS);
  t.equal(decode('long', long('time-micros'), varint(5n)), 'SCHEMA_INVALID', 'a time of day is no instant');
  t.equal(
    decode('long', 'long', varint(ms * 1_000n)),
    'EVENT_TIME_RANGE',
    'microseconds that nothing declares',
  );
  for (const writer of ['long', long('timestamp-millis'), ['long', 'null']])
    for (const value of [ms * 1_000_000n, 2n ** 63n - 1n, -(2n ** 63n)]) {
      const bytes = Array.isArray(writer) ? [0, ...varint(value)] : varint(value);
      t.equal(decode('long', writer, bytes), 'EVENT_TIME_RANGE', `${value} of ${JSON.stringify(writer)}`);
    }
  const eleven = Array.from({ length: 11 }, () => 0xff);
  t.equal(decode('long', 'long', eleven), 'EVENT_MALFORMED', 'no integer');
  t.equal(decode('double', 'double', [...avro.Type.forSchema('double').toBuffer(NOW_MS + 0.75)]), NOW_MS);
});

t.test('a time of day, or a boolean, is refused as an event time', async (t) => {
  const schemas = {} as unknown as Schemas; // nothing is looked up
  for (const type of [long('time-micros'), { type: 'int', logicalType: 'time-millis' }, 'boolean']) {
    t.throws(() => avroEventDecoder(subjectOf(type), schemas, 'at'), {
      code: 'TOPOLOGY_INVALID',
      where: 'events-value',
      remedy: /timestamp-millis/,
    });
  }
});

t.test('events are encoded from milliseconds, in the unit of the schema', async (t) => {
  const DAY_MS = 86_400_000;
  const types = ['timestamp-millis', 'timestamp-micros', 'timestamp-nanos', 'local-timestamp-nanos'].map(
    long,
  );
  for (const type of [...types, DATE, 'long', 'double', ['null', long('timestamp-nanos')]]) {
    const encoder = new AvroEventEncoder(subjectOf(type), 1, 'at');
    const at = type === DATE ? NOW_MS - (NOW_MS % DAY_MS) : NOW_MS;
    t.equal(decode(type, type, [...encoder.encode({ at }).subarray(FRAME_BYTES)]), at, JSON.stringify(type));
  }
});
