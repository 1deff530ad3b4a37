// Values of command-line flags (control path): read all, so that every problem is told at once.
import { messageOf, MillraceError } from '../../core/errors.ts';
import { WORKERS_MAX } from '../../core/limits.ts';

/** An instant, ms: a date (2013-05-01, midnight UTC) or an ISO instant. */
export function instant(text: string): number {
  const ms = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  if (Number.isNaN(ms)) throw new Error('give a date (2013-05-01) or an instant (2013-05-01T12:00:00Z)');
  return ms;
}

export function speed(text: string): number | 'max' {
  if (text === 'max') return 'max';
  const n = Number(text);
  if (!(n > 0 && Number.isFinite(n))) throw new Error('give a positive number, or max');
  return n;
}

export function port(text: string): number {
  const n = Number(text);
  if (text.trim() === '' || !Number.isInteger(n) || n < 0 || n > 65_535)
    throw new Error('give a port from 0 to 65535');
  return n;
}

export function workerCount(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1 || n > WORKERS_MAX)
    throw new Error(`give a count from 1 to ${WORKERS_MAX}`);
  return n;
}

/** Reads flags one by one and keeps what is wrong with them until all were read. */
export class Flags {
  /** `--until may: give a date (2013-05-01) ...` */
  readonly problems: string[] = [];

  /** Undefined where the flag was not given, or is wrong. */
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

/** @throws CONFIG_INVALID that lists every problem; returns where there is none */
export function refuseAny(problems: readonly string[], remedy: string): void {
  if (problems.length === 0) return;
  const [first = ''] = problems;
  const what = problems.length === 1 ? first : `${problems.length} problems:\n  ${problems.join('\n  ')}`;
  throw new MillraceError('CONFIG_INVALID', what, { remedy });
}
