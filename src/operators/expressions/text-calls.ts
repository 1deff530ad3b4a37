// Functions of strings as expressions (hot path): each is called once for a string that a batch has, not once a row; null
// gives null.
import type { Expression } from '../../core/expression.ts';
import { shown } from '../../core/option-checks.ts';
import {
  callText,
  numericRows,
  textOperand,
  textRows,
  type TextOperand,
  type TextReads,
} from './operands.ts';
import type { AnyFunction } from './row-function.ts';

export interface Call<A, R> {
  readonly name: string;
  readonly given: readonly A[];
  /** Called with strings that are not null. */
  readonly call: (...texts: string[]) => R;
  /** The other arguments, for the description. */
  readonly more?: readonly unknown[];
  readonly problems?: readonly string[];
  /** Whether the strings of hashed columns do as well; false by default. */
  readonly takesHashes?: boolean;
}

export function textsOf<A extends TextOperand>({
  name,
  given,
  call,
  more = [],
  problems = [],
  takesHashes = false,
}: Call<A, string | null>): Expression<TextReads<A>, 'string'> {
  const operands = given.map((one) => textOperand(one));
  const orNull = (...texts: Array<string | null>): string | null =>
    texts.every((text) => text !== null) ? call(...texts) : null;
  const text = callText(`text.${name}`, operands, more);
  return textRows({ operands, call: orNull as AnyFunction, text, problems, looksIntoText: !takesHashes });
}

export function numbersOf<A extends TextOperand, Kind extends 'number' | 'boolean'>(
  kind: Kind,
  { name, given, call, more = [], problems = [], takesHashes = false }: Call<A, number | boolean>,
): Expression<TextReads<A>, Kind> {
  const operands = given.map((one) => textOperand(one));
  const orNull = (...texts: Array<string | null>): number =>
    texts.every((text) => text !== null) ? Number(call(...texts)) : Number.NaN;
  const text = callText(`text.${name}`, operands, more);
  return numericRows(kind, {
    operands,
    call: orNull as AnyFunction,
    text,
    problems,
    looksIntoText: !takesHashes,
  });
}

export function literalProblems(name: string, ...literals: readonly unknown[]): string[] {
  return literals
    .filter((literal) => typeof literal !== 'string' || literal === '')
    .map((literal) => `text.${name} takes a string that is not empty, not ${shown(literal)}`);
}
