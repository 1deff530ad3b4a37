// What the web servers have in common (control path): the same behaviour for a client, whichever of them runs.
import { MillraceError, messageOf } from '../../core/errors.ts';
import type { HttpResponse, WebServerOptions } from '../../ports/web-server.ts';

/** The frame that closes every socket of a server that shuts down. */
export const SHUTDOWN_CLOSE: { readonly code: number; readonly reason: string } = {
  code: 1001,
  reason: 'server is shutting down',
};

/** The response to a request whose body is longer than HTTP_BODY_BYTES_MAX. */
export const BODY_TOO_LONG: HttpResponse = { status: 413, headers: {}, body: '' };

/** The method that a handler gets: a HEAD request is a GET whose body is left out. */
export function methodOf(method: string): string {
  const upper = method.toUpperCase();
  return upper === 'HEAD' ? 'GET' : upper;
}

/** The response that `work` computes, or 500 if it fails. Never rejects. */
export async function respond(work: () => HttpResponse | Promise<HttpResponse>): Promise<HttpResponse> {
  try {
    return await work();
  } catch {
    return { status: 500, headers: {}, body: '' };
  }
}

export function portUnavailable({ host, port }: WebServerOptions, cause?: unknown): MillraceError {
  const reason = cause === undefined ? '' : `: ${messageOf(cause)}`;
  return new MillraceError('PORT_UNAVAILABLE', `cannot listen${reason}`, {
    where: `${host}:${port}`,
    remedy: 'Free the port or choose another one; port 0 takes any free one.',
    ...(cause === undefined ? {} : { cause }),
  });
}
