// The rules of a contract over several columns, and over the text of one (hot path).
import { stringColumn, type StringRead } from '../core/columns.ts';
import { isExpression, type Expression, type FailedRows } from '../core/expression.ts';
import { shown } from '../core/option-checks.ts';
import type { EveryEvent, Predicate, PredicateReads } from '../window/predicate.ts';
import { rule, type OpenRule, type Otherwise, type Rule, type RuleOptions } from './contract-rule.ts';
import { defaultProblems, textsThat } from './contract-rules.ts';
import { patternOf } from './expressions/pattern.ts';
import { codePoints } from './expressions/text-tests.ts';

export interface ConditionOptions<P extends Predicate = Predicate> extends RuleOptions<P> {
  /** `dead-letter` by default; of the columns of a condition, none is the one that a default could go to. */
  readonly otherwise?: Exclude<Otherwise, object>;
}

/**
 * A condition over columns must hold; one that is null passes, as a CHECK of SQL does. An event for which a function of the
 * condition throws breaks the rule.
 * @example holds(lessEqual('shippedAt', 'deliveredAt'))
 */
export function holds<R extends string, P extends Predicate = EveryEvent>(
  condition: Expression<R, 'boolean'>,
  options: ConditionOptions<P> = {},
): Rule<R | PredicateReads<NoInfer<P>>> {
  const isCondition = isExpression(condition) && condition.kind === 'boolean';
  const text = isCondition ? condition.text : '';
  return rule<R, P>(
    `holds(${text})`,
    'CONTRACT_CONDITION',
    { column: null, reads: isCondition ? condition.reads : [] },
    options,
    {
      open(context): OpenRule {
        const evaluate = condition.open(`stage ${context.stage}, rule holds(${text})`);
        return {
          violates(batch) {
            const failed: FailedRows = new Map();
            const column = evaluate(batch, failed);
            if (column.kind !== 'number') return () => true;
            const { values } = column;
            return failed.size === 0
              ? (row) => values[row] === 0
              : (row) => values[row] === 0 || failed.has(row);
          },
        };
      },
    },
    {
      requires: { condition: text },
      inner: isCondition ? [condition] : [],
      problems: isCondition
        ? []
        : [`holds takes a condition, such as less('a', 'b'), not ${shown(condition)}`],
    },
  );
}

/**
 * The string must match a regular expression of RE2, in part of it or, anchored by `^...$`, as a whole; null passes. It takes
 * linear time, and a string that is too long for it breaks the rule.
 * @example matches('email', '^[^@ ]+@[^@ ]+$')
 */
export function matches<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  pattern: string | RegExp,
  options: RuleOptions<P> = {},
): Rule<StringRead<C> | PredicateReads<NoInfer<P>>> {
  const { test, source, problem } = patternOf(pattern);
  return rule(
    'matches',
    'CONTRACT_PATTERN',
    { column, reads: [stringColumn(column)] },
    options,
    textsThat(test),
    {
      requires: { pattern: source },
      problems: [
        ...(problem === null ? [] : [problem]),
        ...defaultProblems(`matches(${column})`, 'string', options),
      ],
    },
  );
}

/** The string must have from `low` to `high` code points; null passes. */
export function length<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  low: number,
  high: number,
  options: RuleOptions<P> = {},
): Rule<StringRead<C> | PredicateReads<NoInfer<P>>> {
  const isRange = low >= 0 && low <= high;
  return rule(
    'length',
    'CONTRACT_LENGTH',
    { column, reads: [stringColumn(column)] },
    options,
    textsThat((text) => {
      const count = codePoints(text);
      return count >= low && count <= high;
    }),
    {
      requires: { low, high },
      problems: [
        ...(isRange
          ? []
          : [`length(${column}) is from ${shown(low)} to ${shown(high)}: give the lower one first`]),
        ...defaultProblems(`length(${column})`, 'string', options),
      ],
    },
  );
}
