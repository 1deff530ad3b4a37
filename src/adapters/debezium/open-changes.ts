// Opens the decoders of a change stream (control path): the columns of a topology as paths in Debezium's envelope.
// Source: https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-events
import type { ColumnEncoding, Columns, ColumnType, ColumnTypeName } from '../../core/columns.ts';
import { requiredType } from '../../core/columns.ts';
import { MillraceError } from '../../core/errors.ts';
import type { Schema } from '../../core/schema.ts';
import type { EventDecoder, Format, FormatSource } from '../../ports/format.ts';
import type { RowFault } from '../shared/row-reader.ts';
import { ChangeDecoder, type ChangeChoices } from './change-decoder.ts';
import { encodingAt, isTimeOfDayAt } from './connect-schema.ts';
import { declaredEncodings, type DeclaredEncodings } from './declared-encodings.ts';
import type { EnvelopeDecoders } from './envelope-decoders.ts';
import { RecordSchemas } from './record-schemas.ts';

/** The operation: c, u, d, r, t or m. */
export const OPERATION = 'op';
/** Names that are of the envelope and not of a row. */
const OF_ENVELOPE = /^(?:(?:before|after|source|transaction|updateDescription)\.|(?:op|ts_ms|ts_us|ts_ns)$)/;
export const BEFORE = 'before.';
export const AFTER = 'after.';
/** The start of a name that no envelope has. */
const NOWHERE = 'millrace_nowhere_';
/** Ways of writing the same columns that stay open: schemas may differ in other columns alone. */
const KNOWN_MAX = 64;
/** Where JSON records that have their schema with them have the envelope. */
const PAYLOAD = 'payload.';

/** @throws SCHEMA_INVALID for columns that no envelope has; what the format throws */
export async function openChanges(
  format: Format,
  source: FormatSource,
  choices: ChangeChoices,
  given: DeclaredEncodings,
): Promise<EventDecoder> {
  const where = `source ${source.topic}`;
  const { columns } = source;
  const all = changeColumns(source);
  const op = source.declared?.[OPERATION];
  const declared = declaredEncodings(all, given, where);
  const schema: Schema = { ...columns, [OPERATION]: { kind: 'string', nullable: op?.type !== 'string' } };
  const names = Object.keys(all);
  // Where the columns of a row are those before, a column of its own path has its value from the first reading already.
  const kept = names.map((name) => name.startsWith(BEFORE) && names.includes(name.slice(BEFORE.length)));
  const encodingsOf = (row: string, ofRecord?: unknown): Array<ColumnEncoding | undefined> =>
    names.map((name) => encodingAt(ofRecord, pathOf(name, row).split('.')) ?? declared.get(name));
  // JSON alone leaves open how its values are written; others have the instants of the envelope as numbers.
  const writtenAs = format.name === 'json' ? encoded : inUnit;
  const opened = async (
    prefix: string,
    row: string,
    encodings: ReadonlyArray<ColumnEncoding | undefined>,
  ): Promise<EventDecoder> => {
    const paths = names.map((name, i) =>
      row === BEFORE && kept[i] === true ? `${NOWHERE}${i}` : prefix + pathOf(name, row),
    );
    const twice = paths.find((path, i) => paths.indexOf(path) < i);
    if (twice !== undefined) throw invalid(`two columns are of ${twice}`, where);
    const types = Object.values(all).map((type, i) => writtenAs(orNull(type), encodings[i]));
    const inner = Object.fromEntries(paths.map((path, i) => [path, types[i] as ColumnType]));
    const specs = Object.values(schema);
    return format.decoder({
      ...source,
      declared: inner,
      columns: Object.fromEntries(paths.map((path, i) => [path, { ...specs[i], nullable: true }])) as Schema,
      eventTime: prefix + pathOf(source.eventTime, row),
    });
  };
  const both = async (prefix: string, ofRecord?: unknown): Promise<EnvelopeDecoders> => ({
    after: await opened(prefix, AFTER, encodingsOf(AFTER, ofRecord)),
    before: await opened(prefix, BEFORE, encodingsOf(BEFORE, ofRecord)),
  });
  const forms = [await both(''), await both(PAYLOAD)];
  const known = new Map<string, EnvelopeDecoders>();
  const named = async (ofRecord: unknown): Promise<EnvelopeDecoders | RowFault> => {
    const ofDay = timeOfDayIn(all, ofRecord);
    if (ofDay !== undefined) return noInstant(ofDay);
    const text = JSON.stringify([encodingsOf(AFTER, ofRecord), encodingsOf(BEFORE, ofRecord)]);
    const decoders = known.get(text) ?? (await both(PAYLOAD, ofRecord));
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(text, decoders);
    return decoders;
  };
  const isJson = format.name === 'json';
  const schemas = isJson ? new RecordSchemas(named) : null;
  const operation = names.indexOf(OPERATION);
  return new ChangeDecoder({ schema, operation, kept, choices, forms, schemas, isJson });
}

/** The first instant that the schema of a record has as a time of day. */
function timeOfDayIn(columns: Columns, ofRecord: unknown): string | undefined {
  return Object.keys(columns).find(
    (name) =>
      requiredType(columns[name] as ColumnType) === 'timestamp' &&
      [AFTER, BEFORE].some((row) => isTimeOfDayAt(ofRecord, pathOf(name, row).split('.'))),
  );
}

function noInstant(name: string): RowFault {
  return {
    code: 'SCHEMA_INVALID',
    message: `'${name}' is a timestamp, and a time of day by the schema of the record, which is no instant: declare it as long`,
  };
}

/**
 * The columns of a source of changes, with the operation: it decides what becomes of a change, whether or not a stage reads it.
 * @throws SCHEMA_INVALID without a declaration, or for an operation that is no string
 */
export function changeColumns({ topic, declared }: FormatSource): Columns {
  const where = `source ${topic}`;
  if (declared === null) {
    throw new MillraceError('SCHEMA_INVALID', 'changes have no columns without a declaration', {
      where,
      remedy: 'Declare the columns: source(topic, { schema: { ... }, format: debezium(json()) }).',
    });
  }
  const { op } = declared;
  if (op !== undefined && requiredType(op) !== 'string') throw invalid("the column 'op' is a string", where);
  return { ...declared, [OPERATION]: op ?? { type: 'string?' } };
}

/** A column whose values are written as an encoding says. A unit of its own is that of records which do not say it. */
export function encoded(column: ColumnType, encoding: ColumnEncoding | undefined): ColumnType {
  if (encoding === undefined) return column;
  const { unit: _, ...rest } = column;
  return { ...rest, encoding };
}

function inUnit(column: ColumnType, encoding: ColumnEncoding | undefined): ColumnType {
  const unit = requiredType(column) === 'timestamp' ? encoding?.unit : undefined;
  return unit === undefined ? column : { ...column, unit };
}

export function pathOf(name: string, row: string): string {
  return OF_ENVELOPE.test(name) ? name : row + name;
}

/** What a column requires is checked where it is known which row the change has. */
export function orNull(column: ColumnType): ColumnType {
  return { ...column, type: `${requiredType(column)}?` satisfies ColumnTypeName };
}

function invalid(what: string, where: string): MillraceError {
  return new MillraceError('SCHEMA_INVALID', `the columns cannot be read from changes: ${what}`, {
    where,
    remedy: "Name a column of the table, 'before.' or 'after.' one, 'op', 'ts_ms' or 'source.ts_ms'.",
  });
}
