// Instants in requests (control path).
import { instantOfIso } from '../core/instant.ts';
import { isInstant } from '../core/time.ts';
import type { HttpResponse } from '../ports/web-server.ts';
import { reply } from './response.ts';

/** Event time, ms: a number, or an ISO instant; undefined without one, NaN for anything else. */
export function instantAsked(given: unknown): number | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given !== 'string' && typeof given !== 'number') return Number.NaN;
  const text = String(given);
  const ms = /^-?\d+$/.test(text) ? Number(text) : instantOfIso(text);
  return isInstant(ms) ? ms : Number.NaN;
}

/** The response to a parameter that is no instant. */
export function noInstant(name: string): HttpResponse {
  return reply.error(
    400,
    'INSTANT_MALFORMED',
    `${name} is no instant`,
    'Give milliseconds since 1970, or an ISO instant: 2026-05-01T12:00:00Z.',
  );
}
