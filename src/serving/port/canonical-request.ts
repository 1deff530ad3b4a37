// The canonical form of a request (control path): one rule for every server, before routing, authorization and limits. A
// request that has another form is refused, never repaired: what a proxy or a rule saw is then what the router sees.
import { REQUEST_HEADERS_MAX, REQUEST_TARGET_LENGTH_MAX } from '../../core/port-limits.ts';
import type { CanonicalHead, RequestHead } from '../../ports/web-server.ts';
import { canonicalAddress } from './client-address.ts';

/** Why a request is refused, without a full stop; nothing of the request is repeated. */
export interface Malformed {
  readonly malformed: string;
}

/** `/`, or segments of RFC 3986 pchar, of which none is empty; and `|`, which browsers do not encode in a path. */
const PATH = /^(?:\/|(?:\/(?:[\w.~!$&'()*+,;=:@|-]|%[\dA-F]{2})+)+)$/;
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;
/** Percent-encoded letters, digits, `-`, `.`, `_` and `~`: RFC 3986 section 2.3 does not encode them. */
const ENCODED_UNRESERVED = /%(?:2[DE]|3\d|[46][1-9A-F]|[57][\dA]|5F|7E)/;
const QUERY = /^(?:[!$&-~]|%[\dA-Fa-f]{2})*$/;
const CONTROL = /\p{Cc}/u;
/** Control characters but for the tab; servers differ in how they decode bytes above 0x7F. */
const HEADER_CONTROL = /[^\P{Cc}\t\u0080-\u009F]/u;
const METHOD = /^[A-Z]{1,20}$/;
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const HOST = /^(?:[a-z\d_](?:[a-z\d._-]*[a-z\d_])?|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/;

/** Headers of which a request has at most one: two of them are two meanings. */
const SINGLE: ReadonlySet<string> = new Set([
  'authorization',
  'content-length',
  'content-type',
  'host',
  'origin',
  'sec-websocket-key',
  'transfer-encoding',
]);

/** The canonical form, or why there is none. Never throws. */
export function canonicalRequest(head: RequestHead): CanonicalHead | Malformed {
  const { target, method, peer, encrypted } = head;
  if (!METHOD.test(method)) return { malformed: 'the method is not of capital letters' };
  if (target.length > REQUEST_TARGET_LENGTH_MAX)
    return { malformed: `the path and query have more than ${REQUEST_TARGET_LENGTH_MAX} characters` };
  const [path = '', ...rest] = target.split('?');
  const query = rest.join('?');
  if (!isCanonicalPath(path)) return { malformed: 'the path is not in canonical form' };
  if (!QUERY.test(query) || !isText(query)) return { malformed: 'the query is not percent-encoded text' };
  const headers = canonicalHeaders(head.headers);
  if ('malformed' in headers) return headers;
  const host = headers.get('host')?.toLowerCase();
  if (host === undefined || !HOST.test(host) || !URL.canParse(`http://${host}`))
    return { malformed: 'the Host header is missing or malformed' };
  return {
    method: method === 'HEAD' ? 'GET' : method,
    path,
    query: new URLSearchParams(query),
    headers,
    host,
    peer: canonicalAddress(peer),
    encrypted,
  };
}

/** Whether a path has the form of CanonicalHead.path. */
export function isCanonicalPath(path: string): boolean {
  return PATH.test(path) && !DOT_SEGMENT.test(path) && !ENCODED_UNRESERVED.test(path) && isText(path);
}

/** Whether percent-encoded bytes are UTF-8 without control characters. */
function isText(encoded: string): boolean {
  try {
    return !CONTROL.test(decodeURIComponent(encoded));
  } catch {
    return false;
  }
}

function canonicalHeaders(sent: RequestHead['headers']): ReadonlyMap<string, string> | Malformed {
  if (sent.length > REQUEST_HEADERS_MAX)
    return { malformed: `there are more than ${REQUEST_HEADERS_MAX} headers` };
  const headers = new Map<string, string>();
  for (const [given, value] of sent) {
    const name = given.toLowerCase();
    if (!HEADER_NAME.test(name) || HEADER_CONTROL.test(value)) return { malformed: 'a header is malformed' };
    const before = headers.get(name);
    if (before !== undefined && SINGLE.has(name)) return { malformed: `there is more than one ${name}` };
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  if (headers.has('content-length') && headers.has('transfer-encoding'))
    return { malformed: 'there is both a content-length and a transfer-encoding' };
  // No route may depend on what a browser attaches by itself.
  headers.delete('cookie');
  return headers;
}
