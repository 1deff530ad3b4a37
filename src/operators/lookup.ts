// The lookup stage (hot path): columns of a table's row as of the event's instant, for the stages after it.
import type { Batch, Column } from '../core/batch.ts';
import {
  anyColumn,
  requiredType,
  type AnyRead,
  type ColumnType,
  type Columns,
  type ColumnTypeName,
  type RequiredTypeName,
} from '../core/columns.ts';
import { defined } from '../core/definition.ts';
import {
  byName,
  checkedOptions,
  column as columnCheck,
  required,
  shown,
  type OptionCheck,
  type OptionChecks,
  type OptionProblem,
} from '../core/option-checks.ts';
import type { FoundRows, Table } from '../ports/table.ts';
import { stageArguments } from './stage-arguments.ts';
import { named } from './stage-declaration.ts';
import { syncOperator, type EngineStageContext, type Stage, type StageInstance } from './stage.ts';
import { TableRows } from './table-rows.ts';

/** Columns of a table by the names that they get. */
export type Taken<C extends Columns> = Readonly<Record<string, keyof C & string>>;

export interface LookupOptions<C extends Columns, K extends string, T extends Taken<C>> {
  readonly table: Table<C>;
  /** The column of the events that names the row; an event without a value there has none. */
  readonly key: K;
  /** New columns, from columns of the table: `{ category: 'category', limit: 'dailyLimit' }`. */
  readonly take: T;
}

/** The type without null, as a column of a lookup has it: an enum's symbols are strings. */
type Looked<T extends ColumnType> =
  T extends ColumnType<`${infer R extends RequiredTypeName}?`>
    ? R
    : T extends ColumnType<infer R extends RequiredTypeName>
      ? R
      : never;

/** The columns that a lookup adds: null for events without a row. */
export type TakenTypes<C extends Columns, T extends Taken<C>> = {
  readonly [N in keyof T & string]: ColumnType<
    Looked<C[T[N]]> extends 'enum' ? 'string?' : `${Looked<C[T[N]]>}?`
  >;
};

export interface LookupStage<Reads extends string = string, Adds extends Columns = Columns> extends Stage<
  Reads,
  Adds
> {
  readonly kind: 'lookup';
}

const tableCheck: OptionCheck = (value) =>
  isTable(value) ? null : `${shown(value)} is no table: use table(name, options)`;

/** Whether a value is what `table` returns. */
export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && 'from' in value && 'versionsMax' in value;
}

const CHECKS: OptionChecks<LookupOptions<Columns, string, Taken<Columns>>> = {
  table: required(tableCheck, "table('cards', { ... })"),
  key: required(columnCheck, "'card'"),
  take: required(byName(columnCheck, 'columns of the table'), "{ limit: 'limit' }"),
};

/**
 * Adds columns of the row that a table has for an event, as of the event's time: the newest version whose time is not after
 * it. They are null where the key is null, or has no row at that instant.
 * @example lookup('merchant', { table: merchants, key: 'merchant', take: { category: 'category', limit: 'dailyLimit' } })
 */
export function lookup<C extends Columns, const K extends string, const T extends Taken<C>>(
  options: LookupOptions<C, K, T>,
): LookupStage<AnyRead<K>, TakenTypes<C, T>>;
export function lookup<C extends Columns, const K extends string, const T extends Taken<C>>(
  id: string,
  options: LookupOptions<C, K, T>,
): LookupStage<AnyRead<K>, TakenTypes<C, T>>;
export function lookup<C extends Columns, const K extends string, const T extends Taken<C>>(
  first: string | LookupOptions<C, K, T>,
  second?: LookupOptions<C, K, T>,
): LookupStage<AnyRead<K>, TakenTypes<C, T>> {
  const [id, given] = stageArguments('lookup', first, second as LookupOptions<C, K, T>); // the overloads require it
  const { options, problems } = checkedOptions<LookupOptions<Columns, string, Taken<Columns>>>(given, CHECKS);
  const { table, key, take = {} } = options;
  const isSound = table !== undefined && key !== undefined;
  const taken = table === undefined ? [] : Object.entries(take).filter(([, from]) => from in table.columns);
  const adds = taken.map(([name, from]) => [name, typeOf(table?.columns[from] as ColumnType)] as const);
  const stage: LookupStage<AnyRead<K>, TakenTypes<C, T>> = {
    id,
    kind: 'lookup',
    summary: isSound ? summaryOf(table, key, taken) : '',
    declaration: { table: table?.name, key, ...named('take', take) },
    reads: key === undefined ? [] : [anyColumn(key as K)],
    adds: Object.fromEntries(adds) as TakenTypes<C, T>, // entry by entry
    ...(isSound ? { tables: [{ table, key, columns: taken.map(([, from]) => from) }] } : {}),
    // Rows by HTTP are fetched before the batch enters the stages.
    keys: isSound && table.from.kind === 'http' ? [key] : [],
    previewed: (known) => (key !== undefined && known.has(key) ? taken.map(([name]) => name) : []),
    memoryMs: 0,
    open: (context): StageInstance => instanceOf(table as Table, key as string, taken, context), // it is sound if it is opened
  };
  return defined(stage, {
    given: Object(given) as object,
    options: CHECKS,
    problems: [...problems, ...takeProblems(table, take)],
  });
}

