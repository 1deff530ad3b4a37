// What a contract expects of a partition over time (control path declares it; the counting is on the hot path): volume, null
// share, recency and distribution.
import { anyColumn, type AnyRead } from '../core/columns.ts';
import { isNullAt, type Column } from '../core/batch.ts';
import {
  duration,
  number,
  required,
  shown,
  whole,
  type OptionCheck,
  type OptionChecks,
} from '../core/option-checks.ts';
import { hours, minutes, MS_PER_MINUTE } from '../core/time.ts';
import { populationStabilityIndex } from '../stats/psi.ts';
import type { EveryEvent, Predicate, PredicateReads } from '../window/predicate.ts';
import { binsProblem, openBins, type DistributionReference } from './contract-bins.ts';
import {
  COMMON_OPTIONS,
  expected,
  type ExpectationOptions,
  type WithoutDefault,
} from './contract-expectation.ts';
import type { Rule } from './contract-rule.ts';
import { defaultProblems } from './contract-rules.ts';
import type { Expectation } from './contract-windows.ts';

function isMissing(column: Column | undefined): (row: number) => boolean {
  if (column === undefined) return () => true;
  return (row) => isNullAt(column, row);
}

function plus(figures: number[], at: number, by: number): void {
  figures[at] = (figures[at] as number) + by;
}

/** Two numbers, the lower one first; `Infinity` for no upper one. */
const rangeCheck: OptionCheck = (value) => {
  const [low, high] = Array.isArray(value) ? (value as unknown[]) : [];
  const isRange = typeof low === 'number' && typeof high === 'number' && low >= 0 && low <= high;
  return isRange ? null : `${shown(value)} is not two numbers, the lower one first`;
};

export interface VolumeOptions<P extends Predicate = Predicate> extends WithoutDefault<P> {
  /** Events a minute of event time, the least and the most. */
  readonly perMinute: readonly [low: number, high: number];
}
const VOLUME: OptionChecks<VolumeOptions> = {
  ...COMMON_OPTIONS,
  perMinute: required(rangeCheck, '[100, 50_000]'),
};

/**
 * Events of the partition a minute. What becomes of events depends on events alone, so a gap decides with the first event
 * behind it. That none come where some are expected is the condition `partition_silent` meanwhile, after two windows.
 * @example volume({ perMinute: [100, 50_000] })
 */
export function volume<P extends Predicate = EveryEvent>(
  options: VolumeOptions<P>,
): Rule<PredicateReads<NoInfer<P>>> {
  const { perMinute, over = minutes(1) } = Object(options) as VolumeOptions<P>;
  const [low, high] = rangeCheck(perMinute) === null ? perMinute : [0, 0];
  const perWindow = over / MS_PER_MINUTE;
  const expectation: Expectation = {
    empty: () => [0],
    reader: () => (figures) => plus(figures, 0, 1),
    isMet: ([rows = 0]) => rows >= low * perWindow && rows <= high * perWindow,
  };
  const requires = { low, high };
  return expected<never, P>(
    {
      kind: 'volume',
      code: 'CONTRACT_VOLUME',
      column: null,
      over,
      expectation,
      known: VOLUME,
      requires,
      // Any two windows' time contains a whole one.
      silentAfterMs: low > 0 ? 2 * over : null,
    },
    [],
    options,
  );
}

export interface NullShareOptions<P extends Predicate = Predicate> extends ExpectationOptions<P> {
  /** The largest share of nulls, 0 to 1. */
  readonly most: number;
  /** Windows with fewer events say nothing; 100 by default. */
  readonly rowsMin?: number;
}
const NULL_SHARE: OptionChecks<NullShareOptions> = {
  ...COMMON_OPTIONS,
  most: required(number(0, 1), '0.05'),
  rowsMin: whole(1),
};

/**
 * The share of events of the partition in which a column is null.
 * @example nullShare('email', { most: 0.05 })
 */
export function nullShare<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  options: NullShareOptions<P>,
): Rule<AnyRead<C> | PredicateReads<NoInfer<P>>> {
  const { most, over = minutes(10), rowsMin = 100 } = Object(options) as NullShareOptions<P>;
  const expectation: Expectation = {
    empty: () => [0, 0],
    reader(_batch, cells) {
      const isNull = isMissing(cells);
      return (figures, row) => {
        plus(figures, 0, 1);
        if (isNull(row)) plus(figures, 1, 1);
      };
    },
    isMet: ([rows = 0, nulls = 0]) => (rows < rowsMin ? null : nulls <= most * rows),
  };
  const requires = { high: most };
  return expected(
    { kind: 'nullShare', code: 'CONTRACT_NULL', column, over, expectation, known: NULL_SHARE, requires },
    [anyColumn(column)],
    options,
  );
}

