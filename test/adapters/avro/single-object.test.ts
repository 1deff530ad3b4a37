// Avro's single-object encoding, against avsc's bytes and fingerprints of Apache Avro.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import avsc from 'avsc';
import t from 'tap';
import { fingerprintOf } from '../../../src/adapters/avro/fingerprint.ts';
import { avro, type AvroOptions } from '../../../src/adapters/avro/format.ts';
import { SubjectSchema } from '../../../src/adapters/avro/subject-schema.ts';
import { ProjectSchemas } from '../../../src/adapters/schemas/project-schemas.ts';
import { double, nullable, source, string, timestamp } from '../../../src/index.ts';
import { SourceFormat } from '../../../src/topology/source-format.ts';
import { decodedRecords } from '../decoded-records.ts';

t.test('fingerprints are those of Apache Avro', async (t) => {
  // Of share/test/data/schema-tests.txt, as 64-bit integers.
  const cases: ReadonlyArray<readonly [schema: string, fingerprint: bigint]> = [
    ['"null"', 7195948357588979594n],
    ['{"type":"int"}', 8247732601305521295n],
    ['{"fields":[], "type":"record", "name":"foo"}', -4824392279771201922n],
    ['{"fields":[], "type":"record", "name":"foo", "namespace":"x.y"}', 5916914534497305771n],
    ['{"type":"enum","name":"foo","symbols":["A1"]}', -6342190197741309591n],
    [
      '{"fields":[{"type":"boolean", "name":"f1", "default": false, "doc":"x"}], "type":"record", "name":"foo"}',
      7843277075252814651n,
    ],
  ];
  for (const [schema, expected] of cases) {
    const bytes = Buffer.from(fingerprintOf(new SubjectSchema('s', schema)), 'hex');
    t.equal(bytes.readBigInt64LE(), expected, schema);
  }
});

const SCHEMA = {
  type: 'record',
  name: 'Event',
  fields: [
    { name: 'note', type: ['null', 'string'], default: null },
    { name: 'id', type: 'string' },
    { name: 'amount', type: 'float', doc: 'not in the canonical form' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
} as const;
const text = JSON.stringify(SCHEMA);
const type = avsc.Type.forSchema(SCHEMA as unknown as avsc.Schema);
const body = type.toBuffer({ note: 'n', id: 'a', amount: 1.5, at: 7 });
const record = (fingerprint: string, bytes = body): Buffer =>
  Buffer.concat([Buffer.of(0xc3, 0x01), Buffer.from(fingerprint, 'hex'), bytes]);
const fingerprint = fingerprintOf(new SubjectSchema('s', text));

t.test('records are read by the schema of their fingerprint', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-single-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'event.avsc');
  writeFileSync(file, text);
  const schema = { id: string, amount: double, at: timestamp, note: nullable(string) };
  const format = (options: AvroOptions, declared = true): SourceFormat =>
    new SourceFormat(
      {
        ...source('event', { schema, eventTime: 'at', format: avro(options) }),
        ...(declared ? {} : { schema: undefined, subject: 'event' }),
      } as never,
      new ProjectSchemas({ registry: { url: null }, schemaFolders: [folder] }),
      avro(),
    );
  const event = { id: 'a', amount: 1.5, at: 7, note: 'n' };
  const unknown = `SCHEMA_UNKNOWN: no schema has the fingerprint ${'0f'.repeat(8)}: name its file as avro({ singleObject })`;
  const notFramed = 'EVENT_NOT_FRAMED: the bytes do not begin with a zero byte and a schema id';
  const values = [
    record(fingerprint),
    record('0f'.repeat(8)),
    record(fingerprint),
    record(fingerprint, body.subarray(0, -1)),
    record(fingerprint).subarray(0, 9),
    Buffer.of(0xc3, 0x02, ...Buffer.alloc(20)),
  ];
  const expected = [
    event,
    unknown,
    event,
    'EVENT_MALFORMED: the bytes end within the record',
    notFramed,
    notFramed,
  ];
  t.strictSame(await decodedRecords(format({ singleObject: [file] }), values), expected);
  const own = await decodedRecords(format({}, false), [record(fingerprint)]);
  t.match(own, [event], "the source's own schema needs no option");
  await t.rejects(format({ singleObject: [join(folder, 'none.avsc')] }).decoder(), {
    code: 'SCHEMA_INVALID',
  });
  const other = join(folder, 'other.avsc');
  writeFileSync(other, '"int"');
  const int = record(fingerprintOf(new SubjectSchema('s', '"int"')), Buffer.of(2));
  t.match(await decodedRecords(format({ singleObject: [other] }, false), [int]), [/^SCHEMA_INVALID: /]);
});
