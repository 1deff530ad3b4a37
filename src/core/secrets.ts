// The secrets that this process knows, and their removal from what it writes (control path). A secret is known from the
// moment that its setting is read, or its client is made; the sinks (log, output, errors, dead letters, responses) remove it,
// so that no caller has to think of it.
import { parseHostListUrl, withHosts } from './host-list-url.ts';
import { SECRET_LENGTH_MIN, SECRET_TOKENS_MAX, SECRET_VERSIONS_MAX } from './key-limits.ts';
import { decoded, formEncoded } from './url-credentials.ts';

/** Stands where a secret was. */
const MASK = '***';

/** Fewer characters of a form would also be found in text that has nothing to do with the secret. */
const FORM_LENGTH_MIN = 6;
const LINE_LENGTH_MIN = 16;

/** Forms by secret, by place. */
const places = new Map<string, Map<string, readonly string[]>>();
/** The place of secrets that never change, and the one of access tokens, which are replaced every hour or so. */
const LASTING = '';
const TOKENS = 'tokens';
/** All forms, the longest first: one may be part of another. */
let known: readonly string[] = [];

/**
 * Removes this value, however it is encoded, from everything that is written from now on.
 * @param place where it comes from, if it may change there: its newest SECRET_VERSIONS_MAX values are known
 */
export function keepSecret(value: string, place: string | null = null): void {
  if (place === null) keep(value, LASTING, Number.POSITIVE_INFINITY);
  else keep(value, place, SECRET_VERSIONS_MAX);
}

/** The same for a token of short life: the newest SECRET_TOKENS_MAX are known. */
export function keepToken(value: string): void {
  keep(value, TOKENS, SECRET_TOKENS_MAX);
}

/** The same for the credentials of a URL: its password, its user if it has no password, and secrets in its query. */
export function keepUrlSecrets(text: string, place: string | null = null): void {
  const url = parseHostListUrl(text)?.url;
  if (url === undefined) return;
  const credential = url.password === '' ? url.username : url.password;
  keepSecret(credential, place);
  keepSecret(decoded(credential), place);
  for (const [name, value] of url.searchParams)
    if (SECRET_NAME.test(name)) keepSecret(value, place === null ? null : `${place}?${name}`);
}

function keep(value: string, place: string, valuesMax: number): void {
  if (value.length < SECRET_LENGTH_MIN) return;
  const values = places.get(place) ?? new Map<string, readonly string[]>();
  const forms = values.get(value);
  values.delete(value); // it becomes the newest
  values.set(value, forms ?? formsWithin(value));
  if (forms !== undefined) return;
  const [oldest] = values.keys();
  if (values.size > valuesMax && oldest !== undefined) values.delete(oldest);
  places.set(place, values);
  const all = [...places.values()].flatMap((ofPlace) => [...ofPlace.values()].flat());
  known = [...new Set(all)].sort((a, b) => b.length - a.length);
}

/** Of the value, and of each line of a key, or each of several keys. */
function formsWithin(value: string): readonly string[] {
  const lines = value
    .split(/\s+/)
    .filter((line) => line.length >= LINE_LENGTH_MIN && !line.startsWith('-----'));
  return [value, ...lines].flatMap(formsOf);
}

const SECRET_NAME = /pass|pwd|secret|token|key|auth|credential/i;

/** The value as it may stand in text: plain, in JSON (once or twice), in a URL, in a form, in base64 and in hex. */
function formsOf(value: string): readonly string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const component = encodeURIComponent(value);
  const form = formEncoded(value);
  const jsonTwice = JSON.stringify(json).slice(1, -1);
  const lower = (text: string): string => text.replaceAll(/%[\dA-F]{2}/g, (code) => code.toLowerCase());
  const encoded = [...base64Forms(value), Buffer.from(value).toString('hex')];
  const long = encoded.filter((text) => text.length >= FORM_LENGTH_MIN);
  return [
    ...new Set([
      value,
      json,
      jsonTwice,
      component,
      lower(component),
      encodeURI(value),
      form,
      lower(form),
      ...long,
    ]),
  ];
}

/**
 * What base64 of any text that contains the value contains: the value may begin at each of the three positions within a
 * group of three bytes. `Authorization: Basic` encodes `user:password`.
 */
function base64Forms(value: string): string[] {
  const BITS = 6;
  const bytes = Buffer.from(value);
  return (['base64', 'base64url'] as const).flatMap((encoding) =>
    [0, 1, 2].map((before) => {
      const text = Buffer.concat([Buffer.alloc(before), bytes]).toString(encoding);
      // The first and the last character may also depend on the neighbours of the value.
      return text.slice(Math.ceil((before * 8) / BITS), Math.floor(((before + bytes.length) * 8) / BITS));
    }),
  );
}

/** Credentials of a URL, known or not. */
const CREDENTIALS = /(:\/\/)(?:([^\s/?#:@'"]*):)?[^\s/?#'"]*@/g;

/** The text without known secrets and without the passwords of URLs. */
export function redacted(text: string): string {
  let clean = text;
  for (const form of known)
    if (form.length <= clean.length && clean.includes(form)) clean = clean.replaceAll(form, MASK);
  if (!clean.includes('://') || !clean.includes('@')) return clean;
  return clean.replaceAll(CREDENTIALS, (_match, slashes: string, user: string | undefined) =>
    user === undefined ? `${slashes}${MASK}@` : `${slashes}${user}:${MASK}@`,
  );
}

/** A URL without user, password and what its query has of secrets: for messages, and as a name. */
export function withoutCredentials(text: string): string {
  const parsed = parseHostListUrl(text);
  if (parsed === null) return redacted(text);
  const { url, hosts } = parsed;
  url.username = '';
  url.password = '';
  for (const name of new Set(url.searchParams.keys()))
    if (SECRET_NAME.test(name)) url.searchParams.set(name, MASK);
  return redacted(withHosts(url, hosts).replace(/\/$/, ''));
}

/** Errors of a chain that are looked at: it may be circular. */
const CHAIN_MAX = 32;

/**
 * Removes secrets from an error and its causes, in place. Clients hang whole requests on their errors, with headers, URLs and
 * passwords: what is neither text, number nor an error is dropped.
 */
export function redactError(error: unknown): void {
  const open: unknown[] = [error];
  const seen = new Set<unknown>();
  while (open.length > 0 && seen.size < CHAIN_MAX) {
    const one = open.pop();
    if (!(one instanceof Error) || seen.has(one)) continue;
    seen.add(one);
    const isClean = redacted(one.message) === one.message;
    for (const name of Object.getOwnPropertyNames(one)) {
      // A stack repeats the message, and takes long to be written.
      if (name !== 'stack' || !isClean) redactProperty(one, name, open);
    }
  }
}

function redactProperty(error: Error, name: string, open: unknown[]): void {
  const value = valueAt(error, name);
  if (typeof value === 'string') {
    const clean = redacted(value);
    if (clean !== value) Reflect.set(error, name, clean);
  } else if (value instanceof Error) open.push(value);
  else if (Array.isArray(value) && value.every((item) => item instanceof Error))
    for (const item of value) open.push(item);
  else if (typeof value === 'object' && value !== null) Reflect.deleteProperty(error, name);
}

function valueAt(error: Error, name: string): unknown {
  try {
    return Reflect.get(error, name);
  } catch {
    return undefined; // a getter of a client's error
  }
}
