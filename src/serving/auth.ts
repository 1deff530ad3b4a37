// Authorizes requests of the routes that need a token (control path).
import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpRequest, HttpResponse } from '../ports/web-server.ts';
import { reply } from './response.ts';

/** Digests have one length, so the comparison takes the same time for every token. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** The response to a request that may not pass; null for one that may. */
export type Guard = (request: HttpRequest) => HttpResponse | null;

/** Lets a request pass that carries `Authorization: Bearer TOKEN`, or every request if `token` is null. */
export function tokenGuard(token: string | null): Guard {
  if (token === null) return () => null;
  const expected = digest(token);
  return (request) => {
    const sent = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
    if (sent !== undefined && timingSafeEqual(digest(sent), expected)) return null;
    const what = sent === undefined ? 'this request needs a token' : 'the token is not the configured one';
    const response = reply.error(401, 'UNAUTHORIZED', what, 'Send the header Authorization: Bearer TOKEN.');
    return { ...response, headers: { ...response.headers, 'www-authenticate': 'Bearer realm="millrace"' } };
  };
}
