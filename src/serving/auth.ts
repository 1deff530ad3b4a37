// Who may change something over HTTP (control path): whoever knows the token, where one is configured.
import { createHash, timingSafeEqual } from 'node:crypto';
import { problem } from './response.ts';
import type { RouteHandler } from './router.ts';

/** Digests have one length, so the comparison takes the same time whatever was sent. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Lets a request through that carries `Authorization: Bearer <token>`; every request where `token` is null. */
export function withToken(token: string | null, handler: RouteHandler): RouteHandler {
  if (token === null) return handler;
  const expected = digest(token);
  return (request, params) => {
    const sent = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
    if (sent !== undefined && timingSafeEqual(digest(sent), expected)) return handler(request, params);
    const what = sent === undefined ? 'this request needs a token' : 'the token is not the configured one';
    const answer = problem(401, 'UNAUTHORIZED', what, 'Send the header Authorization: Bearer TOKEN.');
    return { ...answer, headers: { ...answer.headers, 'www-authenticate': 'Bearer realm="millrace"' } };
  };
}
