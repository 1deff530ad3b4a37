// What the port does with requests (control path): brings each into its canonical form, holds it against the rules of
// browsers and the rate of its client, then routes it or opens a WebSocket session.
import { messageOf } from '../../core/errors.ts';
import { HTTP_BODIES_BYTES_MAX, HTTP_BODY_BYTES_MAX } from '../../core/port-limits.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type {
  BodyTaker,
  CanonicalHead,
  HttpHandler,
  HttpRequest,
  HttpResponse,
  PortHandler,
  RequestHead,
  ServerRefusal,
  SocketSession,
} from '../../ports/web-server.ts';
import { hasCredential } from '../access/credential-in-url.ts';
import { reply } from '../response.ts';
import { BodyBudget } from './body-budget.ts';
import type { BrowserGuard } from './browser-guard.ts';
import { canonicalRequest } from './canonical-request.ts';
import type { ClientLimits } from './client-limits.ts';
import { secured } from './security-headers.ts';

/** Bytes of the body that a request may have, as bytes; or the response to one whose body is not worth reading. */
export type BodyRule = (head: CanonicalHead) => number | HttpResponse | null;

export interface PortParts {
  readonly http: HttpHandler;
  /** Null: the request takes a small body of text. */
  readonly largeBody?: BodyRule;
  /** Opens a session for an upgrade to `path`. */
  readonly sockets: { readonly path: string; readonly session: (head: CanonicalHead) => SocketSession };
  readonly browsers: BrowserGuard;
  readonly limits: ClientLimits;
  /** Whether the port has TLS. */
  readonly encrypted: boolean;
  readonly telemetry: Telemetry;
}

const ENCODING =
  'Send a path without empty or dot segments, percent-encode in capital hexadecimal digits and only what must be, and send each header once.';

const IN_HEADER =
  'Take it for known to others and revoke it. Send the header Authorization: Bearer CREDENTIAL, or a WebSocket message.';

const refusals: Readonly<Record<ServerRefusal, readonly [code: string, message: string, remedy: string]>> = {
  400: ['REQUEST_MALFORMED', 'the request is not HTTP/1.1', 'Send a request of RFC 9112.'],
  408: ['REQUEST_TIMEOUT', 'the request did not arrive in time', 'Send it again, without pauses.'],
  413: ['BODY_TOO_LARGE', 'the body is too large', 'Send a smaller body.'],
  429: ['CONNECTIONS_TOO_MANY', 'this address has too many connections', 'Close some and connect again.'],
  431: ['HEADERS_TOO_LARGE', 'the headers are too large', 'Send fewer or smaller headers.'],
};

const BUSY = withRetry(
  reply.error(
    429,
    'BODIES_TOO_MANY',
    'the port holds as much of the bodies of requests as it may',
    'Wait for as many seconds as Retry-After says, and send fewer bytes at a time.',
  ),
);

function withRetry(response: HttpResponse): HttpResponse {
  return { ...response, headers: { ...response.headers, 'retry-after': '1' } };
}

function failure(error: unknown, telemetry: Telemetry): HttpResponse {
  telemetry.error('a request failed', { why: messageOf(error) });
  return reply.error(500, 'INTERNAL', 'the request failed', 'See the log of the process.');
}

type Counting = Pick<HttpRequest, 'received'> & Pick<BodyTaker, 'ended'>;

/** A small body. */
const UNCOUNTED: Counting = { received: () => null, ended: () => undefined };

function countedBy(budget: BodyBudget, busy: () => HttpResponse): Counting {
  let counted = 0;
  return {
    received(bytes) {
      if (!budget.take(bytes)) return busy();
      counted += bytes;
      return null;
    },
    ended() {
      budget.give(counted);
      counted = 0;
    },
  };
}

/** @see PortHandler */
export function portHandler(parts: PortParts): PortHandler {
  const { http, sockets, browsers, limits, encrypted, telemetry } = parts;
  const budget = new BodyBudget(HTTP_BODIES_BYTES_MAX);
  const refused = (response: HttpResponse): HttpResponse => {
    telemetry.count('http_requests_total', 1, { route: 'none', status: String(response.status) });
    return secured(response, encrypted);
  };
  const failed = (error: unknown): HttpResponse => failure(error, telemetry);
  /** Never throws: servers call it where an error would end the process. */
  const admitted = (head: RequestHead, isUpgrade: boolean): CanonicalHead | HttpResponse => {
    try {
      return admit(head, isUpgrade);
    } catch (error) {
      return failed(error);
    }
  };
  const admit = (head: RequestHead, isUpgrade: boolean): CanonicalHead | HttpResponse => {
    const canonical = canonicalRequest(head);
    if ('malformed' in canonical)
      return (
        limits.busyAddress(head.peer) ?? reply.error(400, 'REQUEST_MALFORMED', canonical.malformed, ENCODING)
      );
    const busy = isUpgrade || !canonical.headers.has('authorization') ? limits.busy(canonical) : null;
    const refusal = busy ?? browsers.check(canonical, isUpgrade);
    if (refusal !== null) return refusal;
    return hasCredential(canonical.query)
      ? reply.error(400, 'CREDENTIAL_IN_URL', 'the URL has a credential', IN_HEADER)
      : canonical;
  };
  return {
    request(head) {
      const request = admitted(head, false);
      if ('status' in request) return refused(request);
      const share = (response: HttpResponse): HttpResponse => {
        const headers = { ...response.headers, ...browsers.sharing(request) };
        return secured({ ...response, headers }, encrypted);
      };
      const preflight = browsers.preflight(request);
      if (preflight !== null) return refused(share(preflight));
      const large = parts.largeBody?.(request) ?? null;
      if (large !== null && typeof large !== 'number') return refused(share(large));
      const counting = large === null ? UNCOUNTED : countedBy(budget, () => refused(share(BUSY)));
      const answer = async (bytes: Buffer): Promise<HttpResponse> => {
        try {
          const body = large === null ? bytes.toString('utf8') : '';
          return share(await http({ ...request, body, bytes, received: counting.received }));
        } catch (error) {
          return refused(failed(error));
        }
      };
      return { bytesMax: large ?? HTTP_BODY_BYTES_MAX, ...counting, answer };
    },
    upgrade(head) {
      const request = admitted(head, true);
      if ('status' in request) return refused(request);
      if (request.method !== 'GET' || request.path !== sockets.path)
        return refused(
          reply.error(404, 'NOT_FOUND', 'no WebSocket is at this path', `Connect to ${sockets.path}.`),
        );
      return sockets.session(request);
    },
    refusal(status) {
      const { headers, ...response } = reply.error(status, ...refusals[status]);
      const retry = status === 429 ? { 'retry-after': '1' } : {};
      return refused({ ...response, headers: { ...headers, ...retry, connection: 'close' } });
    },
    connected: (peer) => limits.connected(peer),
    disconnected: (peer) => limits.disconnected(peer),
  };
}
