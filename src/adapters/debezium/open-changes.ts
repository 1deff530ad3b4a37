// Opens the decoders of a change stream (control path): the columns of a topology as paths in Debezium's envelope.
// Source: https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-events
import type { Columns, ColumnType, ColumnTypeName } from '../../core/columns.ts';
import { requiredType } from '../../core/columns.ts';
import { MillraceError } from '../../core/errors.ts';
import type { Schema } from '../../core/schema.ts';
import type { EventDecoder, Format, FormatSource } from '../../ports/format.ts';
import { ChangeDecoder, type ChangeChoices } from './change-decoder.ts';

/** The operation: c, u, d, r, t or m. */
const OPERATION = 'op';
/** Names that are of the envelope and not of a row. */
const OF_ENVELOPE = /^(?:(?:before|after|source|transaction)\.|(?:op|ts_ms|ts_us|ts_ns)$)/;
const BEFORE = 'before.';
const AFTER = 'after.';
/** The start of a name that no envelope has. */
const NOWHERE = 'millrace_nowhere_';
/** Where JSON records that have their schema with them have the envelope. */
const PAYLOAD = 'payload.';

/** @throws SCHEMA_INVALID for columns that no envelope has; what the format throws */
export async function openChanges(
  format: Format,
  source: FormatSource,
  choices: ChangeChoices,
): Promise<EventDecoder> {
  const where = `source ${source.topic}`;
  const { declared, columns } = source;
  if (declared === null || columns === null) {
    throw new MillraceError('SCHEMA_INVALID', 'changes have no columns without a declaration', {
      where,
      remedy: 'Declare the columns: source(topic, { schema: { ... }, format: debezium(json()) }).',
    });
  }
  const { op } = declared;
  if (op !== undefined && requiredType(op) !== 'string') throw invalid("the column 'op' is a string", where);
  // The operation decides what becomes of a change, whether or not a stage reads it.
  const all: Columns = { ...declared, [OPERATION]: op ?? { type: 'string?' } };
  const schema: Schema = { ...columns, [OPERATION]: { kind: 'string', nullable: op?.type !== 'string' } };
  const names = Object.keys(all);
  // Where the columns of a row are those before, a column of its own path has its value from the first reading already.
  const kept = names.map((name) => name.startsWith(BEFORE) && names.includes(name.slice(BEFORE.length)));
  const opened = async (prefix: string, row: string): Promise<EventDecoder> => {
    const paths = names.map((name, i) =>
      row === BEFORE && kept[i] === true ? `${NOWHERE}${i}` : prefix + pathOf(name, row),
    );
    const twice = paths.find((path, i) => paths.indexOf(path) < i);
    if (twice !== undefined) throw invalid(`two columns are of ${twice}`, where);
    const types = Object.values(all).map((type) => orNull(type));
    const inner = Object.fromEntries(paths.map((path, i) => [path, types[i] as ColumnType]));
    const specs = Object.values(schema);
    return format.decoder({
      ...source,
      declared: inner,
      columns: Object.fromEntries(paths.map((path, i) => [path, { ...specs[i], nullable: true }])) as Schema,
      eventTime: prefix + pathOf(source.eventTime, row),
    });
  };
  const forms = [
    { after: await opened('', AFTER), before: await opened('', BEFORE) },
    { after: await opened(PAYLOAD, AFTER), before: await opened(PAYLOAD, BEFORE) },
  ];
  return new ChangeDecoder({ schema, operation: names.indexOf(OPERATION), kept, choices, forms });
}

function pathOf(name: string, row: string): string {
  return OF_ENVELOPE.test(name) ? name : row + name;
}

/** What a column requires is checked where it is known which row the change has. */
function orNull(column: ColumnType): ColumnType {
  return { ...column, type: `${requiredType(column)}?` satisfies ColumnTypeName };
}

function invalid(what: string, where: string): MillraceError {
  return new MillraceError('SCHEMA_INVALID', `the columns cannot be read from changes: ${what}`, {
    where,
    remedy: "Name a column of the table, 'before.' or 'after.' one, 'op', 'ts_ms' or 'source.ts_ms'.",
  });
}
