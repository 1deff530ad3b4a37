// The columns that a list of stages reads, checked by the compiler against those of the source (types alone).
// A stage that reads a column which is not there is compared with a stage that reads what is: the compiler names the
// difference, and the nearest name.
import type { Columns, KindOf, NoColumns, Readable, ReadableItems } from '../core/columns.ts';
import type { Stage } from '../operators/stage.ts';

type ColumnOf<Read extends string> = Read extends `${infer Column}: ${string}` ? Column : never;
type KindIn<Read extends string> = Read extends `${string}: ${infer Kind}` ? Kind : never;

/** Whether the compiler knows the name of the column: it does not where the name is a `string`. */
type IsKnown<Read extends string> = NoColumns extends Readonly<Record<Read, true>> ? false : true;

/** The reads that do not hold. */
type Wrong<C extends Columns, Read extends string> =
  Read extends Readable<C> ? never : IsKnown<Read> extends true ? Read : never;

/** The same where the values of lists may be read one by one. */
type WrongItems<C extends Columns, Read extends string> =
  Read extends ReadableItems<C> ? never : Wrong<C, Read>;

/** Whether a read does not hold: of those that are not in `Once`, the values of lists may be read one by one. */
type IsWrong<C extends Columns, Read extends string, Once extends string> = Read extends Once
  ? Read extends Wrong<C, Read>
    ? true
    : false
  : Read extends WrongItems<C, Read>
    ? true
    : false;

/** What may be read in place of `Read`: the column as the kind that it is, or else every column of the kind that is read. */
type Instead<C extends Columns, Read extends string, Once extends string> =
  true extends IsWrong<C, Read, Once>
    ? ColumnOf<Read> extends keyof C & string
      ? `${ColumnOf<Read>}: ${KindOf<C[ColumnOf<Read>]>}`
      : Extract<Readable<C>, `${string}: ${KindIn<Read>}`>
    : Read;

/** The same of each. */
type InsteadOf<C extends Columns, Reads extends string, Once extends string> = Reads extends string
  ? Instead<C, Reads, Once>
  : never;

type ReadsOf<S extends Stage> = S['reads'][number];

/** Of these, those that must be one value an event. */
type OnceOf<S extends Stage> = S extends { readonly readsOnce: ReadonlyArray<infer Once extends string> }
  ? Once
  : ReadsOf<S>;

/** A stage that reads these columns. */
export interface Reading<Reads extends string> {
  readonly reads: readonly Reads[];
}

/** A stage that reads nothing but columns of C is itself; so is one whose reads the compiler does not know. */
type Checked<C extends Columns, S extends Stage> = [
  Wrong<C, OnceOf<S>> | WrongItems<C, Exclude<ReadsOf<S>, OnceOf<S>>>,
] extends [never]
  ? S
  : Reading<InsteadOf<C, ReadsOf<S>, OnceOf<S>>>;

/** The columns after a stage: those before it, and what it adds. */
type After<C extends Columns, S extends Stage> = S extends { readonly adds?: infer Adds extends Columns }
  ? [keyof Adds & string] extends [never]
    ? C
    : Omit<C, keyof Adds> & Adds
  : C;

/** For each stage, the columns before it. */
type Before<
  C extends Columns,
  S extends readonly Stage[],
  Done extends readonly Columns[] = [],
> = S extends readonly [infer First extends Stage, ...infer Rest extends readonly Stage[]]
  ? Before<After<C, First>, Rest, [...Done, C]>
  : Done;

type At<List extends readonly Columns[], I> = I extends keyof List ? Extract<List[I], Columns> : never;

/**
 * The same list if every stage reads columns that are there, those that earlier stages add included. Only the engine
 * checks a list whose length the compiler does not know, and a source without a schema.
 */
export type CheckedStages<C extends Columns, S extends readonly Stage[]> = number extends S['length']
  ? S
  : string extends keyof C
    ? S
    : { readonly [I in keyof S]: Checked<At<Before<C, S>, I>, S[I]> };
