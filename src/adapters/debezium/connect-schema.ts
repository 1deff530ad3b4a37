// The schema that a JSON record of Kafka Connect has with it (control path, once per schema): how its values are written.
// Sources: org.apache.kafka.connect.json.JsonConverter; https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-temporal-types
import type { ColumnEncoding, TimeUnit } from '../../core/columns.ts';

const UNITS: Readonly<Record<string, TimeUnit>> = {
  'io.debezium.time.Timestamp': 'ms',
  'io.debezium.time.MicroTimestamp': 'us',
  'io.debezium.time.NanoTimestamp': 'ns',
  'io.debezium.time.Date': 'days',
  'org.apache.kafka.connect.data.Timestamp': 'ms',
  'org.apache.kafka.connect.data.Date': 'days',
};
/** No instants. */
const TIMES_OF_DAY: ReadonlySet<unknown> = new Set([
  'io.debezium.time.Time',
  'io.debezium.time.MicroTime',
  'io.debezium.time.NanoTime',
  'org.apache.kafka.connect.data.Time',
]);
const DECIMAL = 'org.apache.kafka.connect.data.Decimal';
const VARIABLE_SCALE = 'io.debezium.data.VariableScaleDecimal';

type Node = Readonly<Record<string, unknown>>;

function nodeOf(value: unknown): Node | null {
  return typeof value === 'object' && value !== null ? (value as Node) : null;
}

/** The schema of a value within; null if there is none. */
function inner(node: Node, name: string): Node | null {
  const { type, fields, items, values } = node;
  if (type === 'array') return nodeOf(items);
  if (type === 'map') return nodeOf(values);
  const list: readonly unknown[] = Array.isArray(fields) ? fields : [];
  return nodeOf(list.find((field) => nodeOf(field)?.['field'] === name));
}

/**
 * How the value at a path of names is written; undefined if the schema does not say it.
 * @param schema of the payload, as JSON.parse returned it
 */
export function encodingAt(schema: unknown, path: readonly string[]): ColumnEncoding | undefined {
  const node = nodeAt(schema, path);
  if (node === null) return undefined;
  const { name, parameters } = node;
  if (name === VARIABLE_SCALE) return {};
  if (name === DECIMAL) {
    const scale = Number(nodeOf(parameters)?.['scale']);
    return Number.isInteger(scale) ? { scale } : undefined;
  }
  const unit = typeof name === 'string' && Object.hasOwn(UNITS, name) ? UNITS[name] : undefined;
  return unit === undefined ? undefined : { unit };
}

/** Whether the value at a path of names is a time of day. */
export function isTimeOfDayAt(schema: unknown, path: readonly string[]): boolean {
  return TIMES_OF_DAY.has(nodeAt(schema, path)?.['name']);
}

function nodeAt(schema: unknown, path: readonly string[]): Node | null {
  let node = nodeOf(schema);
  for (const name of path) node = node === null ? null : inner(node, name);
  return node;
}
