// The source of a topology: a topic and the columns of its events (control path).
import type { Columns, ColumnType, KindOf } from '../core/columns.ts';
import { defined } from '../core/definition.ts';
import type { Format } from '../ports/format.ts';
import { PARTITIONS_DEFAULT } from '../operators/repartition.ts';
import type { Treatment, Treatments } from './treatment.ts';

/** A source, as a topology declares it. */
export interface SourceOptions {
  readonly topic: string;
  /** Column that holds the event time: milliseconds since 1970 or, in Avro, a timestamp or date in any unit. */
  readonly eventTime: string;
  /** Partitions that the topic is created with if it does not exist. 4 by default. */
  readonly partitions?: number;
  /**
   * The subject of the schema that its values are read by; `<topic>-value` by default. Those of a topic that another
   * topology fills keep their producer's: see `repartitionedSource`.
   */
  readonly subject?: string;
  /** How its values are encoded: `avro()`, which is the default, `json()`, `protobuf()`, or a format of your own. */
  readonly format?: Format;
  /**
   * Whether history keeps the bytes of every event, a row each. A state that was lost is then rebuilt from there where
   * the topic no longer reaches back as far as the state does. Default: false.
   */
  readonly archive?: boolean;
  /**
   * The columns that producers key their records by: all events with the same values of them are in one partition. With it,
   * features of another key are computed where all events of that key are: see `View`. Without it, the key of every view is
   * taken for one that keeps its events together.
   */
  readonly key?: string | readonly string[];
  /** Columns with personal data, and what becomes of them before a stage sees them. */
  readonly sensitive?: Treatments;
  /**
   * The column that says whose an event is, of any type. What is encrypted of an entity's events is encrypted with a key of its own, so
   * that destroying the key erases it. Required where a column is encrypted.
   */
  readonly entity?: string;
  /** The columns of its events; by default those of the schema file of its subject. */
  readonly schema?: Columns;
}

/** The treatments that columns can have. */
export type SensitiveOf<C extends Columns> = string extends keyof C
  ? Treatments
  : { readonly [N in keyof C & string]?: KindOf<C[N]> extends `${string}[]` ? 'drop' : Treatment };

/** The columns that say whose an event is: all but those of lists. */
export type EntityColumn<C extends Columns> = string extends keyof C
  ? string
  : { [N in keyof C & string]: KindOf<C[N]> extends `${string}[]` ? never : N }[keyof C & string];

/** The columns that can hold the event time: number columns, booleans apart. */
export type EventTimeColumn<C extends Columns> = string extends keyof C
  ? string
  : {
      [N in keyof C & string]: C[N] extends ColumnType<'boolean' | 'boolean?'>
        ? never
        : KindOf<C[N]> extends 'number'
          ? N
          : never;
    }[keyof C & string];

/** What `source` takes besides the topic. */
export interface TypedSourceOptions<C extends Columns> extends Omit<
  SourceOptions,
  'topic' | 'eventTime' | 'schema' | 'sensitive' | 'entity' | 'key'
> {
  /** The columns of its events: `{ id: string, amount: double, at: timestamp }`. */
  readonly schema?: C;
  /** Column that holds the event time: milliseconds since 1970 or, in Avro, a timestamp or date in any unit. */
  readonly eventTime: EventTimeColumn<NoInfer<C>>;
  /**
   * The columns that producers key their records by: all events with the same values of them are in one partition. Views of
   * other keys get their events by a hop: another topic, which has them by that key.
   */
  readonly key?: (keyof NoInfer<C> & string) | ReadonlyArray<keyof NoInfer<C> & string>;
  /** Columns with personal data, and what becomes of them before a stage sees them: `{ card: 'hash', name: 'drop' }`. */
  readonly sensitive?: SensitiveOf<NoInfer<C>>;
  /**
   * The column that says whose an event is, of any type. What is encrypted of an entity's events is encrypted with a key of its own, so
   * that destroying the key erases it. Required where a column is encrypted.
   */
  readonly entity?: EntityColumn<NoInfer<C>>;
}

/**
 * A source with its defaults.
 * @typeParam C its columns; `Columns` if they are in a schema file alone
 */
export interface Source<C extends Columns = Columns> extends SourceOptions {
  readonly partitions: number;
  readonly schema?: C;
}

const OPTIONS: Readonly<Record<keyof TypedSourceOptions<Columns>, true>> = {
  schema: true,
  eventTime: true,
  partitions: true,
  subject: true,
  archive: true,
  key: true,
  format: true,
  sensitive: true,
  entity: true,
};

function hasPartitions(options: SourceOptions): options is Source {
  return options.partitions !== undefined;
}

/** A source with its defaults. */
export function withDefaults(options: SourceOptions): Source {
  const { partitions = PARTITIONS_DEFAULT } = options;
  // What `source` returned stays the same object, as its place is known by it.
  return hasPartitions(options) ? options : { ...options, partitions };
}

/**
 * Declares a source. With a schema, the columns that stages read are checked by the compiler, and the topic's Avro schema
 * is derived from it: no schema file is needed.
 * @example
 * const payments = source('payments', {
 *   schema: { id: string, card: string, amount: double, note: nullable(string), at: timestamp },
 *   eventTime: 'at',
 * });
 */
export function source<C extends Columns = Columns>(
  topic: string,
  options: TypedSourceOptions<C>,
): Source<C> {
  const { partitions = PARTITIONS_DEFAULT, ...others } = options;
  return defined({ topic, partitions, ...others }, { given: options, options: OPTIONS });
}
