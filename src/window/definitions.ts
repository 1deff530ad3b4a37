// What a windowed feature is, declared (control path). How it runs is in pane-layout.ts and pane-store.ts.
import { numberColumn, stringColumn, type NumberRead, type StringRead } from '../core/columns.ts';
import { MillraceError } from '../core/errors.ts';
import { WINDOW_PANES_MAX } from '../core/limits.ts';

/** A test of a numeric column; null (NaN) passes none. */
export interface NumberTest {
  readonly op: 'atLeast' | 'above' | 'atMost' | 'below';
  readonly value: number;
}

/** Column to what it must be: one string, one of several, or a test of a number. All of them must hold. */
export type Predicate = Readonly<Record<string, string | readonly string[] | NumberTest>>;

/** No condition: every event. */
export type EveryEvent = Readonly<Record<symbol, never>>;

/** The columns that a predicate reads: 'type: string' where it compares with strings, 'amount: number' for a test. */
export type PredicateReads<P extends Predicate> = [
  {
    [C in keyof P & string]: P[C] extends NumberTest ? NumberRead<C> : StringRead<C>;
  }[keyof P & string],
][0]; // the tuple keeps the compiler from showing the name of this type in place of the columns

/** The same at run time. */
export function predicateReads<P extends Predicate>(predicate: P): Array<PredicateReads<P>> {
  const reads = Object.entries(predicate).map(([column, condition]) =>
    typeof condition === 'object' && 'op' in condition ? numberColumn(column) : stringColumn(column),
  );
  return reads as Array<PredicateReads<P>>; // the keys of P, as Object.entries has them as strings
}

export interface WindowSpec {
  readonly kind: 'sliding' | 'tumbling';
  readonly sizeMs: number;
  readonly paneMs: number;
}

export type AggregateKind = 'count' | 'sum' | 'mean' | 'std' | 'min' | 'max' | 'rate' | 'last' | 'share';

/** @typeParam Reads the columns that it reads: 'amount: number' | 'type: string' */
export interface Aggregate<Reads extends string = string> {
  readonly kind: AggregateKind;
  /** The columns that it reads, those of its predicate included. */
  readonly reads: readonly Reads[];
  /** The aggregated column; null for count and rate, which count events. */
  readonly column: string | null;
  /** share: which values count. */
  readonly test: NumberTest | null;
  /** Values are moved into [low, high] before they are aggregated, so that one outlier cannot rule a mean. */
  readonly clip: readonly [low: number, high: number] | null;
  readonly over: WindowSpec;
  readonly where: Predicate;
}

export interface AggregateOptions<P extends Predicate = Predicate> {
  readonly over: WindowSpec;
  /** Which events are aggregated; all by default. */
  readonly where?: P;
  /** Moves values into [low, high] first. */
  readonly clip?: readonly [low: number, high: number];
}

const PANES_DEFAULT = 12;

function windowSpec(kind: WindowSpec['kind'], sizeMs: number, paneMs: number): WindowSpec {
  const panes = sizeMs / paneMs;
  if (!(sizeMs > 0) || !Number.isInteger(panes) || panes > WINDOW_PANES_MAX) {
    throw new MillraceError(
      'TOPOLOGY_INVALID',
      `a window of ${sizeMs} ms cannot be cut into panes of ${paneMs} ms`,
      {
        remedy: `Choose a pane that divides the window into 1 to ${WINDOW_PANES_MAX} parts.`,
      },
    );
  }
  return { kind, sizeMs, paneMs };
}

/**
 * The last `sizeMs` up to the instant of the query, which moves on by panes: the window covers the pane of the query
 * instant up to that instant and the size / pane - 1 panes before it.
 * @param paneMs granularity; a twelfth of the size by default
 */
export function sliding(sizeMs: number, paneMs: number = sizeMs / PANES_DEFAULT): WindowSpec {
  return windowSpec('sliding', sizeMs, paneMs);
}

/** Consecutive windows [k * size, (k + 1) * size); a feature reads the last one that has closed. */
export function tumbling(sizeMs: number): WindowSpec {
  return windowSpec('tumbling', sizeMs, sizeMs);
}

/** Reads no column but those of the predicate. */
function ofEvents<P extends Predicate>(
  kind: AggregateKind,
  options: AggregateOptions<P>,
): Aggregate<PredicateReads<P>> {
  const where = options.where ?? ({} as P); // P is EveryEvent where there is no predicate
  const reads = predicateReads(where);
  return { kind, reads, column: null, test: null, clip: options.clip ?? null, over: options.over, where };
}

function ofNumbers<C extends string, P extends Predicate>(
  kind: AggregateKind,
  column: C,
  options: AggregateOptions<P>,
  test: NumberTest | null = null,
): Aggregate<NumberRead<C> | PredicateReads<P>> {
  const events = ofEvents(kind, options);
  return { ...events, column, test, reads: [numberColumn(column), ...events.reads] };
}

/** Number of events; 0 in an empty window. */
export function count<P extends Predicate = EveryEvent>(
  options: AggregateOptions<P>,
): Aggregate<PredicateReads<P>> {
  return ofEvents('count', options);
}
/** Events a second over the whole window; 0 in an empty one. */
export function rate<P extends Predicate = EveryEvent>(
  options: AggregateOptions<P>,
): Aggregate<PredicateReads<P>> {
  return ofEvents('rate', options);
}
/** Sum of the values that are not null; 0 in an empty window. */
export function sum<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  options: AggregateOptions<P>,
): Aggregate<NumberRead<C> | PredicateReads<P>> {
  return ofNumbers('sum', column, options);
}
/** Mean of the values that are not null; NaN where there is none. */
export function mean<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  options: AggregateOptions<P>,
): Aggregate<NumberRead<C> | PredicateReads<P>> {
  return ofNumbers('mean', column, options);
}
/** Sample standard deviation (n - 1) of the values that are not null; NaN below two. */
export function std<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  options: AggregateOptions<P>,
): Aggregate<NumberRead<C> | PredicateReads<P>> {
  return ofNumbers('std', column, options);
}
/** Least value; NaN in an empty window. */
export function min<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  options: AggregateOptions<P>,
): Aggregate<NumberRead<C> | PredicateReads<P>> {
  return ofNumbers('min', column, options);
}
/** Greatest value; NaN in an empty window. */
export function max<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  options: AggregateOptions<P>,
): Aggregate<NumberRead<C> | PredicateReads<P>> {
  return ofNumbers('max', column, options);
}
/** Value of the latest event by event time (the later offset where times are equal); NaN in an empty window. */
export function last<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  options: AggregateOptions<P>,
): Aggregate<NumberRead<C> | PredicateReads<P>> {
  return ofNumbers('last', column, options);
}
/** Share, 0 to 1, of the values that are not null for which the test holds; NaN where there is none. */
export function share<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  test: NumberTest,
  options: AggregateOptions<P>,
): Aggregate<NumberRead<C> | PredicateReads<P>> {
  return ofNumbers('share', column, options, test);
}

export function atLeast(value: number): NumberTest {
  return { op: 'atLeast', value };
}
export function above(value: number): NumberTest {
  return { op: 'above', value };
}
export function atMost(value: number): NumberTest {
  return { op: 'atMost', value };
}
export function below(value: number): NumberTest {
  return { op: 'below', value };
}

/** Whether the test holds; false for NaN. */
export function holds(test: NumberTest, value: number): boolean {
  switch (test.op) {
    case 'atLeast':
      return value >= test.value;
    case 'above':
      return value > test.value;
    case 'atMost':
      return value <= test.value;
    case 'below':
      return value < test.value;
  }
}
