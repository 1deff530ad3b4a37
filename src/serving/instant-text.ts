// Instants in requests (control path).
import { instantOfIso } from '../core/instant.ts';
import { isInstant } from '../core/time.ts';

/** Event time, ms: a number, or an ISO instant; undefined without one, NaN for anything else. */
export function instantOf(text: string | null): number | undefined {
  if (text === null) return undefined;
  const ms = /^-?\d+$/.test(text) ? Number(text) : instantOfIso(text);
  return isInstant(ms) ? ms : Number.NaN;
}
