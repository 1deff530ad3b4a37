// What the web servers have in common (control path): the same behaviour for a client, whichever of them runs.
import { MillraceError, messageOf } from '../../core/errors.ts';
import type { WebServerOptions } from '../../ports/web-server.ts';

/** The frame that closes every socket of a server that shuts down. */
export const SHUTDOWN_CLOSE: { readonly code: number; readonly reason: string } = {
  code: 1001,
  reason: 'server is shutting down',
};

/**
 * The subprotocol that a WebSocket is opened with: the first one offered that is no credential (`bearer.CREDENTIAL`), which
 * is not sent back; '' if there is none.
 */
export function subprotocolOf(offered: readonly string[]): string {
  return offered.find((name) => name !== '' && !name.startsWith('bearer.')) ?? '';
}

export function portUnavailable({ host, port }: WebServerOptions, cause?: unknown): MillraceError {
  const reason = cause === undefined ? '' : `: ${messageOf(cause)}`;
  return new MillraceError('PORT_UNAVAILABLE', `cannot listen${reason}`, {
    where: `${host}:${port}`,
    remedy: 'Free the port or choose another one; port 0 takes any free one.',
    ...(cause === undefined ? {} : { cause }),
  });
}
