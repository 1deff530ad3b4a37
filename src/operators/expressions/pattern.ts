// Regular expressions over strings of events (hot path, once for each string). A backtracking engine takes exponential time
// for some strings, and the sender of an event chooses them. So patterns are RE2's (Cox, 2010, "Regular Expression Matching
// in the Wild"): without back-references and look-around, in time linear in the text, and text and pattern are bounded.
import { RE2JS } from 're2js';
import { messageOf } from '../../core/errors.ts';
import { shown } from '../../core/option-checks.ts';

/**
 * Steps that a pattern may take on a string, its instructions times the string's code units: a step takes up to 0.3 µs. A
 * longer string matches nothing.
 */
const PATTERN_STEPS_MAX = 250_000;

export interface Pattern {
  /** As RE2 has it, flags included: `(?i)^ab`. */
  readonly source: string;
  readonly test: (text: string) => boolean;
  readonly problem: string | null;
}

function refused(given: unknown, why: string): Pattern {
  return { source: String(given), test: () => false, problem: `the pattern ${shown(String(given))} ${why}` };
}

/** @param given a pattern, or a regular expression of JavaScript whose source is read as RE2 reads it */
export function patternOf(given: unknown): Pattern {
  if (!(given instanceof RegExp) && typeof given !== 'string')
    return refused(given, 'is no string and no regular expression');
  const { source, flags } = given instanceof RegExp ? given : { source: given, flags: '' };
  const [strange] = flags.replaceAll(/[imsu]/g, '');
  if (strange !== undefined) return refused(given, `has the flag '${strange}': i, m, s and u are known`);
  const inline = flags.replaceAll('u', '');
  return compiled(inline === '' ? source : `(?${inline})${source}`);
}

function compiled(source: string): Pattern {
  try {
    const pattern = RE2JS.compile(source);
    const lengthMax = Math.floor(PATTERN_STEPS_MAX / Math.max(1, pattern.programSize()));
    return { source, test: (text) => text.length <= lengthMax && pattern.test(text), problem: null };
  } catch (error) {
    return refused(source, `is none that RE2 knows: ${messageOf(error)}`);
  }
}
