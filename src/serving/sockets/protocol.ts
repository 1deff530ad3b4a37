// The WebSocket protocol (control path). docs/asyncapi.yaml describes the same messages to the outside.

/** Close codes of ours; 1001 (going away), 1009 (too big) and 1013 (try again later) are the standard's. */
export const CLOSE_TRY_LATER = 1013;
export const CLOSE_TOO_SLOW = 4008;
export const CLOSE_PARTITION_MOVED = 4009;

export const frameErrorCodes = [
  'MESSAGE_MALFORMED', // not JSON, or not a message of this protocol
  'TOPOLOGY_UNKNOWN', // no such topology runs here
  'ALREADY_SUBSCRIBED', // one subscription a connection
  'RESUME_ID_INVALID', // `after` is not an id of this topology
  'RESUME_UNAVAILABLE', // what came after the id is neither in memory nor readable from the log
] as const;
export type FrameErrorCode = (typeof frameErrorCodes)[number];

export interface SubscribeMessage {
  readonly topology: string;
  /** Null: every key. */
  readonly key: string | null;
  /** Ids of predictions already received, the newest of each partition. Empty: live only. */
  readonly after: readonly string[];
  /** Sends labels as well, as they are joined. */
  readonly labels: boolean;
  /** Sends a few of the newest some times a second instead of all: for people who watch. */
  readonly sample: boolean;
}

export interface FrameError {
  readonly code: FrameErrorCode;
  readonly message: string;
  readonly remedy: string;
}

export type ParsedMessage =
  | { readonly kind: 'subscribe'; readonly subscribe: SubscribeMessage }
  | { readonly kind: 'error'; readonly error: FrameError };

const EXAMPLE = '{"subscribe": "flights"}';

function malformed(message: string): ParsedMessage {
  const remedy = `Send ${EXAMPLE}, with "key", "after", "labels" or "sample" where you want them.`;
  return { kind: 'error', error: { code: 'MESSAGE_MALFORMED', message, remedy } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

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
  return parseWish(value);
}

function parseWish(value: Record<string, unknown>): ParsedMessage {
  const stranger = Object.keys(value).find((name) => !FIELDS.has(name));
  if (stranger !== undefined)
    return malformed(`the message has an unknown field: ${JSON.stringify(stranger)}`);
  const { subscribe, key = null, after = [], labels = false, sample = false } = value;
  if (typeof subscribe !== 'string') return malformed('"subscribe" is not the name of a topology');
  if (key !== null && typeof key !== 'string') return malformed('"key" is not a string');
  if (typeof labels !== 'boolean') return malformed('"labels" is not true or false');
  if (typeof sample !== 'boolean') return malformed('"sample" is not true or false');
  const ids: unknown[] = Array.isArray(after) ? after : [after];
  if (!ids.every((id) => typeof id === 'string')) return malformed('"after" is not an id or a list of ids');
  if (sample && (key !== null || ids.length > 0 || labels))
    return malformed('"sample" goes with no other wish');
  return { kind: 'subscribe', subscribe: { topology: subscribe, key, after: ids, labels, sample } };
}

/** `/ws?topology=flights&key=UA1545&after=flights-0-17`: the same without a message; null where it asks for nothing. */
export function subscriptionOf(query: URLSearchParams): ParsedMessage | null {
  const subscribe = query.get('topology');
  if (subscribe === null) return null;
  const flag = (name: string): boolean => query.get(name) === 'true';
  const wish = { subscribe, key: query.get('key'), after: query.getAll('after') };
  return parseWish({ ...wish, labels: flag('labels'), sample: flag('sample') });
}
