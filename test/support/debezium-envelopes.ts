// Envelopes in the form that the documentation of Debezium 3.0 gives for its connectors: generated, not recorded.
// Sources: https://debezium.io/documentation/reference/3.0/connectors/{mysql,sqlserver,oracle,mongodb}.html

const TIMES = { ts_ms: 5, ts_us: 5_000, ts_ns: 5_000_000 };
const READ = { ts_ms: 7, ts_us: 7_000, ts_ns: 7_000_000 };
const common = (connector: string): object => ({
  version: '3.0.8.Final',
  connector,
  name: 'shop',
  snapshot: 'false',
  ...TIMES,
});

export type Connector = 'mysql' | 'sqlserver' | 'oracle' | 'mongodb';

/** Source blocks, by connector. */
export const sources: Readonly<Record<Connector, Readonly<Record<string, unknown>>>> = {
  mysql: {
    ...common('mysql'),
    db: 'shop',
    sequence: null,
    table: 'orders',
    server_id: 223_344,
    gtid: null,
    file: 'mysql-bin.000003',
    pos: 484,
    row: 0,
    thread: 7,
    query: null,
  },
  sqlserver: {
    ...common('sqlserver'),
    db: 'shop',
    sequence: null,
    schema: 'dbo',
    table: 'orders',
    change_lsn: '00000027:00000758:0003',
    commit_lsn: '00000027:00000758:0005',
    event_serial_no: 1,
  },
  oracle: {
    ...common('oracle'),
    db: 'SHOP',
    sequence: null,
    schema: 'DEBEZIUM',
    table: 'ORDERS',
    txId: '6.28.807',
    scn: '2122185',
    commit_scn: '2122185',
    rs_id: '001234.00012345.0124',
    ssn: 0,
    redo_thread: 1,
    user_name: 'user',
    row_id: 'AAASgjAAMAAAACnAAA',
  },
  mongodb: {
    ...common('mongodb'),
    db: 'shop',
    sequence: null,
    collection: 'orders',
    ord: 31,
    lsid: null,
    txnNumber: null,
    wallTime: null,
  },
};

export interface Change {
  readonly before: unknown;
  readonly after: unknown;
  readonly source: object;
  readonly op: string;
}

export function rowChange(connector: Connector, op: string, after: unknown, before: unknown = null): Change {
  return { before, after, source: sources[connector], transaction: null, op, ...READ } as Change;
}

export function documentChange(op: string, after: string | null, before: string | null = null): Change {
  return { ...rowChange('mongodb', op, after, before), updateDescription: null } as Change;
}

/** A record of JsonConverter with schemas.enable=true. @param table fields of the rows; documents if it is not given */
export function inConnectSchema(change: Change, table: readonly object[] | null = null): object {
  const row = (field: string): object =>
    table === null
      ? { type: 'string', optional: true, name: 'io.debezium.data.Json', version: 1, field }
      : { type: 'struct', fields: table, optional: true, name: 'shop.orders.Value', field };
  const fields = [
    row('before'),
    row('after'),
    {
      type: 'struct',
      fields: [{ type: 'int64', optional: false, field: 'ts_ms' }],
      optional: false,
      field: 'source',
    },
    { type: 'string', optional: false, field: 'op' },
    { type: 'int64', optional: true, field: 'ts_ms' },
  ];
  const schema = { type: 'struct', fields, optional: false, name: 'shop.orders.Envelope' };
  return { schema, payload: change };
}
