// What Debezium's connectors write beside the changes of tables, in the form of its documentation, and what is none of it.
import t from 'tap';
import { int, json, timestamp } from '../../../src/index.ts';
import { changeOutcomes, NO_EVENT } from '../../support/change-outcomes.ts';
import { rowChange, sources } from '../../support/debezium-envelopes.ts';

const bytesOf = (change: unknown): Buffer => Buffer.from(JSON.stringify(change));
const few = { id: int, 'source.ts_ms': timestamp };
const schemaChange = {
  source: sources.mysql,
  ts_ms: 7,
  databaseName: 'shop',
  schemaName: null,
  ddl: 'ALTER TABLE orders ADD COLUMN x INT',
  tableChanges: [{ type: 'ALTER', id: '"shop"."orders"', table: {} }],
};
const transactions = [
  { status: 'BEGIN', id: 'f:1', event_count: null, data_collections: null, ts_ms: 7 },
  {
    status: 'END',
    id: 'f:1',
    event_count: 1,
    data_collections: [{ data_collection: 'shop.orders', event_count: 1 }],
    ts_ms: 7,
  },
];
/** Payloads beside the changes of tables, which a router may send to one topic with them. */
const beside: readonly object[] = [
  schemaChange,
  { ...schemaChange, tableChanges: null },
  ...transactions,
  { ts_ms: 7 },
  { ts_ms: 7, ts_us: 7_000, ts_ns: 7_000_000 },
];

t.test('schema changes, transactions and heartbeats are no events', async (t) => {
  const change = rowChange('mysql', 'c', { id: 1 });
  const records = [...beside, change].map(bytesOf);
  const outcomes = [...beside.map(() => NO_EVENT), { id: 1, 'source.ts_ms': 5 }];
  t.strictSame(await changeOutcomes(json(), few, records), outcomes);
  const framed = (payload: object): Buffer =>
    bytesOf({ schema: { type: 'struct', fields: [], optional: false, name: 'x' }, payload });
  t.strictSame(
    await changeOutcomes(json(), few, [...beside, change].map(framed)),
    outcomes,
    'with their schema',
  );
});

t.test('messages, truncations and signals', async (t) => {
  const message = { op: 'm', ts_ms: 7, source: sources.mysql, message: { prefix: 'p', content: 'AQ==' } };
  const truncation = rowChange('mysql', 't', null);
  // A row of the signalling table, whose changes are those of any table.
  const signal = rowChange('mysql', 'c', { id: 'ad-hoc-1', type: 'execute-snapshot', data: '{}' });
  t.match(await changeOutcomes(json(), few, [message, truncation, signal].map(bytesOf)), [
    NO_EVENT,
    NO_EVENT,
    /^EVENT_MALFORMED: 'after\.id' is not an integer/,
  ]);
});

t.test('flattened records, and records of nothing that is known', async (t) => {
  const flattened =
    /^EVENT_MALFORMED: the record is a row that ExtractNewRecordState has flattened: read it with format: json\(\)/;
  const other = /^EVENT_MALFORMED: the record is no change of Debezium's: it has no operation 'op'/;
  const records = [
    { id: 1, __deleted: 'false' },
    { id: 1, __op: 'c', __source_ts_ms: 5 },
    { schema: null, payload: { id: 1, __deleted: 'true' } },
    { id: 1 },
    { status: 'BEGIN', id: 1 },
    { ddl: 'x' },
    { ts_ms: 7, id: 1 },
  ];
  t.match(await changeOutcomes(json(), few, records.map(bytesOf)), [
    flattened,
    flattened,
    flattened,
    other,
    other,
    other,
    other,
  ]);
});
