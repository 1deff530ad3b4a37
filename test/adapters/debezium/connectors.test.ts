// Changes of MySQL, SQL Server and Oracle, in the form of Debezium's documentation, with their schema and without.
import t from 'tap';
import { boolean, int, int64, json, long, nullable, scaled, string, timestamp } from '../../../src/index.ts';
import { changeOutcomes } from '../../support/change-outcomes.ts';
import { base64Of } from '../../support/connect-records.ts';
import { inConnectSchema, rowChange } from '../../support/debezium-envelopes.ts';

const bytesOf = (change: unknown): Buffer => Buffer.from(JSON.stringify(change));
const AT = 1_700_000_000_123;

interface Field {
  readonly type: string;
  readonly name?: string;
  readonly scale?: number;
  readonly fields?: readonly object[];
}
/** The fields of a table in a schema of Kafka Connect. */
const tableOf = (fields: Readonly<Record<string, Field>>): object[] =>
  Object.entries(fields).map(([field, { scale, ...type }]) => ({
    ...type,
    optional: true,
    field,
    ...(scale === undefined ? {} : { parameters: { scale: String(scale) } }),
  }));
const decimal = (scale: number): Field => ({
  type: 'bytes',
  name: 'org.apache.kafka.connect.data.Decimal',
  scale,
});

const mysqlTable = tableOf({
  id: decimal(0),
  total: decimal(2),
  paid: { type: 'int16' },
  day: { type: 'int32', name: 'io.debezium.time.Date' },
  at: { type: 'int64', name: 'io.debezium.time.MicroTimestamp' },
  seen: { type: 'string', name: 'io.debezium.time.ZonedTimestamp' },
  year: { type: 'int32', name: 'io.debezium.time.Year' },
  tags: { type: 'string', name: 'io.debezium.data.EnumSet' },
  note: { type: 'string', name: 'io.debezium.data.Json' },
});
const mysqlRow = {
  id: base64Of(2n ** 64n - 1n), // bigint.unsigned.handling.mode=precise
  total: base64Of(-1234n),
  paid: 1,
  day: 19_675,
  at: AT * 1_000 + 456,
  seen: new Date(AT).toISOString(),
  year: 2023,
  tags: 'a,b',
  note: '{"a":1}',
};
const mysqlColumns = {
  id: int64,
  total: scaled(2),
  paid: int,
  day: nullable(timestamp),
  at: timestamp,
  seen: timestamp,
  year: int,
  tags: string,
  note: nullable(string),
  op: string,
  'source.file': string,
  'source.pos': long,
  'source.ts_ms': timestamp,
  'source.ts_us': timestamp,
};
const mysqlEvent = {
  id: '18446744073709551615',
  total: -1234,
  paid: 1,
  day: 19_675 * 86_400_000,
  at: AT,
  seen: AT,
  year: 2023,
  tags: 'a,b',
  note: '{"a":1}',
  'source.file': 'mysql-bin.000003',
  'source.pos': 484,
  'source.ts_ms': 5,
  'source.ts_us': 5,
};

t.test('MySQL', async (t) => {
  // A date of zeros has no day: the connector writes null, or the epoch into a column that must not be null.
  const zero = { ...mysqlRow, day: null };
  const epoch = { ...mysqlRow, day: 0 };
  const changes = [
    rowChange('mysql', 'r', mysqlRow),
    rowChange('mysql', 'c', zero),
    rowChange('mysql', 'u', epoch, mysqlRow),
    rowChange('mysql', 'd', null, mysqlRow),
  ];
  const expected = [
    { ...mysqlEvent, op: 'r' },
    { ...mysqlEvent, day: null, op: 'c' },
    { ...mysqlEvent, day: 0, op: 'u' },
    { ...mysqlEvent, op: 'd' },
  ];
  const withSchema = changes.map((change) => bytesOf(inConnectSchema(change, mysqlTable)));
  t.match(await changeOutcomes(json(), mysqlColumns, withSchema, { deletes: 'event' }), expected);
  const options = {
    deletes: 'event',
    units: { at: 'us', day: 'days' },
    scales: { id: 0, total: 2 },
  } as const;
  t.match(await changeOutcomes(json(), mysqlColumns, changes.map(bytesOf), options), expected);
});

