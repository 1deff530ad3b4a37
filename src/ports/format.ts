// Port: how the values of a source's records become columns, and back (types only).
import type { RawBatch } from '../core/batch.ts';
import type { ColumnBuilder } from '../core/column-builder.ts';
import type { Columns } from '../core/columns.ts';
import type { Declares } from '../core/declares.ts';
import type { Schema } from '../core/schema.ts';
import type { Schemas } from './schemas.ts';

/** The source that a format is opened for. */
export interface FormatSource {
  readonly topic: string;
  /** Subject of the source's schema: `<topic>-value` unless the source names another. */
  readonly subject: string;
  /** The column that holds the event time, which `decode` sets to milliseconds since 1970. */
  readonly eventTime: string;
  /** The columns that the topology declares; null if they come from a schema file only. */
  readonly columns: Schema | null;
  /** The same with their types, which tell an integer from a double and a timestamp from both. */
  readonly declared: Columns | null;
  /** Schema files of the project, and its schema registry. */
  readonly schemas: Schemas;
}

/**
 * Decodes records into columns (hot path): a loop over a micro-batch, without a promise, closure or object per record.
 * The engine opens one per partition, so it may keep scratch memory of its own.
 */
export interface EventDecoder {
  /** The columns, in the order in which a ColumnBuilder numbers them. */
  readonly schema: Schema;
  /**
   * Whether `decode` sets every column of each row that it accepts. Columns then need not be set to null beforehand, which
   * saves some nanoseconds per event. Default: false.
   */
  readonly fillsRows?: boolean;
  /**
   * Resolves when everything that `decode` needs for these records is in memory, such as the schemas that they name;
   * undefined if it is already. A rejection is a fault of the environment: the task restarts from its last commit, with
   * growing pauses. A record that cannot be decoded at all is not: `decode` rejects it.
   */
  prepare?(records: RawBatch): Promise<void> | undefined;
  /**
   * Decodes `records.values` [from, to), each once and in order: `into.accept`, `reject` or `skip` for every record, those
   * without a value (-1 in `starts`) included. It must not throw; if it does, the engine decodes that part again record by
   * record, and those that throw become dead letters with EVENT_MALFORMED.
   */
  decode(records: RawBatch, from: number, to: number, into: ColumnBuilder): void;
  /**
   * Records that name a schema in the language of another decoder are read by that one: a topic may have records of several.
   * Left out by a decoder that knows no schema registry.
   */
  readOthersBy?(decoders: readonly EventDecoder[]): void;
}

/** A value of an event in a column without lists. */
export type EventScalar = number | string | boolean | null;

/** An event by column name: a column of lists has an array. A column that is left out is null. */
export type EventRow = Readonly<Record<string, EventScalar | readonly EventScalar[]>>;

/** Encodes events (control path): for producers, tests and sample data. */
export interface EventEncoder {
  /** The value of one record. Throws SCHEMA_INVALID if the event does not fit the schema. */
  encode(event: EventRow): Buffer;
  /** Columns that get a value if an event has none, although they are not nullable. */
  readonly fills?: readonly string[];
  /** The column for whose value `encode` threw; null if it is not known. */
  misfit?(event: EventRow): string | null;
}

/** The column that says that a row was deleted, and its value there; also the value that says that all rows were. */
export interface DeletionColumn {
  readonly column: string;
  readonly value: string;
  readonly all: string;
}

/** How a format of changes is read for a lookup table. */
export interface TableFormat {
  readonly format: Format;
  readonly deletion: DeletionColumn;
}

/**
 * A serialisation of events. A topology names it: `source: { topic: 'orders', format: csv(), ... }`.
 * @see ColumnBuilder for what a decoder writes to
 */
export interface Format extends Declares {
  /** For `millrace describe` and messages: `avro`. */
  readonly name: string;
  /** Opened when the engine starts and for each partition. Throws SCHEMA_INVALID if the source's schema cannot be used. */
  decoder(source: FormatSource): Promise<EventDecoder>;
  /** Left out by a format that is only read. */
  encoder?(source: FormatSource): Promise<EventEncoder>;
  /**
   * Registers the source's schema, for producers that take its id from the registry. Called when the engine starts if the
   * registry is the embedded one, which no producer can register in. Left out by a format without schema ids.
   */
  register?(source: FormatSource): Promise<void>;
  /**
   * Of a format of changes: the same with each row as it is after its change, and deleted rows marked. Left out: records are
   * rows, and one without a value deletes.
   */
  readonly forTable?: TableFormat;
}
