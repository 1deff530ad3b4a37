// Answers of the REST routes (control path).
import type { HttpResponse } from '../ports/web-server.ts';

/** Not cached, not sniffed. */
export function json(status: number, value: unknown): HttpResponse {
  return text(status, 'application/json; charset=utf-8', JSON.stringify(value));
}

export function text(status: number, type: string, body: string): HttpResponse {
  const headers = { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  return { status, headers, body };
}

/** The shape of every error answer. */
export function problem(status: number, code: string, message: string, remedy: string): HttpResponse {
  return json(status, { error: { code, message, remedy } });
}
