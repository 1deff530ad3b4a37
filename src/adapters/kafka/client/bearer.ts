// The access token of SASL OAUTHBEARER (control path): one for all connections, requested again before it expires. kafkajs
// asks with each connection, and again before the session that a broker allows ends.
import { messageOf, MillraceError } from '../../../core/errors.ts';
import { isEnvironmentFault } from '../../../core/faults.ts';
import type { AccessToken } from '../../../ports/credentials.ts';
import { KafkaError } from './kafka-error.ts';

/** Of its lifetime, before whose end a token is replaced. */
const SPARE_SHARE = 0.2;
/**
 * kafkajs identifies itself again ten seconds before a session ends, and a broker refuses that within a second of the last
 * time: no connection may begin with a token that ends so soon. A lifetime shorter than twice this is halved.
 */
const SPARE_MS_MIN = 30_000;

/** What kafkajs asks for. */
interface BearerToken {
  readonly value: string;
  readonly extensions?: Readonly<Record<string, string>>;
}

/** @param nowMs Unix ms */
export function bearerProvider(
  token: () => Promise<AccessToken>,
  nowMs: () => number = Date.now,
): () => Promise<BearerToken> {
  let last: AccessToken | null = null;
  let renewAtMs = 0;
  let asking: Promise<AccessToken> | null = null;
  const ask = async (): Promise<AccessToken> => {
    const askedMs = nowMs();
    last = await token();
    const lifetimeMs = last.expiresAtMs - askedMs;
    renewAtMs = last.expiresAtMs - Math.max(lifetimeMs * SPARE_SHARE, Math.min(SPARE_MS_MIN, lifetimeMs / 2));
    return last;
  };
  return async () => {
    if (last !== null && nowMs() < renewAtMs) return last;
    asking ??= ask().finally(() => (asking = null));
    try {
      return await asking;
    } catch (error) {
      // The old one is good for a while.
      if (last !== null && nowMs() < last.expiresAtMs && isEnvironmentFault(error)) return last;
      throw kafkaErrorOf(error);
    }
  };
}

/** Without a cause, which kafkajs would put in its place. */
function kafkaErrorOf(error: unknown): KafkaError {
  const isAway = error instanceof MillraceError && isEnvironmentFault(error);
  return new KafkaError(isAway ? 'unavailable' : 'unauthenticated', messageOf(error));
}
