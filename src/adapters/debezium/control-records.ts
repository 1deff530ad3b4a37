// Records that Debezium writes beside the changes of tables (per record without an operation). They have topics of their own,
// unless a transformation routes them into that of a table.
// Sources: https://debezium.io/documentation/reference/3.0/connectors/mysql.html#mysql-schema-change-topic,
// #mysql-transaction-metadata and #mysql-property-heartbeat-interval-ms; transformations/event-flattening.html

/** Of a record without an operation: Debezium's own, a row that a transformation has flattened, or another. */
export type WithoutOperation = 'control' | 'flattened' | 'other';

const HEARTBEAT: ReadonlySet<string> = new Set(['ts_ms', 'ts_us', 'ts_ns']);

/** @param text JSON, or what is none */
export function withoutOperation(text: string): WithoutOperation {
  const record = parsed(text);
  const { payload } = record;
  const change =
    typeof payload === 'object' && payload !== null ? Object.entries(payload) : Object.entries(record);
  const members = new Map<string, unknown>(change);
  if (isSchemaChange(members) || isTransaction(members) || isHeartbeat(members)) return 'control';
  return members.has('__deleted') || members.has('__op') ? 'flattened' : 'other';
}

function isSchemaChange(members: ReadonlyMap<string, unknown>): boolean {
  return members.has('ddl') && members.has('databaseName') && members.has('tableChanges');
}

function isTransaction(members: ReadonlyMap<string, unknown>): boolean {
  const status = members.get('status');
  return (status === 'BEGIN' || status === 'END') && members.has('id') && members.has('data_collections');
}

function isHeartbeat(members: ReadonlyMap<string, unknown>): boolean {
  return members.has('ts_ms') && [...members.keys()].every((name) => HEARTBEAT.has(name));
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
