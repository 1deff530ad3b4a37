// The columns that a list of stages reads, checked by the compiler against those of the source (types alone).
// A stage that reads a column which is not there is compared with a stage that reads what is: the compiler names the
// difference, and the nearest name.
import type { Columns, KindOf, NoColumns, Readable } from '../core/columns.ts';
import type { Stage } from '../operators/stage.ts';

type ColumnOf<Read extends string> = Read extends `${infer Column}: ${string}` ? Column : never;
type KindIn<Read extends string> = Read extends `${string}: ${infer Kind}` ? Kind : never;

/** Whether the compiler knows the name of the column: it does not where the name is a `string`. */
type IsKnown<Read extends string> = NoColumns extends Readonly<Record<Read, true>> ? false : true;

/** The reads that do not hold. */
type Wrong<C extends Columns, Read extends string> =
  Read extends Readable<C> ? never : IsKnown<Read> extends true ? Read : never;

/** What may be read in place of `Read`: the column as the kind that it is, or else every column of the kind that is read. */
type Instead<C extends Columns, Read extends string> =
  Read extends Wrong<C, Read>
    ? ColumnOf<Read> extends keyof C & string
      ? `${ColumnOf<Read>}: ${KindOf<C[ColumnOf<Read>]>}`
      : Extract<Readable<C>, `${string}: ${KindIn<Read>}`>
    : Read;

type ReadsOf<S extends Stage> = S['reads'][number];

/** A stage that reads these columns. */
export interface Reading<Reads extends string> {
  readonly reads: readonly Reads[];
}

/** A stage that reads nothing but columns of C is itself; so is one whose reads the compiler does not know. */
type Checked<C extends Columns, S extends Stage> = [Wrong<C, ReadsOf<S>>] extends [never]
  ? S
  : Reading<Instead<C, ReadsOf<S>>>;

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
