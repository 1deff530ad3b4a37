// The rules of a contract (hot path): a rule decides once per batch how it looks at a row.
import {
  checkedOptions,
  column as columnCheck,
  duration,
  required as mandatory,
  shown,
  type OptionCheck,
  type OptionChecks,
  type OptionProblem,
} from '../core/option-checks.ts';
import { predicateCheck } from '../window/predicate.ts';
import type { Batch, Column } from '../core/batch.ts';
import {
  anyColumn,
  numberColumn,
  stringColumn,
  type AnyRead,
  type NumberRead,
  type StringRead,
} from '../core/columns.ts';
import { defined } from '../core/definition.ts';
import { NULL_CODE } from '../core/dictionary.ts';
import type { ErrorCode } from '../core/errors.ts';
import { predicateReads, type EveryEvent, type Predicate, type PredicateReads } from '../window/predicate.ts';

/** What happens to an event that breaks a rule. A default of null makes the value missing. */
export type Otherwise = 'dead-letter' | 'flag' | { readonly default: number | string | null };

export interface RuleOptions<P extends Predicate = Predicate> {
  /** `dead-letter` by default. */
  readonly otherwise?: Otherwise;
  /** Which events the rule is for; all by default. */
  readonly where?: P;
}

/** What a rule allows its column, as plain data. */
export interface Allowed {
  readonly low?: number;
  readonly high?: number;
  /** Whole numbers alone. */
  readonly isWhole?: boolean;
  /** These strings alone. */
  readonly texts?: readonly string[];
}

/** @typeParam Reads the columns that it reads: 'amount: number' */
export interface Rule<Reads extends string = string> {
  /** Metric label: `range(windSpeed)`. */
  readonly name: string;
  readonly code: ErrorCode;
  readonly column: string | null;
  readonly reads: readonly Reads[];
  readonly otherwise: Otherwise;
  readonly where: Predicate;
  /** For what varies values within the contract, such as `millrace models probe`; absent where it can't be said so. */
  readonly allows?: Allowed;
  /** Called once per batch; the result says whether a row breaks the rule. */
  violates(batch: Batch, column: Column | undefined): (row: number) => boolean;
}

const otherwise: OptionCheck = (value) => {
  if (value === 'dead-letter' || value === 'flag') return null;
  if (typeof value !== 'object' || value === null || !('default' in value))
    return `${shown(value)} is not 'dead-letter', 'flag' or { default: value }`;
  const { default: given } = value;
  const isValue = given === null || typeof given === 'string' || Number.isFinite(given);
  return isValue ? null : `the default ${shown(given)} is no number, string or null`;
};
const OPTIONS: OptionChecks<RuleOptions> = { otherwise, where: predicateCheck };
const FRESHNESS: OptionChecks<FreshnessOptions> = {
  ...OPTIONS,
  aheadMs: mandatory(duration({ zero: true, unlimited: true })),
  behindMs: duration({ zero: true, unlimited: true }),
};

/** What a rule has besides the options of all rules. */
interface RuleChecks {
  readonly known?: OptionChecks<RuleOptions> | OptionChecks<FreshnessOptions>;
  /** What is wrong with its arguments. */
  readonly problems?: readonly string[];
  readonly allows?: Allowed;
}

function isColumn(value: unknown): boolean {
  return columnCheck(value) === null;
}

function rule<R extends string, P extends Predicate>(
  kind: string,
  code: ErrorCode,
  read: { readonly column: string; readonly read: R } | null,
  given: RuleOptions<P>,
  violates: Rule['violates'],
  { known = OPTIONS, problems = [], allows }: RuleChecks = {},
): Rule<R | PredicateReads<P>> {
  const checked = checkedOptions<RuleOptions>(given, known);
  const options = checked.options as RuleOptions<P>; // those of `given`
  const where = options.where ?? ({} as P); // P is EveryEvent if there is no predicate
  const hasColumn = read === null || isColumn(read.column);
  const made: Rule<R | PredicateReads<P>> = {
    name: read === null ? kind : `${kind}(${read.column})`,
    code,
    column: read?.column ?? null,
    reads: [...(read === null || !hasColumn ? [] : [read.read]), ...predicateReads(where)],
    otherwise: options.otherwise ?? 'dead-letter',
    where,
    ...(allows === undefined ? {} : { allows }),
    violates,
  };
  const columnProblems: OptionProblem[] = hasColumn
    ? []
    : [['', `${kind} needs the name of a column, not ${shown(read?.column)}`]];
  return defined(made, {
    given,
    options: known,
    problems: [...checked.problems, ...columnProblems, ...problems.map((what) => ['', what] as const)],
  });
}

function isNull(column: Column | undefined): (row: number) => boolean {
  if (column === undefined) return () => true;
  if (column.kind === 'number') {
    const { values } = column;
    return (row) => Number.isNaN(values[row]);
  }
  const { codes } = column;
  return (row) => codes[row] === NULL_CODE;
}

