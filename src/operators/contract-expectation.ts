// An expectation of a contract: a rule whose verdict is on the windows of a partition (control path).
import type { ErrorCode } from '../core/errors.ts';
import { duration, type OptionChecks } from '../core/option-checks.ts';
import type { Predicate, PredicateReads } from '../window/predicate.ts';
import {
  OPTIONS,
  rule,
  type OpenRule,
  type Otherwise,
  type Requirement,
  type Rule,
  type RuleOptions,
} from './contract-rule.ts';
import { ExpectationWindows, type Expectation } from './contract-windows.ts';

/** The options of all expectations. */
export interface ExpectationOptions<P extends Predicate = Predicate> extends RuleOptions<P> {
  /**
   * `alert` by default. The others concern the events that follow a window which is not as expected, until one is:
   * `dead-letter` sets them aside, and a default takes the place of their values.
   */
  readonly otherwise?: Otherwise;
  /** Length of a window, event time, ms: a minute for `volume` and `recency`, ten for `nullShare`, an hour for `distribution`. */
  readonly over?: number;
}

/** Of an expectation that is about no column, to which a default could go. */
export interface WithoutDefault<P extends Predicate> extends ExpectationOptions<P> {
  /** `alert` by default. The others concern the events that follow a window which is not as expected, until one is. */
  readonly otherwise?: Exclude<Otherwise, object>;
}

/** One kind of expectation. */
interface Declared {
  readonly kind: string;
  readonly code: ErrorCode;
  readonly column: string | null;
  readonly over: number;
  readonly expectation: Expectation;
  readonly known: OptionChecks<RuleOptions>;
  readonly requires: Requirement;
  readonly problems?: readonly string[];
  /** Time without an event after which the expectation cannot be met, ms; null if it can. */
  readonly silentAfterMs?: number | null;
}

/** What the options of all expectations must be. */
export const COMMON_OPTIONS: OptionChecks<ExpectationOptions> = { ...OPTIONS, over: duration() };

/** Windows that may be open at once: more than the allowed lateness covers are never. */
const OPEN_WINDOWS_MAX = 10_000;

/** A rule that counts events by window, and decides by the last complete one. */
export function expected<R extends string, P extends Predicate>(
  { kind, code, column, over, expectation, known, requires, problems = [], silentAfterMs = null }: Declared,
  reads: readonly R[],
  options: ExpectationOptions<P>,
): Rule<R | PredicateReads<NoInfer<P>>> {
  return rule<R, P>(
    kind,
    code,
    { column, reads },
    options,
    {
      open(context): OpenRule {
        // Shorter windows than the lateness would be open by the thousands.
        const lateness = Math.min(context.allowedLatenessMs, over * OPEN_WINDOWS_MAX);
        const windows = new ExpectationWindows(expectation, over, lateness);
        return {
          operatorState: windows,
          violates: (batch, cells) => windows.begin(batch, cells),
          ...(silentAfterMs === null
            ? {}
            : { silence: { afterMs: silentAfterMs, newestMs: () => windows.newestMs } }),
        };
      },
    },
    {
      known,
      otherwise: 'alert',
      memory: { memoryMs: 2 * over, keys: [] },
      requires: { over, ...requires },
      problems,
    },
  );
}
