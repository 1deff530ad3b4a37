// Values of command-line options (control path): all are read, so that every problem is reported at once.
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type ErrorCode, errorCodes, messageOf, MillraceError } from '../../core/errors.ts';
import { PROMOTION_WAIT_MS_MAX } from '../../core/model-limits.ts';
import { PRINTED_COUNT_MAX, WORKERS_MAX } from '../../core/process-limits.ts';
import { PORT_MAX } from '../../core/port-limits.ts';
import { instantOfIso } from '../../core/instant.ts';
import { nearest } from '../../core/unknown-keys.ts';
import { isRole, type Role, roles } from '../../core/roles.ts';
import { MS_PER_DAY, MS_PER_SECOND } from '../../core/time.ts';

const WHOLE = /^\d+$/;

/** An instant, ms: a date (2013-05-01, midnight UTC) or an ISO instant. */
export function instant(text: string): number {
  const ms = instantOfIso(text);
  if (Number.isNaN(ms)) throw new Error('give a date (2013-05-01) or an instant (2013-05-01T12:00:00Z)');
  return ms;
}

export function speed(text: string): number | 'max' {
  if (text === 'max') return 'max';
  const n = Number(text);
  if (!(n > 0 && Number.isFinite(n))) throw new Error('give a positive number, or max');
  return n;
}

function wholeWithin(text: string, min: number, max: number, what: string): number {
  const n = Number(text);
  if (!WHOLE.test(text) || n < min || n > max) throw new Error(`give a ${what} from ${min} to ${max}`);
  return n;
}

export function port(text: string): number {
  return wholeWithin(text, 0, PORT_MAX, 'port');
}

export function workerCount(text: string): number {
  return wholeWithin(text, 1, WORKERS_MAX, 'count');
}

/** A number of things, 1 or more. */
export function count(text: string): number {
  return wholeWithin(text, 1, PRINTED_COUNT_MAX, 'whole number');
}

/** A whole number in [min, max]. */
export function whole(min: number, max: number): (text: string) => number {
  return (text) => wholeWithin(text, min, max, 'whole number');
}

/** A share, above 0 and at most 1. */
export function share(text: string): number {
  const n = Number(text);
  if (text.trim() === '' || !(n > 0 && n <= 1)) throw new Error('give a share above 0, at most 1');
  return n;
}

export function finiteNumber(text: string): number {
  const n = Number(text);
  if (text.trim() === '' || !Number.isFinite(n)) throw new Error('give a number');
  return n;
}

/** One of these words. */
export function word<const W extends string>(words: readonly W[]): (text: string) => W {
  return (text) => {
    const found = words.find((one) => one === text);
    if (found === undefined) throw new Error(`give ${words.join(' or ')}`);
    return found;
  };
}

export function errorCode(text: string): ErrorCode {
  const code = errorCodes.find((known) => known === text);
  const meant = nearest(text, errorCodes);
  if (code === undefined)
    throw new Error(`Millrace has no such error code${meant === null ? '' : `; did you mean ${meant}?`}`);
  return code;
}

const WAIT_S_MAX = PROMOTION_WAIT_MS_MAX / MS_PER_SECOND;

/** How long to wait for a promotion, in seconds; returns ms. */
export function seconds(text: string): number {
  const n = Number(text);
  if (text.trim() === '' || !(n >= 0 && n <= WAIT_S_MAX))
    throw new Error(`give seconds from 0 to ${WAIT_S_MAX}`);
  return n * MS_PER_SECOND;
}

/** Roles separated by commas. */
export function roleNames(text: string): readonly Role[] {
  return columnNames(text).map((name) => {
    if (isRole(name)) return name;
    throw new Error(`give roles separated by commas: ${roles.join(', ')}`);
  });
}

const DAYS_MAX = 3_650;

/** A time from now in days, `90d`; returns ms. */
export function dayCount(text: string): number {
  if (!/^\d{1,4}d$/.test(text)) throw new Error('give days, for example 90d');
  return wholeWithin(text.slice(0, -1), 1, DAYS_MAX, 'number of days') * MS_PER_DAY;
}

/** Names separated by commas. */
export function columnNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new Error('give names separated by commas: card,merchant');
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new Error(`${twice} is named twice`);
  return names;
}

/** A text: a file, a folder, a name. */
export function text(given: string): string {
  if (given.trim() === '') throw new Error('it is empty');
  return given;
}

/** A file to be written at the end: that there is no such folder is known at the start. */
export function outputFile(given: string): string {
  const folder = dirname(resolve(text(given)));
  if (!existsSync(folder)) throw new Error(`there is no folder ${folder}`);
  return given;
}

/** Reads options one by one and collects the problems of all. */
export class Flags {
  /** `--until may: give a date (2013-05-01) ...` */
  readonly problems: string[] = [];

  /** Undefined if the option is absent or invalid. */
  read<T>(name: string, text: string | undefined, parse: (text: string) => T): T | undefined {
    if (text === undefined) return undefined;
    try {
      return parse(text);
    } catch (error) {
      this.problems.push(`${name} ${text}: ${messageOf(error)}`);
      return undefined;
    }
  }
}

/** Returns if there are no problems. @throws CONFIG_INVALID that lists every problem */
export function refuseAny(problems: readonly string[], remedy: string): void {
  if (problems.length === 0) return;
  const [first = ''] = problems;
  const what = problems.length === 1 ? first : `${problems.length} problems:\n  ${problems.join('\n  ')}`;
  throw new MillraceError('CONFIG_INVALID', what, { remedy });
}
