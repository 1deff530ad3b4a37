// The interval join of two kinds of events of one topic (control path): its declaration.
import {
  anyColumn,
  numberColumn,
  type AnyRead,
  type Columns,
  type ColumnType,
  type NumberRead,
} from '../core/columns.ts';
import { defined } from '../core/definition.ts';
import { isExpression, typeOfKind, type Expression, type TypeOfKind } from '../core/expression.ts';
import {
  byName,
  checkedOptions,
  column as columnCheck,
  columns as columnsCheck,
  required,
  shown,
  whole,
  type OptionCheck,
  type OptionChecks,
  type OptionProblem,
} from '../core/option-checks.ts';
import { DURATION_MS_MAX } from '../core/topology-limits.ts';
import { formatDuration } from '../core/time.ts';
import { predicateCheck, predicateReads, type Predicate, type PredicateReads } from '../window/predicate.ts';
import { openJoin } from './joined-events.ts';
import { KEY_SEPARATOR } from './joined-key.ts';
import { declaredPredicate } from './predicate.ts';
import { named } from './stage-declaration.ts';
import type { Stage } from './stage.ts';

/** A number column by its name, or an expression, such as `text('page')`. */
export type JoinedValue = string | Expression;
export type JoinedValues = Readonly<Record<string, JoinedValue>>;

export interface IntervalJoinOptions<
  K extends string = string,
  P extends Predicate = Predicate,
  T extends JoinedValues = JoinedValues,
  S extends JoinedValues = JoinedValues,
  N extends string = string,
> {
  /** The columns that both kinds of events have in common. */
  readonly key: readonly K[];
  /** The events of the other kind, which are remembered; they go on as well, with nulls. */
  readonly other: P;
  /** Where the other event may be from the event on, ms: `-minutes(30)` is half an hour before it. */
  readonly lowerMs: number;
  /**
   * Default: 0, the event's own instant. Both bounds count. Above 0 for events that come out of order alone, up to the allowed
   * lateness: the event does not wait for what comes after it.
   */
  readonly upperMs?: number;
  /** New columns: values of the latest match. */
  readonly take?: T;
  /** New columns: sums of values over all matches. */
  readonly sum?: S;
  /** Name of a new column: the number of matches. */
  readonly count?: N;
  /** Events of the other kind that are remembered of a key: the oldest are dropped, and counted. Default: 100. */
  readonly matchesMax?: number;
}

type ReadsOf<V extends JoinedValue> = V extends Expression
  ? V['reads'][number]
  : V extends string
    ? NumberRead<V>
    : never;
type TypeOf<V extends JoinedValue> = V extends Expression ? TypeOfKind<V['kind']> : ColumnType<'double?'>;

/** The columns that a join reads. */
export type JoinReads<K extends string, P extends Predicate, T extends JoinedValues, S extends JoinedValues> =
  AnyRead<K> | PredicateReads<P> | ReadsOf<T[keyof T & string]> | ReadsOf<S[keyof S & string]>;

/** The columns that it adds; each may be null. */
export type JoinTypes<T extends JoinedValues, S extends JoinedValues, N extends string> = {
  readonly [Name in keyof T & string]: TypeOf<T[Name]>;
} & { readonly [Name in (keyof S & string) | N]: ColumnType<'double?'> };

export interface JoinStage<Reads extends string, Adds extends Columns> extends Stage<Reads, Adds> {
  readonly kind: 'join';
  /** Which events are those of the other kind. */
  readonly where: Predicate;
  readonly upperMs: number;
}

const MATCHES_MAX_DEFAULT = 100;
const MATCHES_MAX = 10_000;

const boundCheck: OptionCheck = (value) =>
  typeof value === 'number' && Math.abs(value) <= DURATION_MS_MAX
    ? null
    : `${shown(value)} is no number of milliseconds`;
const valueCheck: OptionCheck = (value) => (isExpression(value) ? null : columnCheck(value));
const numberCheck: OptionCheck = (value) =>
  isExpression(value) && value.kind === 'string' ? 'a string has no sum' : valueCheck(value);

