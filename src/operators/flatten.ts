// The flatten stage (hot path): one event becomes a row for each item of its lists.
import type { Batch, Column, ListColumn, ScalarColumn } from '../core/batch.ts';
import {
  numberListColumn,
  stringListColumn,
  type ColumnType,
  type NoColumns,
  type NumberListRead,
  type StringListRead,
} from '../core/columns.ts';
import { defined } from '../core/definition.ts';
import { NULL_CODE } from '../core/dictionary.ts';
import { invariant } from '../core/errors.ts';
import {
  byName,
  checkedOptions,
  column as columnCheck,
  flag,
  type OptionChecks,
  type OptionProblem,
} from '../core/option-checks.ts';
import { withRows } from './rows.ts';
import { stageArguments } from './stage-arguments.ts';
import { syncOperator, type Stage, type StageContext, type StageInstance } from './stage.ts';

/** Names of new columns, and the columns of lists that they have an item of. */
export type Flattened = Readonly<Record<string, string>>;

export interface FlattenOptions<N extends Flattened = Flattened, S extends Flattened = Flattened> {
  /** New number columns: `{ price: 'items[].price' }`. */
  readonly numbers?: N;
  /** New string columns: `{ sku: 'items[].sku' }`. */
  readonly strings?: S;
  /** Whether an event whose lists are empty or null is one row, with null in the new columns, instead of none. False by default. */
  readonly outer?: boolean;
}

/** The columns that a flatten stage reads. */
export type FlattenReads<N extends Flattened, S extends Flattened> =
  NumberListRead<N[keyof N & string]> | StringListRead<S[keyof S & string]>;

/** The types of the columns that it adds. */
export type FlattenedTypes<N extends Flattened, S extends Flattened> = {
  readonly [C in keyof N & string]: ColumnType<'double?'>;
} & { readonly [C in keyof S & string]: ColumnType<'string?'> };

const CHECKS: OptionChecks<FlattenOptions> = {
  numbers: byName(columnCheck, 'columns of lists'),
  strings: byName(columnCheck, 'columns of lists'),
  outer: flag,
};

interface Parts {
  /** Name of the new column, and the column of lists that it comes from. */
  readonly taken: ReadonlyArray<readonly [name: string, from: string]>;
  readonly isOuter: boolean;
}

class FlattenMachine {
  readonly #parts: Parts;
  readonly #context: StageContext;

  constructor(parts: Parts, context: StageContext) {
    this.#parts = parts;
    this.#context = context;
  }

  batch(batch: Batch): Batch {
    return this.#flat(batch, (row) => {
      const names = this.#parts.taken.map(([, from]) => from).join(', ');
      this.#context.reject(batch, row, 'STAGE_FAILED', `${names} have not as many items each`);
    });
  }

  preview(batch: Batch): Batch {
    const { taken } = this.#parts;
    return taken.every(([, from]) => batch.columns[from] !== undefined)
      ? this.#flat(batch, () => undefined)
      : batch;
  }

  /** @param unequal called for an event whose lists differ in length; it has no row */
  #flat(batch: Batch, unequal: (row: number) => void): Batch {
    const { taken, isOuter } = this.#parts;
    const lists = taken.map(([, from]) => listAt(batch, from));
    const [first] = lists as [ListColumn]; // there is one at least
    const { rows } = batch;
    let size = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      size += Math.max(isOuter ? 1 : 0, (first.ends[row] as number) - (first.starts[row] as number));
    }
    // By row that comes out: the row that it is of, and the item, -1 for none.
    const sources = new Int32Array(size);
    const items = new Int32Array(size);
    let count = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      const start = first.starts[row] as number;
      const length = (first.ends[row] as number) - start;
      if (!isAsLong(lists, row, length)) {
        unequal(row);
        continue;
      }
      for (let item = 0; item < length; item++) {
        sources[count] = row;
        items[count++] = item;
      }
      if (isOuter && length === 0) {
        sources[count] = row;
        items[count++] = -1;
      }
    }
    return flattened(batch, sources.subarray(0, count), (at) =>
      Object.fromEntries(
        taken.map(([name], i) => [name, itemsOf(lists[i] as ListColumn, at, items.subarray(0, count))]),
      ),
    );
  }
}

function listAt({ columns }: Batch, name: string): ListColumn {
  const column = columns[name];
  invariant(column?.kind === 'list', `${name} is a column of lists`);
  return column;
}

/** Null is as long as an empty list. */
function isAsLong(lists: readonly ListColumn[], row: number, length: number): boolean {
  for (let i = 1; i < lists.length; i++) {
    const { starts, ends } = lists[i] as ListColumn;
    if ((ends[row] as number) - (starts[row] as number) !== length) return false;
  }
  return true;
}

