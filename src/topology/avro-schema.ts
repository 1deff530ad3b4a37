// The Avro schema of declared columns (control path).
import { itemType, scalarType, type Columns, type ColumnType, type EpochUnit } from '../core/columns.ts';
import { MillraceError } from '../core/errors.ts';
import { listPath, type ListPath } from '../core/list-path.ts';
import type { Schemas } from '../ports/schemas.ts';
import type { SourceOptions } from './source.ts';
import { sourceSubject } from './topics.ts';

/** Columns that come from an Avro schema, with its text. */
const texts = new WeakMap<Columns, string>();

/**
 * Columns with the Avro schema that they come from, which is registered in place of a derived one. `millrace types`
 * writes a module that calls it.
 * @param schema the schema as JSON
 */
export function avroColumns<C extends Columns>(columns: C, schema: string): C {
  texts.set(columns, JSON.stringify(JSON.parse(schema)));
  return columns;
}

/** Whether the columns come from an Avro schema. */
export function comesFromAvro(columns: Columns): boolean {
  return texts.has(columns);
}

/** `late-orders.v2` as the name of an Avro record: LateOrdersV2. */
function pascal(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return /^[A-Za-z]/.test(joined) ? joined : `_${joined}`;
}

/** What Avro takes as the name of a field, and as a symbol. */
export const AVRO_NAME: RegExp = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** No logical type has seconds: a double has them to the microsecond, and a reader of doubles reads longs of others. */
const TIMESTAMPS: Readonly<Record<EpochUnit, unknown>> = {
  s: 'double',
  ms: { type: 'long', logicalType: 'timestamp-millis' },
  us: { type: 'long', logicalType: 'timestamp-micros' },
  ns: { type: 'long', logicalType: 'timestamp-nanos' },
  days: { type: 'int', logicalType: 'date' },
};
/** Digits of a decimal that a Float64 has exactly. */
const SCALED_PRECISION = 16;

function typeOf(record: string, name: string, column: ColumnType): unknown {
  const type = scalarType(column);
  switch (type) {
    case 'enum':
      return { type, name: record + pascal(name), symbols: column.symbols };
    case 'timestamp':
      return TIMESTAMPS[column.unit ?? 'ms'];
    case 'int64':
      return 'long';
    case 'decimal':
      return 'double';
    case 'scaled': {
      const { digits = 0 } = column;
      return { type: 'bytes', logicalType: 'decimal', precision: SCALED_PRECISION, scale: digits };
    }
    case 'string':
    case 'bytes':
    case 'double':
    case 'float':
    case 'int':
    case 'long':
    case 'boolean':
    default:
      return type;
  }
}

/** A column, and what is left of its path. */
interface Placed {
  readonly name: string;
  readonly path: readonly string[];
  readonly column: ColumnType;
  /** Of a column of lists, behind its path; null for others. */
  readonly list: ListPath | null;
}

function placedAt(name: string, column: ColumnType): Placed {
  if (itemType(column) === null) return { name, path: name.split('.'), column, list: null };
  const list = listPath(name);
  return { name, path: list.outer, column, list };
}

/** The items of an array, or the values of a map. */
function itemsOf(record: string, name: string, lists: readonly Placed[]): unknown {
  const items = lists.map(({ name: whole, column, list }): Placed => {
    const item = itemType(column) ?? column;
    return { name: whole, path: ['items', ...(list?.inner ?? [])], column: item, list: null };
  });
  // Of one field: its type is that of an item.
  const [field] = fieldsOf(record + pascal(name), items) as Array<{ type: unknown }>;
  return field?.type;
}

/** An array, or a map, of which columns have the items. */
function listType(record: string, name: string, lists: readonly Placed[]): unknown {
  const values = lists.filter(({ list }) => list?.part !== 'keys');
  if (lists.every(({ list }) => list?.part === 'items'))
    return { type: 'array', items: itemsOf(record, name, lists) };
  // A map of which there are keys alone has values that say nothing.
  return { type: 'map', values: values.length === 0 ? 'null' : itemsOf(record, name, values) };
}

/** The fields of a record: those of a path are in a record of their own, which may be null if all of them may. */
function fieldsOf(record: string, placed: readonly Placed[]): unknown[] {
  const byName = Map.groupBy(placed, ({ path }) => path[0] as string);
  return [...byName].map(([name, list]) => {
    const [{ path, column, name: whole }] = list as [Placed];
    const isNested = path.length > 1;
    const lists = list.filter((one) => one.list !== null && one.path.length === 1);
    const isNullable = list.every((one) => one.column.type.endsWith('?'));
    const type =
      lists.length > 0
        ? listType(record, name, lists)
        : isNested
          ? {
              type: 'record',
              name: record + pascal(name),
              fields: fieldsOf(
                record + pascal(name),
                list.map((one) => ({ ...one, path: one.path.slice(1) })),
              ),
            }
          : typeOf(record, whole.split('.').at(-1) as string, column);
    return isNullable ? { name, type: ['null', type], default: null } : { name, type };
  });
}

/**
 * The Avro schema of a topic's values: the one that the columns come from, or else one derived from them. The same columns
 * give the same text. A nullable column has the default null, so one that is added later is compatible.
 * @throws TOPOLOGY_INVALID for columns of items or keys, of which no schema can be derived
 */
export function avroSchema(topic: string, columns: Columns): string {
  const given = texts.get(columns);
  if (given !== undefined) return given;
  const record = pascal(topic);
  const placed = Object.entries(columns).map(([name, column]) => placedAt(name, column));
  const strange = placed.find(
    (one) =>
      [...one.path, ...(one.list?.inner ?? [])].some((name) => !AVRO_NAME.test(name)) ||
      hasOther(one, placed),
  );
  if (strange !== undefined) {
    throw new MillraceError('TOPOLOGY_INVALID', `no Avro schema has the column '${strange.name}'`, {
      where: `source ${topic}`,
      remedy: 'Write events with a producer that has a schema of its own, or use format: json().',
    });
  }
  return JSON.stringify({ type: 'record', name: record, fields: fieldsOf(record, placed) });
}

/** Whether a column of lists has the place of other columns, such as that of a list's length. */
function hasOther({ list, path }: Placed, all: readonly Placed[]): boolean {
  if (list === null) return false;
  const isMap = list.part !== 'items';
  return all.some((other) => {
    const isBelow = path.every((name, i) => other.path[i] === name);
    const isSame = other.path.length === path.length && other.list !== null;
    return isBelow && !(isSame && (other.list?.part !== 'items') === isMap);
  });
}

/** The schemas of a project, among them the declared one of a source. */
export function withDeclared(schemas: Schemas, source: SourceOptions): Schemas {
  const { schema } = source;
  if (schema === undefined) return schemas;
  const declared = sourceSubject(source);
  return {
    name: schemas.name,
    read: async (subject, extension) =>
      subject === declared && extension === 'avsc'
        ? avroSchema(source.topic, schema)
        : schemas.read(subject, extension),
    isDerived: (subject) => subject === declared && !comesFromAvro(schema),
    idOf: (subject, text) => schemas.idOf(subject, text),
    isSettled: (id) => schemas.isSettled(id),
    lookUp: (ids) => schemas.lookUp(ids),
    known: (id) => schemas.known(id),
    refusal: (id) => schemas.refusal(id),
  };
}
