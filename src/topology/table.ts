// Declares lookup tables (control path): `table('merchants', { schema, key: 'id', topic: 'merchants' })`.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { itemType, type Columns, type ColumnType } from '../core/columns.ts';
import { defined } from '../core/definition.ts';
import {
  checkedOptions,
  column,
  duration,
  flag,
  nameProblem,
  nonEmptyText,
  objectWith,
  required,
  shown,
  whole,
  type OptionCheck,
  type OptionChecks,
  type OptionProblem,
} from '../core/option-checks.ts';
import {
  FETCHED_ROWS_MAX,
  FETCHED_ROWS_MIN,
  FETCH_MISSING_TTL_MS,
  FETCH_PARALLEL,
  FETCH_PARALLEL_MAX,
  FETCH_TIMEOUT_MS,
  FETCH_TTL_MS,
  TABLE_BYTES_MAX,
  TABLE_KEEP_MS,
  TABLE_QUERY_MS,
  TABLE_ROWS_MAX,
  TABLE_VERSIONS_MAX,
  TABLE_WAIT_MS,
} from '../core/table-limits.ts';
import type { Format } from '../ports/format.ts';
import type { Table, TableOrigin } from '../ports/table.ts';
import { columnSpec } from './columns-schema.ts';
import { schemaCheck } from './source-problems.ts';

/** What every table has. */
export interface TableBase<C extends Columns> {
  /** The columns of its rows: `{ id: string, category: string, limit: nullable(double) }`. */
  readonly schema: C;
  /** The column that names a row: of any type. Rows without a value there are left out. */
  readonly key: keyof C & string;
  /**
   * The column with the instant from which a row counts: a timestamp. By default that of its record; rows of a file or a
   * query without such a column count for every event.
   */
  readonly time?: keyof C & string;
  /**
   * Whether events see the newest row that is there when they are processed, whatever its time. A replay then sees other
   * rows than the first run. Default: false, an event sees the row of its own instant.
   */
  readonly current?: boolean;
  /** How long a version is kept after the one that follows it, ms of the versions' times. Default: 7 days. */
  readonly keepMs?: number;
  /** Versions that are kept of one key. Default: 100. */
  readonly versionsMax?: number;
  /** Versions of all keys: more end the process. Default: 5 million. */
  readonly rowsMax?: number;
  /** Memory of the table, bytes: more end the process. Default: 1 GiB. */
  readonly bytesMax?: number;
}

/** A table whose rows come from a topic: the newest record of each key; a record without a value deletes. */
export interface TopicTable {
  readonly topic: string;
  /** How its values are encoded: as of a source. `debezium(json())` for a change stream, whose deletions delete. */
  readonly format?: Format;
  /** The subject of its schema; `<topic>-value` by default. */
  readonly subject?: string;
  /** How long a batch waits for what the topic has when it arrives, ms; 0 for not at all. Default: 5 s. */
  readonly waitMs?: number;
}

/** A table in a file: CSV, JSON lines, Avro or Parquet, by its name. */
export interface FileTable {
  /** A path, relative to the working directory, or a URL. */
  readonly file: string | URL;
  /** How often to look whether the file has changed, ms. Left out: it is read once. */
  readonly everyMs?: number;
}

/** A table that a query of ClickHouse returns. */
export interface QueryTable {
  readonly query: string;
  /** Milliseconds between two runs of the query. Default: a minute. */
  readonly everyMs?: number;
}

/** A table whose rows a server returns by key, as JSON objects; 404 is a key without a row. */
export interface HttpTable {
  /** With `{key}` for the key: `https://directory/merchants/{key}`. */
  readonly url: string;
  /** Called for each request. */
  readonly headers?: () => Readonly<Record<string, string>>;
  /** For all missing keys of a batch together, ms. What did not come by then is null. Default: 1 s. */
  readonly timeoutMs?: number;
  /** How long a row is used, ms. Default: 5 minutes. */
  readonly ttlMs?: number;
  /** How long a key counts as one without a row, ms. Default: a minute. */
  readonly missingTtlMs?: number;
  /** Keys in memory. Default: 100,000. */
  readonly keysMax?: number;
  /** Requests at a time. Default: 16. */
  readonly parallel?: number;
}

export type TableOptions<C extends Columns> = TableBase<C> &
  (TopicTable | FileTable | QueryTable | HttpTable);

type AllOptions = TableBase<Columns> & Partial<TopicTable & QueryTable & HttpTable> & Partial<FileTable>;

const fileCheck: OptionCheck = (value) => (value instanceof URL ? null : nonEmptyText(value));
const functionCheck: OptionCheck = (value) =>
  typeof value === 'function' ? null : `${shown(value)} is no function`;
