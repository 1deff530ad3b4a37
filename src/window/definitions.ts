// What a windowed feature is, declared (control path). How it runs is in pane-layout.ts and pane-store.ts.
import { MillraceError } from '../core/errors.ts';
import { WINDOW_PANES_MAX } from '../core/limits.ts';

/** A test of a numeric column; null (NaN) passes none. */
export interface NumberTest {
  readonly op: 'atLeast' | 'above' | 'atMost' | 'below';
  readonly value: number;
}

/** Column to what it must be: one string, one of several, or a test of a number. All of them must hold. */
export type Predicate = Readonly<Record<string, string | readonly string[] | NumberTest>>;

export interface WindowSpec {
  readonly kind: 'sliding' | 'tumbling';
  readonly sizeMs: number;
  readonly paneMs: number;
}

export type AggregateKind = 'count' | 'sum' | 'mean' | 'std' | 'min' | 'max' | 'rate' | 'last' | 'share';

export interface Aggregate {
  readonly kind: AggregateKind;
  /** The aggregated column; null for count and rate, which count events. */
  readonly column: string | null;
  /** share: which values count. */
  readonly test: NumberTest | null;
  /** Values are moved into [low, high] before they are aggregated, so that one outlier cannot rule a mean. */
  readonly clip: readonly [low: number, high: number] | null;
  readonly over: WindowSpec;
  readonly where: Predicate;
}

export interface AggregateOptions {
  readonly over: WindowSpec;
  /** Which events are aggregated; all by default. */
  readonly where?: Predicate;
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

function aggregate(
  kind: AggregateKind,
  column: string | null,
  options: AggregateOptions,
  test: NumberTest | null = null,
): Aggregate {
  return { kind, column, test, clip: options.clip ?? null, over: options.over, where: options.where ?? {} };
}

/** Number of events; 0 in an empty window. */
export function count(options: AggregateOptions): Aggregate {
  return aggregate('count', null, options);
}
/** Events a second over the whole window; 0 in an empty one. */
export function rate(options: AggregateOptions): Aggregate {
  return aggregate('rate', null, options);
}
/** Sum of the values that are not null; 0 in an empty window. */
export function sum(column: string, options: AggregateOptions): Aggregate {
  return aggregate('sum', column, options);
}
/** Mean of the values that are not null; NaN where there is none. */
export function mean(column: string, options: AggregateOptions): Aggregate {
  return aggregate('mean', column, options);
}
/** Sample standard deviation (n - 1) of the values that are not null; NaN below two. */
export function std(column: string, options: AggregateOptions): Aggregate {
  return aggregate('std', column, options);
}
/** Least value; NaN in an empty window. */
export function min(column: string, options: AggregateOptions): Aggregate {
  return aggregate('min', column, options);
}
/** Greatest value; NaN in an empty window. */
export function max(column: string, options: AggregateOptions): Aggregate {
  return aggregate('max', column, options);
}
/** Value of the latest event by event time (the later offset where times are equal); NaN in an empty window. */
export function last(column: string, options: AggregateOptions): Aggregate {
  return aggregate('last', column, options);
}
/** Share, 0 to 1, of the values that are not null for which the test holds; NaN where there is none. */
export function share(column: string, test: NumberTest, options: AggregateOptions): Aggregate {
  return aggregate('share', column, options, test);
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
