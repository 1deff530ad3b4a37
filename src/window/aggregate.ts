// The contract of an aggregate (types alone). Its functions run on the hot path.
import type { AnyRead, NumberRead, StringRead } from '../core/columns.ts';
import type { EveryEvent, Predicate, PredicateReads } from './predicate.ts';
import type { WindowSpec } from './window.ts';

/**
 * What an aggregate takes from each event.
 * - `none`: the event itself; `add` gets 1.
 * - `number`: a number column.
 * - `string`: a string column; `add` gets `stringHash` of the string, an integer below 2^53.
 * - `any`: a column of either kind, as above.
 */
export type AggregateInput = 'none' | 'number' | 'string' | 'any';

/**
 * The state of an aggregate in `width` consecutive Float64 slots, and the functions that change it. They run for every
 * event: they must not allocate, keep anything outside the slots, or use `this`. State depends on the arguments alone,
 * so that a replay rebuilds it bit for bit.
 */
export interface Accumulator {
  /** Slots that the state takes, 1 to 4,096. */
  readonly width: number;
  /** Makes the state empty; fills it with zeros by default. */
  clear?(this: void, slab: Float64Array, at: number): void;
  /**
   * Adds one event.
   * @param slab holds the state in the slots from `at`; others belong to other aggregates
   * @param value never NaN: events whose value is null are left out; may be infinite
   * @param timeMs event time of the event; events may arrive out of order within the allowed lateness
   */
  add(this: void, slab: Float64Array, at: number, value: number, timeMs: number): void;
  /**
   * Merges the state in `from` at `b` into the one in `to` at `a`. It must be associative, and empty state must change
   * nothing; a sketch may be associative within its error, as windows merge the same states in the same order whenever they
   * are asked. That is the ascending order of event time: what is in `to` is the earlier part.
   */
  merge(this: void, to: Float64Array, a: number, from: Float64Array, b: number): void;
  /** Most slots are as `clear` leaves them where there are few events, as those of a sketch or a list: they are not stored. */
  readonly isSparse?: boolean;
}

/**
 * A function of the events in a window: an accumulator and how a feature is read from it.
 *
 * Numbers that are not finite: NaN is a missing value, as null is, so that the aggregates of its column leave the event
 * out. Infinity and -Infinity are values like any other, and results follow IEEE 754: with one in the window, `min`,
 * `max` and `last` may be that infinity, `sum` and `mean` are, and `std` is missing; with both, `sum` and `mean` are
 * missing as well. `clip` moves an infinity to its bound. A feature is a Float32: a result past 3.4e38 is an infinity.
 */
export interface AggregateDefinition<Input extends AggregateInput = AggregateInput> extends Accumulator {
  /** In messages and in the fingerprint of stored state: letters, digits, dashes. */
  readonly name: string;
  readonly input: Input;
  /**
   * The value is right only if merged states follow each other in event time. It has no `buckets: { top }`, whose rest is
   * merged from buckets that have events between each other's. Default: false.
   */
  readonly isOrdered?: boolean;
  /** `category`: the feature is the code of a category, equal or not, never ordered. Default: `number`. */
  readonly output?: 'number' | 'category';
  /**
   * The value of the feature; NaN for null.
   * @param timeMs event time of the query, which is that of the scored event
   * @param seconds length of the window
   */
  read(this: void, slab: Float64Array, at: number, timeMs: number, seconds: number): number;
}

/**
 * A windowed feature, as declared.
 * @typeParam Reads the columns that it reads: 'amount: number' | 'type: string'
 */
export interface Aggregate<Reads extends string = string> {
  readonly definition: AggregateDefinition;
  /** What the definition was made with, as JSON. */
  readonly parameters: string;
  /** The columns that it reads, those of its predicate included. */
  readonly reads: readonly Reads[];
  /** The aggregated column; null where events are aggregated. */
  readonly column: string | null;
  /** The string column whose value is the bucket of an event; null where the aggregate has no buckets. */
  readonly bucketBy: string | null;
  /** Values are moved into [low, high] before they are aggregated, so that one outlier cannot rule a mean. */
  readonly clip: readonly [low: number, high: number] | null;
  readonly over: WindowSpec;
  readonly where: Predicate;
}

/**
 * An aggregate with several features, as declared. In a view each is a feature of its own, named `<name>_<part>`.
 * @typeParam Reads the columns that it reads
 * @typeParam Part what follows the name that the view gives it
 */
export interface AggregateVector<Reads extends string = string, Part extends string = string> {
  readonly parts: Readonly<Record<Part, Aggregate<Reads>>>;
  readonly reads: readonly Reads[];
}

export interface AggregateOptions<W extends Predicate = Predicate> {
  readonly over: WindowSpec;
  /** Which events are aggregated; all by default. */
  readonly where?: W;
  /** Moves numbers into [low, high] first. */
  readonly clip?: readonly [low: number, high: number];
}

/** The buckets of an aggregate: strings that are known before, or the `top` ones with the most events of the window. */
export type Buckets<K extends string = string> = readonly K[] | { readonly top: number };

