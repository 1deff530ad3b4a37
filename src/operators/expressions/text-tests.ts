// Numbers and conditions of strings (hot path, once for each string). Lengths count code points.
import type { Expression } from '../../core/expression.ts';
import { shown } from '../../core/option-checks.ts';
import type { TextOperand, TextReads } from './operands.ts';
import { patternOf } from './pattern.ts';
import { literalProblems, numbersOf } from './text-calls.ts';

/** Code points; a string has two code units for those beyond 65,535. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i + 1 < text.length; i++) if ((text.codePointAt(i) as number) > 0xffff) count--;
  return count;
}

export function length<const A extends TextOperand>(column: A): Expression<TextReads<A>, 'number'> {
  return numbersOf('number', { name: 'length', given: [column], call: codePoints });
}

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

export function toNumber<const A extends TextOperand>(column: A): Expression<TextReads<A>, 'number'> {
  const call = (text: string): number => (DECIMAL.test(text.trim()) ? Number(text.trim()) : Number.NaN);
  return numbersOf('number', { name: 'toNumber', given: [column], call });
}

export function same<const A extends TextOperand, const B extends TextOperand>(
  a: A,
  b: B,
): Expression<TextReads<A | B>, 'boolean'> {
  return numbersOf<A | B, 'boolean'>('boolean', {
    name: 'same',
    takesHashes: true,
    given: [a, b],
    call: (one, other) => one === other,
  });
}

export function oneOf<const A extends TextOperand>(
  column: A,
  values: readonly string[],
): Expression<TextReads<A>, 'boolean'> {
  const isList = Array.isArray(values) && values.length > 0 && values.every((v) => typeof v === 'string');
  const set = new Set(isList ? values : []);
  return numbersOf('boolean', {
    name: 'oneOf',
    given: [column],
    call: (text) => set.has(text),
    more: [values],
    problems: isList ? [] : [`text.oneOf takes a list of strings, not ${shown(values)}`],
  });
}

/** A condition by a string that is not empty. */
function literalTest<A extends TextOperand>(
  name: string,
  column: A,
  literal: string,
  call: (text: string) => boolean,
): Expression<TextReads<A>, 'boolean'> {
  const problems = literalProblems(name, literal);
  return numbersOf('boolean', { name, given: [column], call, more: [literal], problems });
}

export function startsWith<const A extends TextOperand>(
  column: A,
  prefix: string,
): Expression<TextReads<A>, 'boolean'> {
  return literalTest('startsWith', column, prefix, (text) => text.startsWith(prefix));
}

export function endsWith<const A extends TextOperand>(
  column: A,
  suffix: string,
): Expression<TextReads<A>, 'boolean'> {
  return literalTest('endsWith', column, suffix, (text) => text.endsWith(suffix));
}

export function contains<const A extends TextOperand>(
  column: A,
  part: string,
): Expression<TextReads<A>, 'boolean'> {
  return literalTest('contains', column, part, (text) => text.includes(part));
}

export function matches<const A extends TextOperand>(
  column: A,
  pattern: string | RegExp,
): Expression<TextReads<A>, 'boolean'> {
  const { test, source, problem } = patternOf(pattern);
  return numbersOf('boolean', {
    name: 'matches',
    given: [column],
    call: test,
    more: [source],
    problems: problem === null ? [] : [problem],
  });
}
