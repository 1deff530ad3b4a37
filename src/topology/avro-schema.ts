// The Avro schema of declared columns (control path).
import type { Columns, ColumnType } from '../core/columns.ts';
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

function typeOf(record: string, name: string, { type, symbols }: ColumnType): unknown {
  switch (type.replace('?', '')) {
    case 'enum':
      return { type: 'enum', name: record + pascal(name), symbols };
    case 'timestamp':
      return { type: 'long', logicalType: 'timestamp-millis' };
    case 'string':
    case 'double':
    case 'float':
    case 'int':
    case 'long':
    case 'boolean':
    default:
      return type.replace('?', '');
  }
}

/**
 * The Avro schema of a topic's values: the one that the columns come from, or else one derived from them. The same columns
 * give the same text. A nullable column has the default null, so one that is added later is compatible.
 */
export function avroSchema(topic: string, columns: Columns): string {
  const given = texts.get(columns);
  if (given !== undefined) return given;
  const record = pascal(topic);
  const fields = Object.entries(columns).map(([name, column]) => {
    const type = typeOf(record, name, column);
    return column.type.endsWith('?') ? { name, type: ['null', type], default: null } : { name, type };
  });
  return JSON.stringify({ type: 'record', name: record, fields });
}

/** The schemas of a project, among them the declared one of a source. */
export function withDeclared(schemas: Schemas, source: SourceOptions): Schemas {
  const { schema } = source;
  if (schema === undefined) return schemas;
  const declared = sourceSubject(source);
  return {
    name: schemas.name,
    read: (subject, extension) =>
      subject === declared && extension === 'avsc'
        ? Promise.resolve(avroSchema(source.topic, schema))
        : schemas.read(subject, extension),
    isDerived: (subject) => subject === declared && !comesFromAvro(schema),
    idOf: (subject, text) => schemas.idOf(subject, text),
    isSettled: (id) => schemas.isSettled(id),
    lookUp: (ids) => schemas.lookUp(ids),
    known: (id) => schemas.known(id),
    refusal: (id) => schemas.refusal(id),
  };
}
