// The flatten stage (hot path): one event becomes a row for each item of its lists.
import type { Batch, ListColumn } from '../core/batch.ts';
import {
  numberListColumn,
  stringListColumn,
  type ColumnType,
  type NoColumns,
  type NumberListRead,
  type StringListRead,
} from '../core/columns.ts';
import { defined } from '../core/definition.ts';
import { invariant } from '../core/errors.ts';
import {
  byName,
  checkedOptions,
  column as columnCheck,
  flag,
  type OptionChecks,
  type OptionProblem,
} from '../core/option-checks.ts';
import { FLATTENED_OFFSET_MAX } from '../core/place.ts';
import { FlattenedRows, itemsOf } from './flattened-rows.ts';
import { stageArguments } from './stage-arguments.ts';
import { named } from './stage-declaration.ts';
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
    const names = this.#parts.taken.map(([, from]) => from).join(', ');
    return this.#flat(batch, (row, why) =>
      this.#context.reject(batch, row, 'STAGE_FAILED', `${names} ${why}`),
    );
  }

  preview(batch: Batch): Batch {
    const { taken } = this.#parts;
    return taken.every(([, from]) => batch.columns[from] !== undefined)
      ? this.#flat(batch, () => undefined)
      : batch;
  }

  /** @param refuse called for an event that cannot be flattened; it has no row */
  #flat(batch: Batch, refuse: (row: number, why: string) => void): Batch {
    const { taken, isOuter } = this.#parts;
    const lists = taken.map(([, from]) => listAt(batch, from));
    const [first] = lists as [ListColumn]; // there is one at least
    const { rows, offsets } = batch;
    // Rows that were dropped on the way have moved the watermark, and stages behind this one must see when.
    const admitted = batch.admitted ?? rows;
    const into = new FlattenedRows(sizeOf(first, batch, admitted));
    let live = 0;
    for (let i = 0; i < admitted.length; i++) {
      const row = admitted[i] as number;
      if (rows[live] !== row) {
        into.drop(row);
        continue;
      }
      live += 1;
      const length = (first.ends[row] as number) - (first.starts[row] as number);
      const isEqual = isAsLong(lists, row, length);
      if (isEqual && (offsets[row] as number) < FLATTENED_OFFSET_MAX) into.add(row, length, isOuter);
      else {
        refuse(row, isEqual ? 'are of an offset whose items have no places' : 'have not as many items each');
        into.drop(row);
      }
    }
    return into.batch(batch, (sources, items) =>
      Object.fromEntries(taken.map(([name], i) => [name, itemsOf(lists[i] as ListColumn, sources, items)])),
    );
  }
}

function listAt({ columns }: Batch, name: string): ListColumn {
  const column = columns[name];
  invariant(column?.kind === 'list', `${name} is a column of lists`);
  return column;
}

/** Rows that the batch has at most. */
function sizeOf({ starts, ends }: ListColumn, { rows }: Batch, { length }: Int32Array): number {
  let size = length;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    size += (ends[row] as number) - (starts[row] as number);
  }
  return size;
}

/** Null is as long as an empty list. */
function isAsLong(lists: readonly ListColumn[], row: number, length: number): boolean {
  for (let i = 1; i < lists.length; i++) {
    const { starts, ends } = lists[i] as ListColumn;
    if ((ends[row] as number) - (starts[row] as number) !== length) return false;
  }
  return true;
}

/**
 * Makes of one event a row for each item of its lists: new columns have the item, all others what the event has. The lists
 * have as many items each, or the event is a dead letter; an event whose lists are empty or null has no row, or one with
 * nulls (`outer: true`). The rows of an event stay together: they are in one epoch, and an event of which a later function
 * fails for one item is a dead letter as a whole.
 *
 * It stands behind `contract`, `dedupe`, `watermarks`, `repartition` and `join`, and before `features`, whose views are updated by each
 * row: what an item is scored by counts the items before it and itself. The id of its prediction is
 * `topic-partition-offset.item`, of the index of the item from 0. Labels join by key, so a topology with `labels` scores by a
 * column that differs between the items of an event.
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
    declaration: { ...named('numbers', numbers), ...named('strings', strings), outer },
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
