// Changes of MongoDB: documents in Extended JSON, in all its modes, as PyMongo writes them (test/vectors/extended-json.py), in
// the envelope of Debezium's documentation, with its schema and without.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { withDocuments } from '../../../src/adapters/debezium/documents.ts';
import {
  boolean,
  bytes,
  double,
  int,
  int64,
  json,
  nullable,
  scaled,
  string,
  timestamp,
} from '../../../src/index.ts';
import { changeOutcomes, NO_EVENT } from '../../support/change-outcomes.ts';
import { documentChange, inConnectSchema } from '../../support/debezium-envelopes.ts';

const MODES = ['strict', 'canonical', 'relaxed'] as const;
const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../vectors/extended-json.json'), 'utf8'),
) as ReadonlyArray<
  Readonly<Record<(typeof MODES)[number], string>> & { readonly values: Readonly<Record<string, unknown>> }
>;

const columns = {
  _id: string,
  text: string,
  count: int,
  wide: int64,
  number: double,
  amount: double,
  flag: boolean,
  none: nullable(string),
  at: timestamp,
  raw: bytes,
  'buyer.country': string,
  'buyer.since': timestamp,
  'buyer.tags.2.deep': string,
  'items.length': int,
  'items.0.price': nullable(scaled(2)),
};
const envelope = { op: string, 'source.collection': string, 'source.ts_ms': timestamp };
const bytesOf = (change: unknown): Buffer => Buffer.from(JSON.stringify(change));
const ofEnvelope = (op: string): object => ({ op, 'source.collection': 'orders', 'source.ts_ms': 5 });

for (const mode of MODES) {
  t.test(`documents in the mode ${mode}`, async (t) => {
    const changes = vectors.map((vector, i) => documentChange(i % 2 === 0 ? 'c' : 'u', vector[mode]));
    const expected = vectors.map(({ values }, i) => ({ ...values, ...ofEnvelope(i % 2 === 0 ? 'c' : 'u') }));
    const all = { ...columns, ...envelope };
    t.strictSame(await changeOutcomes(json(), all, changes.map(bytesOf)), expected);
    const withSchema = changes.map((change) => bytesOf(inConnectSchema(change)));
    t.strictSame(await changeOutcomes(json(), all, withSchema), expected, 'with their schema');
    const takingTurns = changes.map((change, i) =>
      i % 3 === 0 ? bytesOf(change) : (withSchema[i] as Buffer),
    );
    t.strictSame(await changeOutcomes(json(), all, takingTurns), expected, 'in both forms');
  });
}

const few = { _id: string, n: nullable(int64), 'before.n': nullable(int64), ...envelope };
const before = '{"_id": {"$oid": "a1"}, "n": {"$numberLong": "1"}}';
const after = '{"_id": {"$oid": "a1"}, "n": {"$numberLong": "9007199254740993"}}';
const found = (op: string, n: string | null, beforeN: string | null): object => ({
  _id: 'a1',
  n,
  'before.n': beforeN,
  ...ofEnvelope(op),
});

t.test('rows before, deletes, tombstones and updates without a document', async (t) => {
  const records = [
    documentChange('r', after),
    documentChange('u', after, before),
    documentChange('d', null, before),
    documentChange('d', null),
    documentChange('u', null),
  ];
  const values = [...records.map(bytesOf), null];
  t.strictSame(await changeOutcomes(json(), few, values), [
    found('r', '9007199254740993', null),
    found('u', '9007199254740993', '1'),
    NO_EVENT,
    NO_EVENT,
    "EVENT_MALFORMED: '_id' is null or missing",
    NO_EVENT,
  ]);
  t.strictSame((await changeOutcomes(json(), few, values, { deletes: 'event' })).slice(2, 4), [
    found('d', '1', '1'),
    "EVENT_MALFORMED: '_id' is null or missing",
  ]);
});

t.test('columns of the update and of the envelope alone', async (t) => {
  const declared = { 'updateDescription.updatedFields': nullable(string), ...envelope };
  const change = {
    ...documentChange('u', after),
    updateDescription: { removedFields: null, updatedFields: '{"n": 1}', truncatedArrays: null },
  };
  t.match(await changeOutcomes(json(), declared, [bytesOf(change)]), [
    { 'updateDescription.updatedFields': '{"n": 1}' },
  ]);
});

t.test('numbers that JSON has no text for are null, and what is no document is a dead letter', async (t) => {
  const documents = [
    '{"_id": "a", "n": {"$numberDouble": "NaN"}}',
    '{"_id": "a", "n": {"$numberDouble": "Infinity"}}',
    '{"_id": "a", "n": {"$undefined": true}}',
    '{"_id": "a", "n": {"$numberLong": "1", "more": 2}}',
    '{"_id": "a", "n": {"$minKey": 1}}',
    '{"_id": "a", "n": 1',
    '{"_id": "a", "n": tru}',
    'no document',
    `{"_id": "a", "n": 1, "x": ${'['.repeat(300)}${']'.repeat(300)}}`,
    '{"_id": "a"} more',
  ];
  const outcomes = await changeOutcomes(
    json(),
    { _id: string, n: nullable(int64), ...envelope },
    documents.map((document) => bytesOf(documentChange('c', document))),
  );
  t.match(outcomes.slice(0, 3), [{ n: null }, { n: null }, { n: null }]);
  for (const [i, outcome] of outcomes.slice(3).entries())
    t.match(outcome, /^EVENT_MALFORMED: /, String(documents[i + 3]).slice(0, 60));
});

t.test('property: JSON without dollar names stays as it is, and damaged records never throw', async () => {
  const name = fc
    .string({ unit: 'grapheme' })
    .filter((text) => !text.startsWith('$') && text !== '__proto__');
  const document = fc.dictionary(name, fc.jsonValue({ stringUnit: 'grapheme', maxDepth: 4 }));
  fc.assert(
    fc.property(document, fc.nat({ max: 4 }), fc.nat(), (value, indent, at) => {
      const plain = JSON.stringify(value, (key, inner: unknown) =>
        typeof inner === 'object' && inner !== null && Object.keys(inner).some((one) => one.startsWith('$'))
          ? null
          : inner,
      );
      const text = JSON.stringify(JSON.parse(plain), null, indent);
      const record = bytesOf(documentChange('c', text));
      const read = JSON.parse(String(withDocuments(record))) as { readonly after: unknown };
      if (JSON.stringify(read.after) !== plain)
        throw new Error(`${JSON.stringify(read.after)} is not ${plain}`);
      const damaged = Buffer.from(record);
      damaged[at % record.length] = (damaged[at % record.length] as number) ^ (1 << (at % 8));
      withDocuments(damaged);
      withDocuments(record.subarray(0, at % record.length));
    }),
    { numRuns: 500 },
  );
});
