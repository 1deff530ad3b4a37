// Predicates over the columns of an event, as they are declared (control path): conditions by column, or an expression. How
// they become row masks is in operators/predicate.ts.
import { shown, type OptionCheck } from '../core/option-checks.ts';
import { numberColumn, stringColumn, type NumberRead, type StringRead } from '../core/columns.ts';
import { isExpression, type Expression } from '../core/expression.ts';
import { stableJson } from '../core/stable-json.ts';

/** A test of a numeric column; null (NaN) passes none. */
export interface NumberTest {
  readonly op: 'atLeast' | 'above' | 'atMost' | 'below';
  readonly value: number;
}

/** What a column must be: one string, one of several, a test of a number, or true or false of a boolean. */
export type Condition = string | readonly string[] | NumberTest | boolean;

/** Column to what it must be. All conditions must hold. */
export type Conditions = Readonly<Record<string, Condition>>;

/** Which events: conditions by column, or an expression that is true for them. */
export type Predicate = Conditions | Expression<string, 'boolean'>;

/** Where there is no predicate: every event. */
export type EveryEvent = never;

/** The columns that a predicate reads: 'type: string' if it compares with strings, 'amount: number' for a test or a boolean. */
export type PredicateReads<P extends Predicate> = [P] extends [EveryEvent]
  ? never
  : P extends Expression<infer Reads>
    ? Reads
    : [
        {
          [C in keyof P & string]: P[C] extends NumberTest | boolean ? NumberRead<C> : StringRead<C>;
        }[keyof P & string],
      ][0]; // the tuple keeps the compiler from showing the name of this type in place of the columns

/** Whether a condition is one of a number column; booleans are 1 and 0 there. */
export function isOfNumber(condition: Condition): condition is NumberTest | boolean {
  return typeof condition === 'boolean' || (typeof condition === 'object' && 'op' in condition);
}

/** The same at run time. */
export function predicateReads<P extends Predicate>(predicate: P): Array<PredicateReads<P>> {
  const reads = isExpression(predicate)
    ? [...predicate.reads]
    : Object.entries<Condition>(predicate).map(([column, condition]) =>
        isOfNumber(condition) ? numberColumn(column) : stringColumn(column),
      );
  return reads as Array<PredicateReads<P>>; // the keys of P, as Object.entries has them as strings
}

const expressionNumbers = new WeakMap<object, number>();
let expressionCount = 0;

/** Equal for predicates that select the same rows. Functions can't be compared: an expression is equal to itself alone. */
export function predicateKey(predicate: Predicate): string {
  if (!isExpression(predicate)) return stableJson(predicate);
  const number = expressionNumbers.get(predicate) ?? expressionCount++;
  expressionNumbers.set(predicate, number);
  return `expression ${number}`;
}

/** What a fingerprint has of a predicate: the same in each process. */
export function predicateContent(predicate: Predicate): unknown {
  return isExpression(predicate) ? predicate.text : predicate;
}

/** Values of at least `value`. */
export function atLeast(value: number): NumberTest {
  return { op: 'atLeast', value };
}
/** Values above `value`. */
export function above(value: number): NumberTest {
  return { op: 'above', value };
}
/** Values of at most `value`. */
export function atMost(value: number): NumberTest {
  return { op: 'atMost', value };
}
/** Values below `value`. */
export function below(value: number): NumberTest {
  return { op: 'below', value };
}

const OPERATORS: readonly unknown[] = ['atLeast', 'above', 'atMost', 'below'];

/** What is wrong with a predicate, as a clause; null if nothing is. */
export const predicateCheck: OptionCheck = (predicate) => {
  if (isExpression(predicate))
    return predicate.kind === 'boolean' ? null : `${predicate.text} is a ${predicate.kind}, and no condition`;
  if (typeof predicate !== 'object' || predicate === null || Array.isArray(predicate))
    return `${shown(predicate)} is no predicate: { column: value }`;
  for (const [column, condition] of Object.entries(predicate)) {
    const problem = conditionProblem(condition);
    if (problem !== null) return `'${column}': ${problem}`;
  }
  return null;
};

/** What is wrong with a test of a number. */
export const numberTestCheck: OptionCheck = (test) => {
  if (typeof test !== 'object' || test === null || !('op' in test) || !OPERATORS.includes(test.op))
    return `${shown(test)} is no test: use atLeast, above, atMost or below`;
  const value = 'value' in test ? test.value : undefined;
  return Number.isFinite(value) ? null : `${String(test.op)}(${shown(value)}) does not compare with a number`;
};

function conditionProblem(condition: unknown): string | null {
  if (typeof condition === 'string' || typeof condition === 'boolean') return null;
  if (!Array.isArray(condition))
    return typeof condition === 'object' && condition !== null
      ? numberTestCheck(condition)
      : `${shown(condition)} is no condition: a string, a list of strings, true or false, or a test such as atLeast(1)`;
  if (condition.length === 0) return 'the list is empty: no event passes';
  const strange = condition.findIndex((value) => typeof value !== 'string');
  return strange < 0 ? null : `${shown(condition[strange])} is no string`;
}

/** Whether the condition holds; false for NaN. */
export function holds(condition: NumberTest | boolean, value: number): boolean {
  return typeof condition === 'boolean' ? value === (condition ? 1 : 0) : passes(condition, value);
}

/** Whether the number passes the test; false for NaN. */
export function passes(test: NumberTest, value: number): boolean {
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