/** One aggregate for each of several buckets of events. */
export interface BucketOptions<B extends string = string, K extends string = string> {
  /** With `buckets`: the string column whose value is the bucket of an event; null belongs to none. */
  readonly bucketBy: B;
  /**
   * The buckets, up to 64: features `<name>_<bucket>`. Or `{ top: 8 }`, up to 32: the ones with the most events of the window,
   * `<name>_1`, `<name>_1_bucket` (the code that a categorical feature has) and so on; exact for up to four times as many
   * buckets in a window. All other events make `<name>_other`, and `<name>_dropped` is their number.
   */
  readonly buckets: Buckets<K>;
}

/** What follows the name of the features of the buckets with the most events. */
export type TopPart = `${number}` | `${number}_bucket`;

/** The names of the features by bucket of an aggregate with one feature, and with several. */
export type BucketPart<K extends string> = K | 'other' | 'dropped';
export type BucketParts<K extends string, Part extends string> = `${K | 'other'}_${Part}` | 'dropped';

/** Parameters of an aggregate besides the common options: plain data, which JSON keeps as it is. */
export type AggregateParameters = Readonly<Record<string, unknown>>;

/** Declares an aggregate of events. */
export interface EventAggregate<P = object> {
  <const B extends string, K extends string = TopPart, W extends Predicate = EveryEvent>(
    options: AggregateOptions<W> & P & BucketOptions<B, K>,
  ): AggregateVector<StringRead<B> | PredicateReads<NoInfer<W>>, BucketPart<NoInfer<K>>>;
  <W extends Predicate = EveryEvent>(options: AggregateOptions<W> & P): Aggregate<PredicateReads<NoInfer<W>>>;
}

/** Declares an aggregate of a number column. */
export interface NumberAggregate<P = object> {
  <
    const C extends string,
    const B extends string,
    K extends string = TopPart,
    W extends Predicate = EveryEvent,
  >(
    column: C,
    options: AggregateOptions<W> & P & BucketOptions<B, K>,
  ): AggregateVector<NumberRead<C> | StringRead<B> | PredicateReads<NoInfer<W>>, BucketPart<NoInfer<K>>>;
  <const C extends string, W extends Predicate = EveryEvent>(
    column: C,
    options: AggregateOptions<W> & P,
  ): Aggregate<NumberRead<C> | PredicateReads<NoInfer<W>>>;
}

/** Declares an aggregate of a string column. */
export interface StringAggregate<P = object> {
  <
    const C extends string,
    const B extends string,
    K extends string = TopPart,
    W extends Predicate = EveryEvent,
  >(
    column: C,
    options: AggregateOptions<W> & P & BucketOptions<B, K>,
  ): AggregateVector<StringRead<C | B> | PredicateReads<NoInfer<W>>, BucketPart<NoInfer<K>>>;
  <const C extends string, W extends Predicate = EveryEvent>(
    column: C,
    options: AggregateOptions<W> & P,
  ): Aggregate<StringRead<C> | PredicateReads<NoInfer<W>>>;
}

/** Declares an aggregate of a column of either kind. */
export interface AnyAggregate<P = object> {
  <
    const C extends string,
    const B extends string,
    K extends string = TopPart,
    W extends Predicate = EveryEvent,
  >(
    column: C,
    options: AggregateOptions<W> & P & BucketOptions<B, K>,
  ): AggregateVector<AnyRead<C> | StringRead<B> | PredicateReads<NoInfer<W>>, BucketPart<NoInfer<K>>>;
  <const C extends string, W extends Predicate = EveryEvent>(
    column: C,
    options: AggregateOptions<W> & P,
  ): Aggregate<AnyRead<C> | PredicateReads<NoInfer<W>>>;
}

/** The function that declares an aggregate, by what it takes from each event. */
export type AggregateFactory<Input extends AggregateInput, P = object> = Input extends 'none'
  ? EventAggregate<P>
  : Input extends 'number'
    ? NumberAggregate<P>
    : Input extends 'string'
      ? StringAggregate<P>
      : AnyAggregate<P>;

/** Declares an aggregate of a number column with several features. */
export interface NumberVector<P, Part extends string> {
  <
    const C extends string,
    const B extends string,
    K extends string = TopPart,
    W extends Predicate = EveryEvent,
  >(
    column: C,
    options: AggregateOptions<W> & P & BucketOptions<B, K>,
  ): AggregateVector<
    NumberRead<C> | StringRead<B> | PredicateReads<NoInfer<W>>,
    BucketParts<NoInfer<K>, Part>
  >;
  <const C extends string, W extends Predicate = EveryEvent>(
    column: C,
    options: AggregateOptions<W> & P,
  ): AggregateVector<NumberRead<C> | PredicateReads<NoInfer<W>>, Part>;
}

/** Declares an aggregate of a string column with several features. */
export interface StringVector<P, Part extends string> {
  <
    const C extends string,
    const B extends string,
    K extends string = TopPart,
    W extends Predicate = EveryEvent,
  >(
    column: C,
    options: AggregateOptions<W> & P & BucketOptions<B, K>,
  ): AggregateVector<StringRead<C | B> | PredicateReads<NoInfer<W>>, BucketParts<NoInfer<K>, Part>>;
  <const C extends string, W extends Predicate = EveryEvent>(
    column: C,
    options: AggregateOptions<W> & P,
  ): AggregateVector<StringRead<C> | PredicateReads<NoInfer<W>>, Part>;
}

/** The function that declares an aggregate with several features, by the column that it takes. */
export type VectorFactory<Input extends 'number' | 'string', P, Part extends string> = Input extends 'number'
  ? NumberVector<P, Part>
  : StringVector<P, Part>;
