// `text`: a string column, and the functions of strings by their names (control path).
import type { StringRead } from '../../core/columns.ts';
import type { Expression } from '../../core/expression.ts';
import { stringReference } from './operands.ts';
import * as parts from './text-parts.ts';
import * as tests from './text-tests.ts';

/** A string column as an input of a function, and the functions of strings: `text.after('email', '@')`. */
export interface TextFunctions {
  /** A string column, as an input of `numberFrom`, `stringFrom` and `rowsWhere`. */
  <const C extends string>(column: C): Expression<StringRead<C>, 'string'>;
  /** What follows the first separator; null without one. */
  readonly after: typeof parts.after;
  /** What precedes the first separator; null without one. */
  readonly before: typeof parts.before;
  /** What follows the last separator; null without one. */
  readonly afterLast: typeof parts.afterLast;
  /** What precedes the last separator; null without one. */
  readonly beforeLast: typeof parts.beforeLast;
  /** In lower case. */
  readonly lower: typeof parts.lower;
  /** In upper case. */
  readonly upper: typeof parts.upper;
  /** Without white space at both ends. */
  readonly trim: typeof parts.trim;
  /** Code points [start, end); negative ones count from the end. */
  readonly slice: typeof parts.slice;
  /** With every occurrence of a string replaced by another. */
  readonly replace: typeof parts.replace;
  /** The strings with a separator between them; null if one is null. */
  readonly join: typeof parts.join;
  /** The number of code points. */
  readonly length: typeof tests.length;
  /** The decimal number that the string is; null if it is none. */
  readonly toNumber: typeof tests.toNumber;
  /** A number as a string, the shortest that gives the same number: for keys. */
  readonly fromNumber: typeof parts.fromNumber;
  /** Whether two strings are equal. */
  readonly same: typeof tests.same;
  /** Whether the string is one of a list. */
  readonly oneOf: typeof tests.oneOf;
  /** Whether it starts with another. */
  readonly startsWith: typeof tests.startsWith;
  /** Whether it ends with another. */
  readonly endsWith: typeof tests.endsWith;
  /** Whether another is part of it. */
  readonly contains: typeof tests.contains;
  /** Whether a regular expression of RE2 matches part of the string; anchored, `^...$`, the whole string. */
  readonly matches: typeof tests.matches;
  /** One of two strings, by a condition; a condition that is null chooses the second. */
  readonly when: typeof parts.whenText;
}

function textColumn<const C extends string>(column: C): Expression<StringRead<C>, 'string'> {
  return stringReference(column);
}

const { whenText, ...others } = parts;
const { length, codePoints: _, ...conditions } = tests;

/** `text('origin')`, and the functions of strings. */
export const text: TextFunctions = Object.defineProperty(
  Object.assign(textColumn, others, conditions, { when: whenText }),
  'length',
  { value: length },
) as unknown as TextFunctions; // a function has a length already, which is replaced