t.test('settings of MySQL that lose a value', async (t) => {
  const columns = { id: int64, paid: boolean, 'source.ts_ms': timestamp };
  const rows = [
    { id: -1, paid: true }, // bigint.unsigned.handling.mode=long has 2^64 - 1 as -1
    { id: 5, paid: 1 }, // a TINYINT(1) without TinyIntOneToBooleanConverter
  ];
  t.match(
    await changeOutcomes(
      json(),
      columns,
      rows.map((row) => bytesOf(rowChange('mysql', 'c', row))),
    ),
    [{ id: '-1', paid: 1 }, /^EVENT_MALFORMED: 'after\.paid' is not true or false/],
  );
});

t.test('SQL Server', async (t) => {
  const table = tableOf({
    id: { type: 'int32' },
    price: decimal(4), // money
    paid: { type: 'boolean' },
    at: { type: 'int64', name: 'io.debezium.time.NanoTimestamp' }, // datetime2(7)
    day: { type: 'int32', name: 'org.apache.kafka.connect.data.Date' },
    since: { type: 'string', name: 'io.debezium.time.ZonedTimestamp' }, // datetimeoffset
  });
  const row = {
    id: 1,
    price: base64Of(12_345_678n),
    paid: true,
    at: AT * 1_000_000,
    day: 19_675,
    since: '2023-11-14T23:13:20.123+01:00',
  };
  const columns = {
    id: int64,
    price: scaled(4),
    paid: boolean,
    at: timestamp,
    day: timestamp,
    since: timestamp,
    'source.commit_lsn': string,
    'source.schema': string,
    'source.ts_ms': timestamp,
  };
  const expected = {
    id: '1',
    price: 12_345_678,
    paid: 1,
    at: AT,
    day: 19_675 * 86_400_000,
    since: AT,
    'source.commit_lsn': '00000027:00000758:0005',
    'source.schema': 'dbo',
    'source.ts_ms': 5,
  };
  const change = rowChange('sqlserver', 'c', row);
  t.strictSame(await changeOutcomes(json(), columns, [bytesOf(inConnectSchema(change, table))]), [
    { ...expected, 'source.ts_ms': 5 },
  ]);
  const options = { units: { at: 'ns', day: 'days' }, scales: { price: 4 } } as const;
  t.strictSame(await changeOutcomes(json(), columns, [bytesOf(change)], options), [expected]);
});

t.test('Oracle', async (t) => {
  const table = tableOf({
    ID: { type: 'struct', name: 'io.debezium.data.VariableScaleDecimal' }, // NUMBER
    PRICE: decimal(2), // NUMBER(10, 2)
    TEXT_PRICE: { type: 'string' }, // decimal.handling.mode=string
    PAID: { type: 'int8' }, // NUMBER(1)
    AT: { type: 'int64', name: 'io.debezium.time.Timestamp' }, // DATE
    SEEN: { type: 'int64', name: 'io.debezium.time.MicroTimestamp' }, // TIMESTAMP(6)
    NOTE: { type: 'string' }, // CLOB
  });
  const row = {
    ID: { scale: 0, value: base64Of(12_345_678_901_234_567_890n) },
    PRICE: base64Of(999n),
    TEXT_PRICE: '12.50',
    PAID: 0,
    AT,
    SEEN: AT * 1_000,
    NOTE: '__debezium_unavailable_value',
  };
  const columns = {
    ID: int64,
    PRICE: scaled(2),
    TEXT_PRICE: scaled(2),
    PAID: int,
    AT: timestamp,
    SEEN: timestamp,
    NOTE: nullable(string),
    'source.scn': string,
    'source.ts_ms': timestamp,
  };
  const expected = {
    ID: '12345678901234567890',
    PRICE: 999,
    TEXT_PRICE: 1_250,
    PAID: 0,
    AT,
    SEEN: AT,
    NOTE: null,
    'source.scn': '2122185',
    'source.ts_ms': 5,
  };
  const change = rowChange('oracle', 'u', row, row);
  t.strictSame(await changeOutcomes(json(), columns, [bytesOf(inConnectSchema(change, table))]), [expected]);
  const options = { units: { SEEN: 'us' }, scales: { PRICE: 2 } } as const;
  t.strictSame(await changeOutcomes(json(), columns, [bytesOf(change)], options), [expected]);
});