const CHECKS: OptionChecks<IntervalJoinOptions> = {
  key: required(columnsCheck, "['user']"),
  other: required(predicateCheck, "{ type: 'click' }"),
  lowerMs: required(boundCheck, '-minutes(30)'),
  upperMs: boundCheck,
  take: byName(valueCheck, 'values'),
  sum: byName(numberCheck, 'values'),
  count: columnCheck,
  matchesMax: whole(1, MATCHES_MAX),
};

/**
 * Joins each event with the events of another kind that have its key, came before it in the log, and whose event time is
 * within [lowerMs, upperMs] of its own. It does not wait for those that come after it. The other kind is in the same topic: see "Several topics" in the architecture for
 * two topics that are merged by repartition.
 * @example
 * intervalJoin('clicks', {
 *   key: ['user'],
 *   other: { type: 'click' },
 *   lowerMs: -minutes(30),
 *   take: { lastPage: text('page') },
 *   count: 'clicks30m',
 * })
 */
export function intervalJoin<
  const K extends string,
  const P extends Predicate,
  const T extends JoinedValues = {},
  const S extends JoinedValues = {},
  const N extends string = never,
>(
  id: string,
  given: IntervalJoinOptions<K, P, T, S, N>,
): JoinStage<JoinReads<K, P, T, S>, JoinTypes<T, S, N>> {
  const { options, problems } = checkedOptions<IntervalJoinOptions>(given, CHECKS);
  const { key = [], other = {}, lowerMs = 0, upperMs = 0, take = {}, sum = {}, count } = options;
  const matchesMax = options.matchesMax ?? MATCHES_MAX_DEFAULT;
  const values = [...Object.values(take), ...Object.values(sum)];
  const reads = new Set<string>([
    ...key.map((column) => anyColumn(column)),
    ...predicateReads(other),
    ...values.flatMap((value) => (isExpression(value) ? value.reads : [numberColumn(value)])),
  ]);
  const names = [...Object.keys(take), ...Object.keys(sum), ...(count === undefined ? [] : [count])];
  const adds = names.map((name) => {
    const value = take[name];
    return [name, typeOfKind(isExpression(value) ? value.kind : 'number')] as const;
  });
  const stage: JoinStage<JoinReads<K, P, T, S>, JoinTypes<T, S, N>> = {
    id,
    kind: 'join',
    where: other,
    upperMs,
    summary: `${names.join(', ')} by ${key.join(KEY_SEPARATOR)}, from ${signed(lowerMs)} to ${signed(upperMs)}`,
    declaration: {
      key,
      other: declaredPredicate(other),
      lowerMs,
      upperMs,
      ...named('take', written(take)),
      ...named('sum', written(sum)),
      count,
      matchesMax,
    },
    reads: [...reads] as Array<JoinReads<K, P, T, S>>, // as its type says
    keys: key,
    adds: Object.fromEntries(adds) as JoinTypes<T, S, N>, // entry by entry
    after: ['watermarks'],
    memoryMs: Math.max(1, 1 - lowerMs),
    open: (context) =>
      openJoin({ key, other, lowerMs, upperMs, take, sum, count: count ?? null, matchesMax }, context),
  };
  return defined(stage, {
    given: Object(given) as object,
    options: CHECKS,
    problems: [...problems, ...ownProblems(names, lowerMs, upperMs)],
  });
}

function written(values: JoinedValues): Readonly<Record<string, string>> {
  const texts = Object.entries(values).map(([name, value]) => [
    name,
    isExpression(value) ? value.text : value,
  ]);
  return Object.fromEntries(texts) as Record<string, string>; // entry by entry
}

function signed(ms: number): string {
  return ms < 0 ? `-${formatDuration(-ms)}` : formatDuration(ms);
}

function ownProblems(names: readonly string[], lowerMs: number, upperMs: number): OptionProblem[] {
  const twice = names.find((name, i) => names.indexOf(name) < i);
  return [
    ...(names.length === 0 ? [['', 'it adds no column: give take, sum or count'] as const] : []),
    ...(twice === undefined ? [] : [['', `it adds '${twice}' twice`] as const]),
    ...(lowerMs > upperMs ? [['lowerMs', `${lowerMs} is above upperMs, ${upperMs}`] as const] : []),
  ];
}
