// Strings made of strings (hot path, once for each string). Positions count code points, as people count characters and most
// databases do; upper and lower case are those of Unicode, whatever the locale.
import type { Expression } from '../../core/expression.ts';
import { shown } from '../../core/option-checks.ts';
import {
  callText,
  numberOperand,
  textOperand,
  textRows,
  type BooleanOperand,
  type NumberOperand,
  type NumberReads,
  type TextOperand,
  type TextReads,
} from './operands.ts';
import type { AnyFunction } from './row-function.ts';
import { literalProblems, textsOf } from './text-calls.ts';

/** A part of the string, by a separator that is not empty. */
function besideSeparator<A extends TextOperand>(
  name: string,
  column: A,
  separator: string,
  call: (text: string) => string | null,
): Expression<TextReads<A>, 'string'> {
  const problems = literalProblems(name, separator);
  return textsOf({ name, given: [column], call, more: [separator], problems });
}

/** What is before a position; null if there is none. */
function beforeAt(text: string, at: number): string | null {
  return at < 0 ? null : text.slice(0, at);
}

/** What is behind `length` code units from a position on; null if there is none. */
function afterAt(text: string, at: number, length: number): string | null {
  return at < 0 ? null : text.slice(at + length);
}

export function after<const A extends TextOperand>(
  column: A,
  separator: string,
): Expression<TextReads<A>, 'string'> {
  return besideSeparator('after', column, separator, (text) =>
    afterAt(text, text.indexOf(separator), separator.length),
  );
}

export function before<const A extends TextOperand>(
  column: A,
  separator: string,
): Expression<TextReads<A>, 'string'> {
  return besideSeparator('before', column, separator, (text) => beforeAt(text, text.indexOf(separator)));
}

export function afterLast<const A extends TextOperand>(
  column: A,
  separator: string,
): Expression<TextReads<A>, 'string'> {
  return besideSeparator('afterLast', column, separator, (text) =>
    afterAt(text, text.lastIndexOf(separator), separator.length),
  );
}

export function beforeLast<const A extends TextOperand>(
  column: A,
  separator: string,
): Expression<TextReads<A>, 'string'> {
  return besideSeparator('beforeLast', column, separator, (text) =>
    beforeAt(text, text.lastIndexOf(separator)),
  );
}

export function lower<const A extends TextOperand>(column: A): Expression<TextReads<A>, 'string'> {
  return textsOf({ name: 'lower', given: [column], call: (text) => text.toLowerCase() });
}

export function upper<const A extends TextOperand>(column: A): Expression<TextReads<A>, 'string'> {
  return textsOf({ name: 'upper', given: [column], call: (text) => text.toUpperCase() });
}

export function trim<const A extends TextOperand>(column: A): Expression<TextReads<A>, 'string'> {
  return textsOf({ name: 'trim', given: [column], call: (text) => text.trim() });
}

export function slice<const A extends TextOperand>(
  column: A,
  start: number,
  end?: number,
): Expression<TextReads<A>, 'string'> {
  const isWhole = Number.isSafeInteger(start) && (end === undefined || Number.isSafeInteger(end));
  return textsOf({
    name: 'slice',
    given: [column],
    call: (text) => Array.from(text).slice(start, end).join(''),
    more: end === undefined ? [start] : [start, end],
    problems: isWhole ? [] : [`text.slice takes whole numbers, not ${shown([start, end])}`],
  });
}

export function replace<const A extends TextOperand>(
  column: A,
  from: string,
  to: string,
): Expression<TextReads<A>, 'string'> {
  return textsOf({
    name: 'replace',
    given: [column],
    call: (text) => text.replaceAll(from, () => to),
    more: [from, to],
    problems: [
      ...literalProblems('replace', from),
      ...(typeof to === 'string' ? [] : [`text.replace puts in a string, not ${shown(to)}`]),
    ],
  });
}

export function join<const A extends readonly TextOperand[]>(
  separator: string,
  ...columns: A
): Expression<TextReads<A[number]>, 'string'> {
  return textsOf<A[number]>({
    name: 'join',
    takesHashes: true,
    given: columns,
    call: (...texts) => texts.join(separator),
    more: [separator],
    problems: [
      ...(typeof separator === 'string'
        ? []
        : [`text.join takes a separator first, not ${shown(separator)}`]),
      ...(columns.length === 0 ? ['text.join takes columns'] : []),
    ],
  });
}

export function fromNumber<const A extends NumberOperand>(value: A): Expression<NumberReads<A>, 'string'> {
  const operands = [numberOperand(value)];
  const call = (number: number): string | null => (Number.isNaN(number) ? null : String(number));
  return textRows({
    operands,
    call: call as AnyFunction, // it takes one number
    text: callText('text.fromNumber', operands),
  });
}

export function whenText<
  const C extends BooleanOperand,
  const A extends TextOperand,
  const B extends TextOperand,
>(condition: C, then: A, otherwise: B): Expression<NumberReads<C> | TextReads<A | B>, 'string'> {
  const operands = [numberOperand(condition), textOperand(then), textOperand(otherwise)];
  const call = (is: number, a: string | null, b: string | null): string | null => (is === 1 ? a : b);
  return textRows({
    operands,
    call: call as AnyFunction, // as the operands are
    text: callText('text.when', operands),
  });
}