/** The batch with the rows `sources` of its own, each as often as it is there, and more columns. */
function flattened(
  batch: Batch,
  sources: Int32Array,
  added: (sources: Int32Array) => Readonly<Record<string, Column>>,
): Batch {
  const size = sources.length;
  const rows = new Int32Array(size);
  for (let row = 0; row < size; row++) rows[row] = row;
  const columns = Object.entries(batch.columns).map(([name, column]) => [name, repeated(column, sources)]);
  const { admitted: _admitted, erased, flags, ...rest } = batch;
  return {
    ...withRows(rest as Batch, rows), // what is left out is optional, or follows
    size,
    offsets: taken(batch.offsets, sources),
    eventTimeMs: taken(batch.eventTimeMs, sources),
    rawIndex: taken(batch.rawIndex, sources),
    flags: flags === null ? null : taken(flags, sources),
    ...(erased !== undefined && { erased: taken(erased, sources) }),
    columns: { ...(Object.fromEntries(columns) as Record<string, Column>), ...added(sources) },
  };
}

function taken<T extends Float64Array | Int32Array | Uint8Array>(from: T, rows: Int32Array): T {
  const into = new (from.constructor as new (length: number) => T)(rows.length); // an array of its own kind
  for (let i = 0; i < rows.length; i++) into[i] = from[rows[i] as number] as number;
  return into;
}

function repeated(column: Column, sources: Int32Array): Column {
  if (column.kind === 'number') return { kind: 'number', values: taken(column.values, sources) };
  if (column.kind === 'string') return { ...column, codes: taken(column.codes, sources) };
  return { ...column, starts: taken(column.starts, sources), ends: taken(column.ends, sources) };
}

/** The items of the lists in these rows; null where the item is -1. */
function itemsOf({ starts, items: from }: ListColumn, sources: Int32Array, items: Int32Array): ScalarColumn {
  if (from.kind === 'number') {
    const values = new Float64Array(items.length);
    for (let i = 0; i < items.length; i++) {
      const item = items[i] as number;
      values[i] =
        item < 0 ? Number.NaN : (from.values[(starts[sources[i] as number] as number) + item] as number);
    }
    return { kind: 'number', values };
  }
  const codes = new Int32Array(items.length);
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as number;
    codes[i] = item < 0 ? NULL_CODE : (from.codes[(starts[sources[i] as number] as number) + item] as number);
  }
  return { kind: 'string', codes, dictionary: from.dictionary };
}

/**
 * Makes of one event a row for each item of its lists: new columns have the item, all others what the event has. The lists
 * have as many items each, or the event is a dead letter; an event whose lists are empty or null has no row, or one with
 * nulls (`outer: true`). The rows of an event stay together: they are in one epoch, and an event of which a later function
 * fails for one item is a dead letter as a whole.
 *
 * It stands behind `contract`, `dedupe`, `watermarks`, `repartition` and `join`, and before `features`, whose views are updated by each
 * row. A prediction is identified by its event, so a topology with this stage scores nothing: read its features, or score in
 * another topology.
 * @example
 * flatten({ strings: { sku: 'items[].sku' }, numbers: { price: 'items[].price' } }),
 * features({ views: { product: view(['sku'], { spent: sum('price', { over: sliding(hours(1)) }) }) } }),
 */
export function flatten<const N extends Flattened = NoColumns, const S extends Flattened = NoColumns>(
  options: FlattenOptions<N, S>,
): Stage<FlattenReads<N, S>, FlattenedTypes<N, S>>;
export function flatten<const N extends Flattened = NoColumns, const S extends Flattened = NoColumns>(
  id: string,
  options: FlattenOptions<N, S>,
): Stage<FlattenReads<N, S>, FlattenedTypes<N, S>>;
export function flatten(first: string | FlattenOptions, second: FlattenOptions = {}): Stage {
  const [id, given] = stageArguments('flatten', first, second);
  const { options, problems } = checkedOptions<FlattenOptions>(given, CHECKS);
  const { numbers = {}, strings = {}, outer = false } = options;
  const parts = { taken: [...Object.entries(numbers), ...Object.entries(strings)], isOuter: outer };
  const names = parts.taken.map(([name]) => name);
  const types = [
    ...Object.keys(numbers).map((name) => [name, { type: 'double?' }] as const),
    ...Object.keys(strings).map((name) => [name, { type: 'string?' }] as const),
  ];
  const wrong: OptionProblem[] = [];
  if (names.length === 0 && problems.length === 0) wrong.push(['', 'it names no column of lists']);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) wrong.push(['', `there are two columns '${twice}'`]);
  const stage: Stage = {
    id,
    kind: 'flatten',
    summary: parts.taken.map(([name, from]) => `${name} = ${from}`).join(', ') + (outer ? ', outer' : ''),
    reads: [
      ...Object.values(numbers).map((name) => numberListColumn(name)),
      ...Object.values(strings).map((name) => stringListColumn(name)),
    ],
    adds: Object.fromEntries(types),
    previewed: (known) => (parts.taken.every(([, from]) => known.has(from)) ? names : []),
    before: ['features'],
    after: ['contract', 'dedupe', 'watermarks', 'repartition', 'join'],
    memoryMs: 0,
    open(context): StageInstance {
      const machine = new FlattenMachine(parts, context);
      return { operator: syncOperator(machine), preview: (batch) => machine.preview(batch) };
    },
  };
  return defined(stage, {
    given: Object(given) as object,
    options: CHECKS,
    problems: [...problems, ...wrong],
  });
}
