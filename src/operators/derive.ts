// The derive stage (hot path): new columns from columns, for the stages after it.
import { byName, objectWith, type OptionProblem } from '../core/option-checks.ts';
import type { ColumnType } from '../core/columns.ts';
import { defined } from '../core/definition.ts';
import { DerivedColumns, inputNames, type DerivedColumn } from './derived-column.ts';
import { stageArguments } from './stage-arguments.ts';
import { syncOperator, type Stage, type StageContext, type StageInstance } from './stage.ts';

/** Columns by their names. */
export type DerivedColumnsByName = Readonly<Record<string, DerivedColumn>>;

/** The columns that derived columns read. */
export type DerivedReads<D extends DerivedColumnsByName> = D[keyof D & string]['reads'][number];

/** The types of derived columns; each may be null. */
export type DerivedTypes<D extends DerivedColumnsByName> = {
  readonly [N in keyof D & string]: ColumnType<D[N]['kind'] extends 'string' ? 'string?' : 'double?'>;
};

/**
 * Adds columns that are computed from others. Each is computed from the columns as they are before the stage, so a column
 * that needs another derived one belongs into a second stage. A name that is taken is refused: `map` replaces a column.
 * @example
 * derive({
 *   ratio: numberFrom(['amount', 'limit'], (amount, limit) => amount / limit),
 *   route: stringFrom([text('origin'), text('dest')], (origin, dest) => `${origin}-${dest}`),
 * })
 */
export function derive<D extends DerivedColumnsByName>(columns: D): Stage<DerivedReads<D>, DerivedTypes<D>>;
export function derive<D extends DerivedColumnsByName>(
  id: string,
  columns: D,
): Stage<DerivedReads<D>, DerivedTypes<D>>;
export function derive<D extends DerivedColumnsByName>(
  first: string | D,
  second?: D,
): Stage<DerivedReads<D>, DerivedTypes<D>> {
  const [id, given] = stageArguments('derive', first, second as D); // the overloads require it
  const [columns, problems] = checkedColumns(given);
  const types = Object.entries(columns).map(([name, { kind }]): [string, ColumnType] => [
    name,
    { type: kind === 'string' ? 'string?' : 'double?' },
  ]);
  const stage: Stage<DerivedReads<D>, DerivedTypes<D>> = {
    id,
    kind: 'derive',
    summary: Object.keys(columns).join(', '),
    reads: readsOf(columns),
    adds: Object.fromEntries(types) as DerivedTypes<D>, // entry by entry
    previewed: (known) => previewedOf(columns, known),
    memoryMs: 0,
    open: (context): StageInstance => instanceOf(columns, context),
  };
  return defined(stage, { given: Object(given) as object, problems });
}

const columnsCheck = byName(objectWith(['kind', 'reads', 'open'], 'derived column'), 'derived columns');

/** The columns, none if they make no sense, and what is wrong with them. */
export function checkedColumns<D extends DerivedColumnsByName>(
  given: D,
): readonly [columns: D, problems: readonly OptionProblem[]] {
  const problem = columnsCheck(given);
  return problem === null ? [given, []] : [{} as D, [['', problem]]]; // it is refused, and never opened
}

/** The columns that can be computed from these. */
export function previewedOf(columns: DerivedColumnsByName, known: ReadonlySet<string>): string[] {
  return Object.entries(columns).flatMap(([name, column]) =>
    inputNames(column).every((input) => known.has(input)) ? [name] : [],
  );
}

/** Each once. */
export function readsOf<D extends DerivedColumnsByName>(columns: D): Array<DerivedReads<D>> {
  return [...new Set(Object.values(columns).flatMap(({ reads }) => reads))];
}

export function instanceOf(columns: DerivedColumnsByName, context: StageContext): StageInstance {
  const machine = new DerivedColumns(columns, context);
  return { operator: syncOperator(machine), preview: (batch) => machine.preview(batch) };
}
