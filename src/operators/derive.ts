// The derive stage (hot path): new columns from columns, for the stages after it.
import { byName, shown, type OptionCheck, type OptionProblem } from '../core/option-checks.ts';
import { isExpression, typeOfKind, type Expression, type TypeOfKind } from '../core/expression.ts';
import { defined } from '../core/definition.ts';
import { DerivedColumns, inputNames } from './derived-column.ts';
import { stageArguments } from './stage-arguments.ts';
import { syncOperator, type Stage, type StageContext, type StageInstance } from './stage.ts';

/** Expressions by the names of their columns. */
export type DerivedColumnsByName = Readonly<Record<string, Expression>>;

/** The columns that derived columns read. */
export type DerivedReads<D extends DerivedColumnsByName> = D[keyof D & string]['reads'][number];

/** The types of derived columns; each may be null. */
export type DerivedTypes<D extends DerivedColumnsByName> = {
  readonly [N in keyof D & string]: TypeOfKind<D[N]['kind']>;
};

/**
 * Adds columns that are computed from others. Each is computed from the columns as they are before the stage, so a column
 * that needs another derived one belongs into a second stage. A name that is taken is refused: `map` replaces a column.
 * @example
 * derive({
 *   ratio: divide('amount', 'limit'),
 *   hour: hourOf('at', { zone: 'America/New_York' }),
 *   domain: text.after('email', '@'),
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
  const types = Object.entries(columns).map(([name, { kind }]) => [name, typeOfKind(kind)]);
  const stage: Stage<DerivedReads<D>, DerivedTypes<D>> = {
    id,
    kind: 'derive',
    summary: summaryOf(columns),
    declaration: declarationOf(columns),
    reads: readsOf(columns),
    adds: Object.fromEntries(types) as DerivedTypes<D>, // entry by entry
    previewed: (known) => previewedOf(columns, known),
    memoryMs: 0,
    open: (context): StageInstance => instanceOf(columns, context),
  };
  return defined(stage, { given: Object(given) as object, problems });
}

const expressionCheck: OptionCheck = (value) =>
  isExpression(value) ? null : `${shown(value)} is no expression, such as divide('amount', 'limit')`;
const columnsCheck = byName(expressionCheck, 'derived columns');

/** `ratio = divide(amount, limit)` */
export function summaryOf(columns: DerivedColumnsByName): string {
  return Object.entries(columns)
    .map(([name, { text }]) => `${name} = ${text}`)
    .join(', ');
}

/** The columns as they are written. */
export function declarationOf(columns: DerivedColumnsByName): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(columns).map(([name, { text }]) => [name, text]));
}

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
