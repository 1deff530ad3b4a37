// The map stage (hot path): new values for columns that exist.
import type { NumberRead, StringRead } from '../core/columns.ts';
import { defined } from '../core/definition.ts';
import { columnKindOf, type Expression } from '../core/expression.ts';
import {
  checkedColumns,
  declarationOf,
  instanceOf,
  previewedOf,
  readsOf,
  summaryOf,
  type DerivedColumnsByName,
  type DerivedReads,
} from './derive.ts';
import { stageArguments } from './stage-arguments.ts';
import type { Stage, StageInstance } from './stage.ts';

/** The columns that a map reads: those that its functions read, and those that it replaces, as they must exist. */
export type MappedReads<D extends DerivedColumnsByName> =
  | DerivedReads<D>
  | {
      [N in keyof D & string]: D[N]['kind'] extends 'string' ? StringRead<N> : NumberRead<N>;
    }[keyof D & string];

/**
 * Replaces columns by others of the same name and kind. Each is computed from the columns as they are before the stage.
 * The bytes of the event stay as they are: what is dead-lettered, late or sent on under another key has the old values.
 * The column of the event time can't be replaced.
 * @example map({ amount: least('amount', 10_000), country: text.upper('country') })
 */
export function map<D extends DerivedColumnsByName>(columns: D): Stage<MappedReads<D>>;
export function map<D extends DerivedColumnsByName>(id: string, columns: D): Stage<MappedReads<D>>;
export function map<D extends DerivedColumnsByName>(first: string | D, second?: D): Stage<MappedReads<D>> {
  const [id, given] = stageArguments('map', first, second as D); // the overloads require it
  const [columns, problems] = checkedColumns(given);
  const replaced = Object.entries<Expression>(columns).map(
    ([name, { kind }]) => `${name}: ${columnKindOf(kind)}`,
  );
  const reads = [...new Set([...replaced, ...readsOf(columns)])] as Array<MappedReads<D>>; // column by column
  const stage: Stage<MappedReads<D>> = {
    id,
    kind: 'map',
    summary: summaryOf(columns),
    declaration: declarationOf(columns),
    reads,
    replaces: Object.keys(columns),
    previewed: (known) => previewedOf(columns, known),
    memoryMs: 0,
    open: (context): StageInstance => instanceOf(columns, context),
  };
  return defined(stage, { given: Object(given) as object, problems });
}