function summaryOf(table: Table, key: string, taken: ReadonlyArray<readonly [string, string]>): string {
  const columns = taken.map(([name, from]) => (name === from ? name : `${name} = ${from}`));
  return `${columns.join(', ')} of table ${table.name} by ${key}`;
}

function takeProblems(table: Table | undefined, take: Taken<Columns>): OptionProblem[] {
  if (table === undefined) return [];
  const names = Object.keys(take);
  const strange = Object.entries(take).filter(([, from]) => !Object.hasOwn(table.columns, from));
  const columns = Object.keys(table.columns).join(', ');
  return [
    ...(names.length === 0 ? [['take', 'it takes no column'] as const] : []),
    ...strange.map(
      ([name, from]) =>
        [`take.${name}`, `the table ${table.name} has no column '${from}': it has ${columns}`] as const,
    ),
  ];
}

/** As a column of events has it that may have no row. */
function typeOf(column: ColumnType): ColumnType {
  const type = requiredType(column);
  if (type === 'enum') return { type: 'string?' };
  const { digits } = column;
  return { type: `${type}?` satisfies ColumnTypeName, ...(digits === undefined ? {} : { digits }) };
}

class LookupMachine {
  readonly #rows: TableRows;
  readonly #taken: ReadonlyArray<readonly [name: string, from: string]>;
  readonly #counted: (found: number, missed: number) => void;
  #found: FoundRows | null = null;
  /** Of the rows that were found. */
  #columns: Readonly<Record<string, Column>> = {};

  constructor(
    rows: TableRows,
    taken: ReadonlyArray<readonly [name: string, from: string]>,
    counted: (found: number, missed: number) => void,
  ) {
    this.#rows = rows;
    this.#taken = taken;
    this.#counted = counted;
  }

  batch(batch: Batch): Batch {
    const out = this.preview(batch);
    const { rows } = batch;
    const at = this.#found?.at ?? new Int32Array(0);
    let found = 0;
    for (let i = 0; i < rows.length; i++) if ((at[rows[i] as number] as number) >= 0) found += 1;
    this.#counted(found, rows.length - found);
    return out;
  }

  preview(batch: Batch): Batch {
    const found = this.#rows.of(batch);
    if (found === null) return batch;
    if (found !== this.#found) {
      this.#found = found;
      this.#columns = Object.fromEntries(this.#taken.map(([name, from]) => [name, found.column(from)]));
    }
    return { ...batch, columns: { ...batch.columns, ...this.#columns } };
  }
}

function instanceOf(
  table: Table,
  key: string,
  taken: ReadonlyArray<readonly [name: string, from: string]>,
  context: EngineStageContext,
): StageInstance {
  const { telemetry, topology } = context;
  const labels = { topology, table: table.name };
  const machine = new LookupMachine(new TableRows(table, key, context), taken, (found, missed) => {
    if (found > 0) telemetry.count('table_lookups_total', found, { ...labels, result: 'found' });
    if (missed > 0) telemetry.count('table_lookups_total', missed, { ...labels, result: 'missing' });
  });
  return { operator: syncOperator(machine), preview: (batch) => machine.preview(batch) };
}
