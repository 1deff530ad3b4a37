// Where a JSON record has its schema, and what the schema says that no column can have.
import t from 'tap';
import { valueAt } from '../../../src/core/batch.ts';
import { debezium, type DebeziumOptions } from '../../../src/adapters/debezium/format.ts';
import { json } from '../../../src/adapters/json/format.ts';
import { long, scaled, timestamp } from '../../../src/core/column-types.ts';
import type { Columns } from '../../../src/core/columns.ts';
import { SourceDecoder } from '../../../src/runtime/task/source-decoder.ts';
import { schemaOf } from '../../../src/topology/columns-schema.ts';
import { base64Of, micros, withSchema } from '../../support/connect-records.ts';
import { noSchemas } from '../../support/no-schemas.ts';
import { rawBatchOf } from '../avro/raw-batch.ts';

const MS = 1_795_985_973_911;
const columns = { amount: scaled(2), at: timestamp };
const record = withSchema(
  { amount: { type: 'bytes', name: 'org.apache.kafka.connect.data.Decimal', scale: 2 }, at: micros },
  JSON.stringify({ amount: base64Of(-1_250n), at: MS * 1_000 }),
);
const { schema, payload } = JSON.parse(record) as { readonly schema: object; readonly payload: object };

async function decode(
  declared: Columns,
  values: readonly string[],
  options: DebeziumOptions = {},
): Promise<unknown> {
  const decoder = new SourceDecoder(
    await debezium(json(), options).decoder({
      topic: 'orders',
      subject: 'orders-value',
      eventTime: 'at',
      columns: schemaOf(declared),
      declared,
      schemas: noSchemas,
    }),
    'at',
    'test',
  );
  const raw = rawBatchOf(values.map((value) => Buffer.from(value)));
  await decoder.prepare(raw);
  const { batch, faults } = decoder.decode(raw, 0, values.length);
  const rows = Array.from({ length: batch.size }, (_, row) =>
    Object.keys(declared).map((name) => {
      const column = batch.columns[name];
      return column === undefined ? undefined : valueAt(column, row);
    }),
  );
  return { rows, faults: faults.map(({ code, message }) => (code === 'SCHEMA_INVALID' ? message : code)) };
}

t.test('a schema is found wherever the record has it', async (t) => {
  const records = [
    JSON.stringify({ schema, payload }, null, 1),
    ` \t{ "schema" : ${record.slice('{"schema":'.length)}`,
    JSON.stringify({ payload, schema }),
    record,
    JSON.stringify({ payload, schema }, null, 2),
  ];
  const wanted = { rows: records.map(() => [-1_250, MS]), faults: [] };
  t.same(await decode(columns, records), wanted);
  t.same(await decode(columns, records.toReversed()), wanted);
});

t.test('a record without a schema is written as the source declares', async (t) => {
  const records = [{ schema: null, payload }, { payload }, { payload, schema: null }].map((one) =>
    JSON.stringify(one),
  );
  t.same(await decode(columns, records, { units: { at: 'us' }, scales: { amount: 2 } }), {
    rows: records.map(() => [-1_250, MS]),
    faults: [],
  });
});

t.test('cut records are dead letters', async (t) => {
  const cut = [record, JSON.stringify({ payload, schema })].flatMap((whole) =>
    Array.from({ length: whole.length - 1 }, (_, length) => whole.slice(0, length)),
  );
  t.same(await decode(columns, [...cut, record]), {
    rows: [[-1_250, MS]],
    faults: cut.map(() => 'EVENT_MALFORMED'),
  });
});

t.test('a time of day is no instant', async (t) => {
  for (const name of [
    'io.debezium.time.Time',
    'io.debezium.time.MicroTime',
    'io.debezium.time.NanoTime',
    'org.apache.kafka.connect.data.Time',
  ]) {
    const opening = withSchema({ opens: { type: 'int64', name }, at: micros }, '{"opens":43260000,"at":0}');
    t.same(await decode({ opens: timestamp, at: timestamp }, [opening]), {
      rows: [],
      faults: [
        "'opens' is a timestamp, and a time of day by the schema of the record, which is no instant: declare it as long",
      ],
    });
    t.same(await decode({ opens: long, at: timestamp }, [opening]), { rows: [[43_260_000, 0]], faults: [] });
  }
});