/** The column must not be null. */
export function required<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  options: RuleOptions<P> = {},
): Rule<AnyRead<C> | PredicateReads<P>> {
  return rule('required', 'CONTRACT_NULL', { column, read: anyColumn(column) }, options, (_batch, cells) =>
    isNull(cells),
  );
}

/** What a default of the other kind would become is nothing that an author means. */
function defaultProblems(
  name: string,
  kind: 'number' | 'string',
  { otherwise: given }: RuleOptions = {},
): string[] {
  if (typeof given !== 'object' || given === null) return [];
  const value: unknown = given.default;
  return value === null || typeof value === kind
    ? []
    : [`${name} has the default ${shown(value)}, no ${kind}`];
}

function rangeProblems(name: string, low: unknown, high: unknown, options: RuleOptions): string[] {
  const isNumber = (value: unknown): value is number => typeof value === 'number' && !Number.isNaN(value);
  const isRange = isNumber(low) && isNumber(high) && low <= high;
  return [
    ...(isRange
      ? []
      : [`range(${name}) is from ${shown(low)} to ${shown(high)}: give two numbers, the lower one first`]),
    ...defaultProblems(`range(${name})`, 'number', options),
  ];
}

/** The number must be within [low, high]; null passes. */
export function range<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  low: number,
  high: number,
  options: RuleOptions<P> = {},
): Rule<NumberRead<C> | PredicateReads<P>> {
  return rule(
    'range',
    'CONTRACT_RANGE',
    { column, read: numberColumn(column) },
    options,
    (_batch, cells) => {
      if (cells?.kind !== 'number') return () => true;
      const { values } = cells;
      return (row) => (values[row] as number) < low || (values[row] as number) > high;
    },
    { problems: rangeProblems(column, low, high, options), allows: { low, high } },
  );
}

/** The number must be whole and finite; null passes. */
export function integer<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  options: RuleOptions<P> = {},
): Rule<NumberRead<C> | PredicateReads<P>> {
  return rule(
    'integer',
    'CONTRACT_TYPE',
    { column, read: numberColumn(column) },
    options,
    (_batch, cells) => {
      if (cells?.kind !== 'number') return () => true;
      const { values } = cells;
      return (row) => !Number.isNaN(values[row]) && !Number.isInteger(values[row]);
    },
    { problems: defaultProblems(`integer(${column})`, 'number', options), allows: { isWhole: true } },
  );
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((text) => typeof text === 'string');
}

/** The string must be one of these; null passes. */
export function oneOf<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  allowed: readonly string[],
  options: RuleOptions<P> = {},
): Rule<StringRead<C> | PredicateReads<P>> {
  return rule(
    'oneOf',
    'CONTRACT_CATEGORY',
    { column, read: stringColumn(column) },
    options,
    (_batch, cells) => {
      if (cells?.kind !== 'string') return () => true;
      const { codes, dictionary } = cells;
      const ok = new Set(allowed.map((value) => dictionary.find(value)));
      ok.add(NULL_CODE);
      return (row) => !ok.has(codes[row] as number);
    },
    {
      problems: [
        ...(isTexts(allowed) ? [] : [`oneOf(${column}) takes a list of strings, not ${shown(allowed)}`]),
        ...defaultProblems(`oneOf(${column})`, 'string', options),
      ],
      allows: { texts: allowed },
    },
  );
}

export interface FreshnessOptions<P extends Predicate = Predicate> extends RuleOptions<P> {
  /** `dead-letter` by default; the rule has no column that a default could go to. */
  readonly otherwise?: 'dead-letter' | 'flag';
  /** How far the event time may be ahead of the record's timestamp in the log, ms. */
  readonly aheadMs: number;
  /** How far behind, ms; unbounded by default. */
  readonly behindMs?: number;
}

/**
 * The event time must be near the record's timestamp in the log: an event from the far future would move the
 * watermark past everything else. The clock of the machine plays no part, so a replay decides the same. A record without a
 * timestamp has nothing to compare with, and passes.
 */
export function fresh<P extends Predicate = EveryEvent>(
  options: FreshnessOptions<P>,
): Rule<PredicateReads<P>> {
  const { aheadMs = 0, behindMs = Number.POSITIVE_INFINITY } = Object(options) as Partial<FreshnessOptions>;
  const violates: Rule['violates'] = (batch) => {
    const { eventTimeMs, rawIndex, raw } = batch;
    return (row) => {
      const recordMs = raw.timestampMs[rawIndex[row] as number] as number;
      const ahead = (eventTimeMs[row] as number) - recordMs;
      return recordMs >= 0 && !(ahead <= aheadMs && -ahead <= behindMs);
    };
  };
  return rule<never, P>('fresh', 'CONTRACT_FRESHNESS', null, options, violates, { known: FRESHNESS });
}