export interface RecencyOptions<P extends Predicate = Predicate> extends WithoutDefault<P> {
  /** How far the most recent event of a window may be behind its record's timestamp, ms. */
  readonly behindMs: number;
}
const RECENCY: OptionChecks<RecencyOptions> = {
  ...COMMON_OPTIONS,
  behindMs: required(duration({ zero: true }), 'minutes(5)'),
};

/**
 * How late the events of the partition come: the least time, over a window, between an event and its record in the log. A
 * single late event is normal, a window of them is a producer that lags. The clock plays no part in that; that nothing comes
 * for longer, `behindMs` and a window, is the condition `partition_silent`.
 * @example recency({ behindMs: minutes(5) })
 */
export function recency<P extends Predicate = EveryEvent>(
  options: RecencyOptions<P>,
): Rule<PredicateReads<NoInfer<P>>> {
  const { behindMs, over = minutes(1) } = Object(options) as RecencyOptions<P>;
  const expectation: Expectation = {
    empty: () => [0, Number.MAX_VALUE],
    reader({ eventTimeMs, raw, rawIndex }) {
      return (figures, row) => {
        const recordMs = raw.timestampMs[rawIndex[row] as number] as number;
        if (recordMs < 0) return; // the record has none
        const behind = recordMs - (eventTimeMs[row] as number);
        plus(figures, 0, 1);
        if (behind < (figures[1] as number)) figures[1] = behind;
      };
    },
    isMet: ([rows = 0, least = 0]) => (rows === 0 ? null : least <= behindMs),
  };
  const requires = { behindMs };
  return expected<never, P>(
    {
      kind: 'recency',
      code: 'CONTRACT_FRESHNESS',
      column: null,
      over,
      expectation,
      known: RECENCY,
      requires,
      silentAfterMs: behindMs + over,
    },
    [],
    options,
  );
}

export interface DistributionOptions<P extends Predicate = Predicate> extends ExpectationOptions<P> {
  /** What the values are compared with, as `referenceOf(values)` gives it; it is plain data, which a JSON file can hold. */
  readonly reference: DistributionReference;
  /** The largest population stability index; 0.25, a major shift, by default. */
  readonly most?: number;
  /** Windows with fewer events say nothing; 500 by default. */
  readonly rowsMin?: number;
}
const DISTRIBUTION: OptionChecks<DistributionOptions> = {
  ...COMMON_OPTIONS,
  reference: required((value) => binsProblem(value), 'referenceOf(lastMonth)'),
  most: number(0),
  rowsMin: whole(1),
};

/**
 * The distribution of a column on the partition, compared with a reference by the population stability index over its bins:
 * for numbers deciles, for strings the frequent ones.
 * @example distribution('amount', { reference: referenceOf(lastMonth), most: 0.25 })
 */
export function distribution<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  options: DistributionOptions<P>,
): Rule<AnyRead<C> | PredicateReads<NoInfer<P>>> {
  const given = Object(options) as DistributionOptions<P>;
  const { reference, most = 0.25, over = hours(1), rowsMin = 500 } = given;
  const kind = binsProblem(reference) === null && reference.kind === 'numeric' ? 'number' : 'string';
  const bins = openBins(
    binsProblem(reference) === null ? reference : { kind: 'numeric', edges: [], shares: [0, 1] },
  );
  const expectation: Expectation = {
    empty: () => bins.psi.shares.map(() => 0),
    reader(_batch, cells) {
      const binOf = bins.reader(cells);
      return (figures, row) => plus(figures, binOf(row), 1);
    },
    isMet(figures) {
      const rows = figures.reduce((sum, count) => sum + count, 0);
      return rows < rowsMin ? null : populationStabilityIndex(bins.psi, Float64Array.from(figures)) <= most;
    },
  };
  const requires = { high: most };
  return expected(
    {
      kind: 'distribution',
      code: 'CONTRACT_DISTRIBUTION',
      column,
      over,
      expectation,
      known: DISTRIBUTION,
      requires,
      problems: defaultProblems(`distribution(${column})`, kind, options),
    },
    [anyColumn(column)],
    options,
  );
}
