// The WebSocket protocol (control path). docs/asyncapi.yaml documents the same messages.

/** Close codes: 1001 (going away), 1008 (policy violation), 1009 (too big) and 1013 (try again later) are standard, the others are Millrace's. */
export const CLOSE_TOO_MANY = 1008;
export const CLOSE_TRY_LATER = 1013;
/** The client has no credential that holds: it never had one, or it expired or was revoked. */
export const CLOSE_UNAUTHORIZED = 4001;
export const CLOSE_TOO_SLOW = 4008;
export const CLOSE_PARTITION_MOVED = 4009;

export const frameErrorCodes = [
  'MESSAGE_MALFORMED', // not JSON, or not a message of this protocol
  'TOPOLOGY_UNKNOWN', // no such topology runs here
  'ALREADY_SUBSCRIBED', // a connection has one subscription
  'RESUME_ID_INVALID', // `after` is not a prediction id of this topology
  'UNAUTHORIZED', // a subscription needs a credential, or the one that was sent does not hold
  'TOO_MANY_FAILURES', // the address sent too many wrong credentials, and has to wait
  'FORBIDDEN', // the credential does not have the role that a subscription needs
  'RESUME_UNAVAILABLE', // the predictions after the id are neither in memory nor readable from the log
] as const;
export type FrameErrorCode = (typeof frameErrorCodes)[number];

export interface SubscribeMessage {
  readonly topology: string;
  /** Null: every key. */
  readonly key: string | null;
  /** Ids of the last predictions received, one per partition. Empty: live only. */
  readonly after: readonly string[];
  /** Sends labels as well, when they are joined. */
  readonly labels: boolean;
  /** Sends a few of the newest predictions several times per second instead of all, for display. */
  readonly sample: boolean;
}

export interface FrameError {
  readonly code: FrameErrorCode;
  readonly message: string;
  readonly remedy: string;
}

export type ParsedMessage =
  | { readonly kind: 'authenticate'; readonly credential: string }
  | { readonly kind: 'subscribe'; readonly subscribe: SubscribeMessage }
  | { readonly kind: 'error'; readonly error: FrameError };

const EXAMPLE = '{"subscribe": "flights"}';

function malformed(message: string): ParsedMessage {
  const remedy = `Send ${EXAMPLE}, optionally with "key", "after", "labels" or "sample".`;
  return { kind: 'error', error: { code: 'MESSAGE_MALFORMED', message, remedy } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The messages that a client can send, by the field that names them. */
export const messageKinds = ['authenticate', 'subscribe'] as const;

const FIELDS = new Set(['subscribe', 'key', 'after', 'labels', 'sample']);

/** Never throws. */
export function parseMessage(text: string): ParsedMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return malformed('the message is not JSON');
  }
  if (!isRecord(value)) return malformed('the message is not a JSON object');
  const kind = messageKinds.find((name) => name in value);
  return kind === 'authenticate' ? parseAuthentication(value) : parseSubscription(value);
}

function parseAuthentication({ authenticate, ...others }: Record<string, unknown>): ParsedMessage {
  if (typeof authenticate !== 'string' || Object.keys(others).length > 0)
    return malformed('"authenticate" is not a credential, or not the only field');
  return { kind: 'authenticate', credential: authenticate };
}

function parseSubscription(value: Record<string, unknown>): ParsedMessage {
  const unknown = Object.keys(value).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) return malformed(`the message has an unknown field: ${JSON.stringify(unknown)}`);
  const { subscribe, key = null, after = [], labels = false, sample = false } = value;
  if (typeof subscribe !== 'string') return malformed('"subscribe" is not the name of a topology');
  if (key !== null && typeof key !== 'string') return malformed('"key" is not a string');
  if (typeof labels !== 'boolean') return malformed('"labels" is not true or false');
  if (typeof sample !== 'boolean') return malformed('"sample" is not true or false');
  const ids: unknown[] = Array.isArray(after) ? after : [after];
  if (!ids.every((id) => typeof id === 'string')) return malformed('"after" is not an id or a list of ids');
  if (sample && (key !== null || ids.length > 0 || labels))
    return malformed('"sample" cannot be combined with "key", "after" or "labels"');
  return { kind: 'subscribe', subscribe: { topology: subscribe, key, after: ids, labels, sample } };
}

/** A subscription in the URL, `/ws?topology=flights&key=UA1545&after=flights-0-17`; null if it names no topology. */
export function subscriptionOf(query: URLSearchParams): ParsedMessage | null {
  const subscribe = query.get('topology');
  if (subscribe === null) return null;
  const flag = (name: string): boolean => query.get(name) === 'true';
  const named = { subscribe, key: query.get('key'), after: query.getAll('after') };
  return parseSubscription({ ...named, labels: flag('labels'), sample: flag('sample') });
}
