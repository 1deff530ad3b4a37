// The encoder of Protobuf messages: by declared columns, against readers.
import assert from 'node:assert/strict';
import { fromBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import t from 'tap';
import { misfits, refusesMisfits } from '../../support/misfits.ts';
import { linkedFile } from '../../../src/adapters/protobuf/linked-files.ts';
import { parseProto } from '../../../src/adapters/protobuf/proto-text.ts';
import { ProjectSchemas } from '../../../src/adapters/schemas/project-schemas.ts';
import type { Columns } from '../../../src/core/columns.ts';
import {
  boolean,
  bytes,
  decimal,
  double,
  enumeration,
  float,
  int,
  int64,
  long,
  nullable,
  protobuf,
  scaled,
  string,
  timestamp,
  type EventRow,
  type FormatSource,
} from '../../../src/index.ts';
import { protobufRows } from './rows.ts';

const registry = (): ProjectSchemas => new ProjectSchemas({ registry: { url: null }, schemaFolders: [] });

const all = {
  id: string,
  kind: enumeration(['card', 'bank transfer']),
  flag: boolean,
  small: float,
  count: int,
  total: long,
  'after.amount': nullable(double),
  'after.by.name': nullable(string),
  seen: nullable(timestamp),
  at: timestamp,
  account: nullable(int64),
  raw: nullable(bytes),
  rate: nullable(decimal),
  cents: nullable(scaled(2)),
} satisfies Columns;

function formatSource(schemas: ProjectSchemas): FormatSource {
  return { topic: 'late-orders', subject: 's', eventTime: 'at', columns: {}, declared: all, schemas };
}

t.test(
  'what the encoder writes by declared columns is read back, and by any reader of Protobuf',
  async (t) => {
    const schemas = registry();
    const encoder = (await protobuf().encoder?.(formatSource(schemas)))!;
    const { text = '', language } = schemas.known(1) ?? {};
    t.equal(language, 'PROTOBUF');
    const [message] = linkedFile([parseProto(text)]).messages;
    const rows = protobufRows(message!, all, 'at');
    const word = fc.string({ unit: 'grapheme', maxLength: 9 });
    const instant = fc.integer({ min: -1e12, max: 1e13 });
    const row = fc.record(
      {
        id: word,
        kind: fc.constantFrom('card', 'bank transfer'),
        flag: fc.constantFrom(0, 1),
        small: fc.float({ noNaN: true, noDefaultInfinity: true }),
        count: fc.integer(),
        total: fc.maxSafeInteger(),
        'after.amount': fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
        'after.by.name': fc.option(word),
        seen: fc.option(instant),
        at: instant,
        account: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map(String)),
        raw: fc.option(
          fc.uint8Array({ maxLength: 9 }).map((octets) => Buffer.from(octets).toString('base64')),
        ),
        rate: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
        cents: fc.option(fc.maxSafeInteger()),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(row, (given: EventRow) => {
        const record = encoder.encode(given);
        assert.deepEqual([...record.subarray(0, 6)], [0, 0, 0, 0, 1, 0]);
        assert.deepStrictEqual(rows.read(record.subarray(6)), given);
      }),
      { numRuns: 200 },
    );
    const record = encoder.encode({ ...EVENT, 'after.by.name': 'x' });
    t.match(fromBinary(message!, record.subarray(6)), {
      id: 'a',
      after: { by: { name: 'x' } },
      at: { seconds: 1n },
    });
  },
);

const EVENT = { id: 'a', kind: 'card', flag: true, small: 0.5, count: 1, total: 2, at: 1_000 };

t.test('the encoder refuses what does not fit, by the column', async (t) => {
  const encoder = (await protobuf().encoder?.(formatSource(registry())))!;
  const rows = [
    ...misfits,
    { account: 2 ** 53 },
    { account: '01' },
    { raw: 'a' },
    { rate: 'x' },
    { cents: 0.5 },
  ];
  refusesMisfits(t, encoder, EVENT, { source: 'late-orders', rows });
});

t.test('columns that no message can have are refused', async (t) => {
  for (const declared of [
    { 'x y': string, at: timestamp },
    { a: string, 'a.b': string, at: timestamp },
  ]) {
    await t.rejects(async () => protobuf().encoder?.({ ...formatSource(registry()), declared }), {
      code: 'SCHEMA_INVALID',
      message: /no message can have the column '(x y|a\.b)'/,
    });
  }
  await t.rejects(protobuf().decoder({ ...formatSource(registry()), declared: null }), /declares no columns/);
});