const urlCheck: OptionCheck = (value) => {
  if (typeof value !== 'string' || !/^https?:\/\//.test(value) || !URL.canParse(value))
    return `${shown(value)} is no URL of http or https`;
  return value.includes('{key}') ? null : `${shown(value)} has no {key}`;
};

const CHECKS: OptionChecks<AllOptions> = {
  schema: required(schemaCheck, '{ card: string, limit: double }'),
  key: required(column, "'card'"),
  time: column,
  current: flag,
  keepMs: duration(),
  versionsMax: whole(1),
  rowsMax: whole(1),
  bytesMax: whole(1),
  topic: nonEmptyText,
  format: objectWith(['name', 'decoder'], 'format: use avro(), json(), protobuf() or debezium()'),
  subject: nonEmptyText,
  waitMs: duration({ zero: true }),
  file: fileCheck,
  everyMs: duration(),
  query: nonEmptyText,
  url: urlCheck,
  headers: functionCheck,
  timeoutMs: duration(),
  ttlMs: duration(),
  missingTtlMs: duration({ zero: true }),
  keysMax: whole(FETCHED_ROWS_MIN),
  parallel: whole(1, FETCH_PARALLEL_MAX),
};

const ORIGINS = ['topic', 'file', 'query', 'url'] as const;
/** By origin: the options that it has besides those of all tables. */
const OWN_OPTIONS: Readonly<Record<(typeof ORIGINS)[number], ReadonlyArray<keyof AllOptions>>> = {
  topic: ['topic', 'format', 'subject', 'waitMs', 'time', 'current', 'keepMs', 'versionsMax'],
  file: ['file', 'everyMs', 'time', 'current', 'keepMs', 'versionsMax'],
  query: ['query', 'everyMs', 'time', 'current', 'keepMs', 'versionsMax'],
  url: ['url', 'headers', 'timeoutMs', 'ttlMs', 'missingTtlMs', 'keysMax', 'parallel'],
};
const OF_ALL: ReadonlyArray<keyof AllOptions> = ['schema', 'key', 'rowsMax', 'bytesMax'];

/**
 * Declares a lookup table, which `lookup` joins to events and `inTable` checks them against. Every process has all of its
 * rows in memory, or with `url` those that it has asked for; its partitions share them.
 * @param name in metrics and messages
 * @example
 * const merchants = table('merchants', {
 *   schema: { id: string, category: string, limit: nullable(double) },
 *   key: 'id',
 *   topic: 'merchants',
 * });
 */
export function table<const C extends Columns>(name: string, given: TableOptions<C>): Table<C> {
  const all = given as unknown as AllOptions; // which of them it has is checked here
  const { options, problems } = checkedOptions(all, CHECKS);
  const origins = ORIGINS.filter((origin) => Object(all)[origin] !== undefined);
  const [origin = 'topic', second] = origins;
  const known = [...OF_ALL, ...OWN_OPTIONS[origin]];
  const made: Table<C> = {
    name,
    columns: (options.schema ?? {}) as C, // as given, or refused
    key: options.key ?? '',
    from: originOf(origin, options),
    time: options.time ?? null,
    current: origin === 'url' || options.current === true,
    keepMs: options.keepMs ?? TABLE_KEEP_MS,
    versionsMax: options.versionsMax ?? TABLE_VERSIONS_MAX,
    rowsMax: options.rowsMax ?? TABLE_ROWS_MAX,
    bytesMax: options.bytesMax ?? TABLE_BYTES_MAX,
    waitMs: options.waitMs ?? TABLE_WAIT_MS,
  };

  const named = nonEmptyText(name) ?? nameProblem(name);
  return defined(made, {
    given: Object(given) as object,
    options: Object.fromEntries(known.map((option) => [option, true])),
    problems: [
      ...(named === null ? [] : [['', named] as const]),
      ...problems,
      ...(origins.length === 0 ? [['', `a table has one of ${ORIGINS.join(', ')}`] as const] : []),
      ...(second === undefined ? [] : [['', `it has both ${origin} and ${second}: give one`] as const]),
      ...(options.schema === undefined ? [] : columnProblems(options.schema, options)),
    ],
  });
}

function originOf(origin: (typeof ORIGINS)[number], options: Partial<AllOptions>): TableOrigin {
  switch (origin) {
    case 'file': {
      const { file = '', everyMs = null } = options;
      return { kind: 'file', file: file instanceof URL ? fileURLToPath(file) : resolve(file), everyMs };
    }
    case 'query':
      return { kind: 'query', query: options.query ?? '', everyMs: options.everyMs ?? TABLE_QUERY_MS };
    case 'url':
      return {
        kind: 'http',
        url: options.url ?? '',
        headers: options.headers ?? (() => ({})),
        timeoutMs: options.timeoutMs ?? FETCH_TIMEOUT_MS,
        ttlMs: options.ttlMs ?? FETCH_TTL_MS,
        missingTtlMs: options.missingTtlMs ?? FETCH_MISSING_TTL_MS,
        keysMax: options.keysMax ?? FETCHED_ROWS_MAX,
        parallel: options.parallel ?? FETCH_PARALLEL,
      };
    case 'topic':
    default: {
      const { topic = '', subject, format } = options;
      return {
        kind: 'topic',
        topic,
        ...(subject === undefined ? {} : { subject }),
        ...(format === undefined ? {} : { format }),
      };
    }
  }
}

function columnProblems(schema: Columns, { key, time }: Partial<AllOptions>): OptionProblem[] {
  const names = Object.keys(schema).join(', ');
  const isMissing = (name: string | undefined): name is string =>
    name !== undefined && !Object.hasOwn(schema, name);
  const timeType = time === undefined ? undefined : schema[time];
  const list = Object.keys(schema).find((name) => itemType(schema[name] as ColumnType) !== null);
  return [
    ...(isMissing(key) ? [['key', `there is no column '${key}': there are ${names}`] as const] : []),
    ...(isMissing(time) ? [['time', `there is no column '${time}': there are ${names}`] as const] : []),
    ...(timeType !== undefined && columnSpec(timeType).kind !== 'number'
      ? [['time', `'${time}' is a string, and must be a timestamp`] as const]
      : []),
    ...(list === undefined
      ? []
      : [['schema', `'${list}' has lists: a table has one value in each column`] as const]),
  ];
}
