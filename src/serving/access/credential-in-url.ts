// Refuses credentials in a URL (control path): proxies, logs and histories keep URLs (RFC 6750, section 5.3).
import { keyIdOf } from './keys/api-key.ts';

/** Names of parameters that carry credentials elsewhere. */
const NAMES: ReadonlySet<string> = new Set([
  'access_token',
  'api_key',
  'apikey',
  'authenticate',
  'authorization',
  'bearer',
  'id_token',
  'jwt',
  'token',
]);

/** A JSON Web Token: its header is the base64url of a text that begins with `{"`. */
const JWT = /^eyJ[\w-]+\.[\w-]+\.[\w-]*$/;

/** Whether a query has a parameter that is a credential, or is called like one. */
export function hasCredential(query: URLSearchParams): boolean {
  for (const [name, value] of query)
    if (NAMES.has(name.toLowerCase()) || keyIdOf(value) !== null || JWT.test(value)) return true;
  return false;
}
