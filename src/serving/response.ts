// Responses of REST routes (control path).
import { redacted } from '../core/secrets.ts';
import type { HttpResponse } from '../ports/web-server.ts';

/** JSON, not cached. */
function json(status: number, value: unknown): HttpResponse {
  return text(status, 'application/json; charset=utf-8', JSON.stringify(value));
}

/** A body of the given media type, not cached. */
function text(status: number, type: string, body: string): HttpResponse {
  return { status, headers: { 'content-type': type, 'cache-control': 'no-store' }, body };
}

/**
 * An error: `{"error": {"code", "message", "remedy"}}`, the shape of every error of the port.
 * @param code capital letters and underscores, for programs
 * @param message for people, without a full stop
 * @param remedy what the caller can do, as a sentence
 */
function error(status: number, code: string, message: string, remedy: string): HttpResponse {
  return json(status, { error: { code, message: redacted(message), remedy: redacted(remedy) } });
}

/** Builds the response of a route. */
export const reply: {
  readonly json: typeof json;
  readonly text: typeof text;
  readonly error: typeof error;
} = { json, text, error };
