// The options of every verb that chooses among dead letters (control path).
import type { ErrorCode } from '../../core/errors.ts';
import { errorCode, instant } from '../cli/flags.ts';
import { several, valued, type Option } from '../cli/verb.ts';
import type { LetterChoice } from './dead-letters/read-letters.ts';

export const CODES: Option<readonly ErrorCode[] | undefined> = several(
  '--code <code...>',
  'only events with these error codes',
  errorCode,
);

export const SINCE: Option<number | undefined> = valued(
  '--since <instant>',
  'only events rejected at or after this time',
  instant,
);

/** Every letter, unless options say otherwise. */
export function letterChoice(
  codes: readonly string[] | undefined,
  sinceMs: number = Number.NEGATIVE_INFINITY,
): LetterChoice {
  return { codes: codes === undefined ? null : new Set(codes), sinceMs };
}
