// Rows of a topic in each format that a source can have.
import t from 'tap';
import { ProjectSchemas } from '../../../src/adapters/schemas/project-schemas.ts';
import type { RawBatch } from '../../../src/core/batch.ts';
import { ByteColumn } from '../../../src/core/byte-column.ts';
import { Dictionary } from '../../../src/core/dictionary.ts';
import { avro, double, int64, json, protobuf, string, table, type Format } from '../../../src/index.ts';
import { SourceDecoder } from '../../../src/runtime/task/source-decoder.ts';
import { TableStore } from '../../../src/runtime/tables/table-store.ts';
import { TopicRows } from '../../../src/runtime/tables/topic-rows.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { schemaOf } from '../../../src/topology/columns-schema.ts';
import { SourceFormat } from '../../../src/topology/source-format.ts';

const columns = { id: int64, limit: double, note: string };
const formats: Readonly<Record<string, Format>> = { avro: avro(), json: json(), protobuf: protobuf() };

for (const [name, format] of Object.entries(formats)) {
  t.test(`rows in ${name}, and what is none`, async (t) => {
    const declared = table('rates', { schema: columns, key: 'id', topic: 'rates', format });
    const schemas = new ProjectSchemas({ registry: { url: null }, schemaFolders: [] });
    const source = { topic: 'rates', eventTime: '', schema: columns, format };
    const opened = new SourceFormat(source, schemas, avro(), Object.values(formats));
    await opened.register();
    const encoder = await opened.encoder();
    const refused: string[] = [];
    const store = new TableStore({
      table: declared,
      topology: 'x',
      schema: schemaOf({ limit: double, note: string }),
      telemetry: new FakeTelemetry(),
    });
    const rows = new TopicRows({
      store,
      decoder: new SourceDecoder(await opened.decoder(), null, 'table rates'),
      deletion: null,
      required: [],
      quarantine: { add: ({ topic, partition, offset }) => refused.push(`${topic}-${partition}-${offset}`) },
    });
    const id = '9007199254740993';
    const values = [
      encoder.encode({ id, limit: 1, note: 'ü' }),
      Buffer.from([9, 1, 2]),
      encoder.encode({ id: '2', limit: 2, note: '' }),
      null,
      encoder.encode({ id, limit: 3, note: 'later' }),
    ];
    const keys = [0, 1, 2, 2, 0].map((key) => Buffer.from([0, 255, key]));
    const raw: RawBatch = {
      origin: { topic: 'rates', partition: 3 },
      count: values.length,
      offsets: Float64Array.of(10, 11, 12, 13, 14),
      timestampMs: Float64Array.of(1_000, 1_000, 1_000, 2_000, 3_000),
      keys: ByteColumn.of(keys),
      values: ByteColumn.of(values),
      offsetNext: 15,
      highWatermark: 15,
      receivedAtMs: 0,
    };
    await rows.take(raw);
    store.rows = rows.rows;
    const dictionary = new Dictionary();
    const events: Array<[string, number]> = [
      [id, 2_999],
      [id, 3_000],
      ['2', 1_000],
      ['2', 2_000],
      [id, 999],
    ];
    const codes = Int32Array.from(events, ([key]) => dictionary.encode(key));
    const batch = {
      rows: Int32Array.from(events, (_, i) => i),
      size: events.length,
      eventTimeMs: Float64Array.from(events, ([, at]) => at),
    };
    const found = store.reader().find({ kind: 'string', codes, dictionary }, batch);
    const [limits, notes] = [found.column('limit'), found.column('note')];
    t.strictSame(limits.kind === 'number' && Array.from(limits.values), [1, 3, 2, NaN, NaN]);
    t.strictSame(
      notes.kind === 'string' && Array.from(notes.codes, (code) => notes.dictionary.decode(code) ?? null),
      ['ü', 'later', '', null, null],
    );
    t.strictSame(refused, ['rates-3-11']);
  });
}
