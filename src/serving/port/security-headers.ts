// Headers of every response of the port (control path), errors and files included: what a browser may not do with it.
import type { HttpResponse } from '../../ports/web-server.ts';

/** Nothing from other origins and nothing inline: the dashboard works without access to the internet. */
const CONTENT_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS: HttpResponse['headers'] = {
  'content-security-policy': CONTENT_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY', // for browsers without frame-ancestors
};

/** A year: browsers then use HTTPS alone for this name. */
const STRICT_TRANSPORT = { 'strict-transport-security': 'max-age=31536000' };

/** Adds the headers, which a response of a route may replace. A route sets no cookies: credentials are bearer tokens. */
export function secured(response: HttpResponse, encrypted: boolean): HttpResponse {
  const { 'set-cookie': _dropped, ...own } = response.headers;
  return { ...response, headers: { ...HEADERS, ...(encrypted ? STRICT_TRANSPORT : {}), ...own } };
}
