// The rules of a contract that look at one column, or at the event time (hot path).
import { duration, required as mandatory, shown, type OptionChecks } from '../core/option-checks.ts';
import { isNullAt, type Column } from '../core/batch.ts';
import {
  anyColumn,
  numberColumn,
  stringColumn,
  type AnyRead,
  type NumberRead,
  type StringRead,
} from '../core/columns.ts';
import { NULL_CODE, type Dictionary } from '../core/dictionary.ts';
import type { EveryEvent, Predicate, PredicateReads } from '../window/predicate.ts';
import {
  OPTIONS,
  rule,
  type Otherwise,
  type Rule,
  type RuleOptions,
  type Violates,
} from './contract-rule.ts';

const FRESHNESS: OptionChecks<FreshnessOptions> = {
  ...OPTIONS,
  aheadMs: mandatory(duration({ zero: true, unlimited: true }), 'minutes(5)'),
  behindMs: duration({ zero: true, unlimited: true }),
};

function isNull(column: Column | undefined): (row: number) => boolean {
  if (column === undefined) return () => true;
  return (row) => isNullAt(column, row);
}

/** The column must not be null. */
export function required<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  options: RuleOptions<P> = {},
): Rule<AnyRead<C> | PredicateReads<NoInfer<P>>> {
  return rule('required', 'CONTRACT_NULL', { column, reads: [anyColumn(column)] }, options, (_batch, cells) =>
    isNull(cells),
  );
}

/** What a default of the other kind would become is nothing that an author means. */
export function defaultProblems(
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

/** @param name of the rule with its column */
export function rangeProblems(name: string, low: unknown, high: unknown): string[] {
  const isNumber = (value: unknown): value is number => typeof value === 'number' && !Number.isNaN(value);
  const isRange = isNumber(low) && isNumber(high) && low <= high;
  return isRange
    ? []
    : [`${name} is from ${shown(low)} to ${shown(high)}: give two numbers, the lower one first`];
}

/** The number must be within [low, high]; null passes. */
export function range<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  low: number,
  high: number,
  options: RuleOptions<P> = {},
): Rule<NumberRead<C> | PredicateReads<NoInfer<P>>> {
  return rule(
    'range',
    'CONTRACT_RANGE',
    { column, reads: [numberColumn(column)] },
    options,
    (_batch, cells) => {
      if (cells?.kind !== 'number') return () => true;
      const { values } = cells;
      return (row) => (values[row] as number) < low || (values[row] as number) > high;
    },
    {
      problems: [
        ...rangeProblems(`range(${column})`, low, high),
        ...defaultProblems(`range(${column})`, 'number', options),
      ],
      allows: { low, high },
      requires: { low, high },
    },
  );
}

/** The number must be whole and finite; null passes. */
export function integer<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  options: RuleOptions<P> = {},
): Rule<NumberRead<C> | PredicateReads<NoInfer<P>>> {
  return rule(
    'integer',
    'CONTRACT_TYPE',
    { column, reads: [numberColumn(column)] },
    options,
    (_batch, cells) => {
      if (cells?.kind !== 'number') return () => true;
      const { values } = cells;
      return (row) => !Number.isNaN(values[row]) && !Number.isInteger(values[row]);
    },
    { problems: defaultProblems(`integer(${column})`, 'number', options), allows: { isWhole: true } },
  );
}

export function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((text) => typeof text === 'string');
}

const UNKNOWN = 0;
const HOLDS = 1;
const BREAKS = 2;

/** A test of strings that is made once for each string of a dictionary; null passes. */
export function textsThat(holds: (text: string) => boolean): Violates {
  const verdicts = new WeakMap<Dictionary, { known: Uint8Array }>();
  return (_batch, cells) => {
    if (cells?.kind !== 'string') return () => true;
    const { codes, dictionary } = cells;
    const found = verdicts.get(dictionary) ?? { known: new Uint8Array(0) };
    verdicts.set(dictionary, found);
    if (found.known.length < dictionary.size) found.known = grown(found.known, 2 * dictionary.size);
    const { known } = found;
    return (row) => {
      const code = codes[row] as number;
      if (code === NULL_CODE) return false;
      let verdict = known[code] as number;
      if (verdict === UNKNOWN) {
        verdict = holds(dictionary.decode(code) as string) ? HOLDS : BREAKS;
        known[code] = verdict;
      }
      return verdict === BREAKS;
    };
  };
}

function grown(from: Uint8Array, length: number): Uint8Array {
  const to = new Uint8Array(length);
  to.set(from);
  return to;
}

/** The string must be one of these; null passes. `valuesFrom(file)` reads them from a file. */
export function oneOf<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  allowed: readonly string[],
  options: RuleOptions<P> = {},
): Rule<StringRead<C> | PredicateReads<NoInfer<P>>> {
  const values = new Set(isTexts(allowed) ? allowed : []);
  return rule(
    'oneOf',
    'CONTRACT_CATEGORY',
    { column, reads: [stringColumn(column)] },
    options,
    textsThat((text) => values.has(text)),
    {
      problems: [
        ...(isTexts(allowed) ? [] : [`oneOf(${column}) takes a list of strings, not ${shown(allowed)}`]),
        ...defaultProblems(`oneOf(${column})`, 'string', options),
      ],
      allows: { texts: allowed },
      requires: { values: allowed },
    },
  );
}

export interface FreshnessOptions<P extends Predicate = Predicate> extends RuleOptions<P> {
  /** `dead-letter` by default; the rule has no column that a default could go to. */
  readonly otherwise?: Exclude<Otherwise, object>;
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
): Rule<PredicateReads<NoInfer<P>>> {
  const { aheadMs = 0, behindMs = Number.POSITIVE_INFINITY } = Object(options) as Partial<FreshnessOptions>;
  const violates: Violates = (batch) => {
    const { eventTimeMs, rawIndex, raw } = batch;
    return (row) => {
      const recordMs = raw.timestampMs[rawIndex[row] as number] as number;
      const ahead = (eventTimeMs[row] as number) - recordMs;
      return recordMs >= 0 && !(ahead <= aheadMs && -ahead <= behindMs);
    };
  };
  return rule<never, P>('fresh', 'CONTRACT_FRESHNESS', { column: null, reads: [] }, options, violates, {
    known: FRESHNESS,
    requires: { aheadMs, ...(Number.isFinite(behindMs) ? { behindMs } : {}) },
  });
}
