// What pages of other origins may not do (control path): cross-site requests are refused by their Origin, and DNS
// rebinding by the Host header. Clients that are no browsers send no Origin.
import { isIP } from 'node:net';
import { isLoopback, withoutBrackets } from '../../core/hosts.ts';
import type { CanonicalHead, HttpResponse } from '../../ports/web-server.ts';
import { reply } from '../response.ts';
import { probePaths } from '../routes/health.ts';

export interface BrowserRules {
  /** The address that the port is bound to. */
  readonly address: string;
  /** More names that the server answers to, without ports. */
  readonly hosts: readonly string[];
  /** Origins whose pages may use the port besides its own. */
  readonly origins: readonly string[];
  /** Whether a request without a credential may read anything. */
  readonly readsOpenly: () => boolean;
}

export interface BrowserGuard {
  /** The response to a request that is refused; null for one that may pass. A WebSocket upgrade changes state too. */
  check(head: CanonicalHead, isUpgrade: boolean): HttpResponse | null;
  /** The response to a preflight request of a page that may use the port; null for another request. */
  preflight(head: CanonicalHead): HttpResponse | null;
  /** Headers that let a page of an allowed origin read a response. */
  sharing(head: CanonicalHead): Readonly<Record<string, string>>;
}

/** @see BrowserGuard */
export function browserGuard(rules: BrowserRules): BrowserGuard {
  const isHostKnown = hostCheck(rules);
  const origins = new Set(rules.origins.map((origin) => origin.toLowerCase()));
  const allowedOrigin = (head: CanonicalHead): string | null => {
    const origin = head.headers.get('origin')?.toLowerCase();
    return origin !== undefined && origins.has(origin) ? origin : null;
  };
  return {
    check(head, isUpgrade) {
      const changes = isUpgrade || head.method !== 'GET';
      // A page that rebinds a name has no credential: it gets what everyone may read.
      const readsOpenly =
        !probePaths.has(head.path) && !head.headers.has('authorization') && rules.readsOpenly();
      if ((changes || readsOpenly) && !isHostKnown(nameOf(head.host)))
        return reply.error(
          403,
          'HOST_REFUSED',
          'the server does not answer to this Host',
          'Use the address that the port is bound to, or name the host in MILLRACE_HOSTS.',
        );
      if (changes && allowedOrigin(head) === null && isCrossSite(head))
        return reply.error(
          403,
          'ORIGIN_REFUSED',
          'pages of this origin may not do this',
          'Name the origin in MILLRACE_ORIGINS if its pages may use the port.',
        );
      return null;
    },
    preflight(head) {
      const origin = allowedOrigin(head);
      if (head.method !== 'OPTIONS' || origin === null || !head.headers.has('access-control-request-method'))
        return null;
      const headers = {
        'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
        'access-control-allow-headers': 'authorization, content-type, content-encoding, idempotency-key',
        'access-control-max-age': '600',
      };
      return { status: 204, headers, body: '' };
    },
    sharing(head) {
      const origin = allowedOrigin(head);
      if (origin !== null)
        return {
          'access-control-allow-origin': origin,
          'cross-origin-resource-policy': 'cross-origin',
          vary: 'origin',
        };
      return origins.size === 0 ? {} : { vary: 'origin' };
    },
  };
}

/** Whether a browser says that the page is of another origin. */
function isCrossSite({ headers, host, encrypted }: CanonicalHead): boolean {
  const origin = headers.get('origin')?.toLowerCase();
  if (origin !== undefined) {
    const own = [`https://${host}`, ...(encrypted ? [] : [`http://${host}`])]; // a proxy may end TLS
    return !own.some((one) => URL.canParse(one) && new URL(one).origin === origin);
  }
  const site = headers.get('sec-fetch-site');
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

function hostCheck({ address, hosts }: BrowserRules): (name: string) => boolean {
  const bound = address.toLowerCase();
  const names = new Set([bound, ...hosts.map((name) => withoutBrackets(name.toLowerCase()))]);
  // Bound to all addresses it answers to each: an address cannot be rebound, as only names are looked up.
  const isAny = bound === '0.0.0.0' || bound === '::';
  return (name) => names.has(name) || isLoopback(name) || (isAny && isIP(name) !== 0);
}

/** `host:port` without the port, and an IPv6 address without its brackets. */
function nameOf(host: string): string {
  return withoutBrackets(host.replace(/:\d+$/, ''));
}
