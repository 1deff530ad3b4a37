// A rule of a contract over the events of a key (hot path).
import { anyColumn, numberColumn, type AnyRead, type NumberRead } from '../core/columns.ts';
import {
  columns as columnsCheck,
  duration,
  flag,
  required,
  type OptionChecks,
} from '../core/option-checks.ts';
import { days } from '../core/time.ts';
import type { EveryEvent, Predicate, PredicateReads } from '../window/predicate.ts';
import {
  OPTIONS,
  rule,
  type OpenRule,
  type Otherwise,
  type Rule,
  type RuleOptions,
} from './contract-rule.ts';
import { defaultProblems } from './contract-rules.ts';
import { KeyValueState } from './key-value-state.ts';

export interface MonotonicOptions<
  By extends string = string,
  P extends Predicate = Predicate,
> extends RuleOptions<P> {
  /** `dead-letter` by default. A default takes the place of the number that is too low. */
  readonly otherwise?: Exclude<Otherwise, object> | { readonly default: number | null };
  /** The columns that make the key. */
  readonly by: readonly By[];
  /** Whether equal numbers break the rule; false by default. */
  readonly strictly?: boolean;
  /** Event time for which the number of a key is remembered, ms; 7 days by default. */
  readonly rememberMs?: number;
}

const MONOTONIC: OptionChecks<MonotonicOptions> = {
  ...OPTIONS,
  by: required(columnsCheck, "['vehicle']"),
  strictly: flag,
  rememberMs: duration(),
};

/**
 * The number must not fall from an event of a key to the next in the log; null passes. An event that breaks the rule is not
 * remembered. A number that is far too high makes those after it break the rule: put a `range` before.
 * @example monotonic('odometer', { by: ['vehicle'] })
 */
export function monotonic<const C extends string, const By extends string, P extends Predicate = EveryEvent>(
  column: C,
  options: MonotonicOptions<By, P>,
): Rule<NumberRead<C> | AnyRead<By> | PredicateReads<NoInfer<P>>> {
  const { by, strictly = false, rememberMs = days(7) } = Object(options) as MonotonicOptions<By, P>;
  const key = columnsCheck(by) === null ? by : [];
  return rule<NumberRead<C> | AnyRead<By>, P>(
    'monotonic',
    'CONTRACT_ORDER',
    { column, reads: [numberColumn(column), ...key.map((name) => anyColumn(name))] },
    options,
    {
      open(context): OpenRule {
        const last = new KeyValueState<number>({ key, ttlMs: rememberMs }, context);
        return {
          keyedState: last,
          violates(batch, cells) {
            if (cells?.kind !== 'number') return () => true;
            const { values } = cells;
            last.bind(batch);
            return (row) => {
              const value = values[row] as number;
              if (Number.isNaN(value)) return false;
              const before = last.get(row);
              if (before !== undefined && (strictly ? value <= before : value < before)) return true;
              last.set(row, value);
              return false;
            };
          },
        };
      },
    },
    {
      known: MONOTONIC,
      memory: { memoryMs: rememberMs, keys: key },
      requires: { by: [...key], strictly },
      problems: defaultProblems(`monotonic(${column})`, 'number', options),
    },
  );
}
