// The mapping of what ioredis and Redis throw to the errors of the engine (control path).
import { ReplyError } from 'ioredis';
import { messageOf, MillraceError } from '../../core/errors.ts';
import { replyFault } from './reply-codes.ts';

/**
 * Maps an error of ioredis or Redis to FENCED, STORE_UNAVAILABLE, STORE_LOST or STORE_FAILED.
 * @param lastFailure of the connection, if there is none
 */
export function storeError(
  error: unknown,
  what: string,
  where: string,
  lastFailure: string | null = null,
): MillraceError {
  const message = messageOf(error);
  if (!(error instanceof ReplyError)) {
    // A cluster's client gives up on redirections with the last of them: that is the reason.
    const isRedirected = message.startsWith('Too many Cluster redirections');
    const reason = isRedirected ? message : (lastFailure ?? message);
    return new MillraceError('STORE_UNAVAILABLE', `Redis did not ${what}: ${reason}`, {
      where,
      remedy: isRedirected
        ? REDIRECTED
        : 'Check that Redis runs at MILLRACE_REDIS_URL and accepts connections.',
      cause: error,
    });
  }
  const { code, remedy } = replyFault(message);
  return new MillraceError(code, `${SAYS[code]} ${what}: ${message}`, { where, remedy, cause: error });
}

const REDIRECTED =
  'Wait for the failover or the move of slots, or find with redis-cli --cluster check where its nodes disagree.';

const SAYS = {
  FENCED: 'a newer owner has the partition, so Redis did not',
  STORE_LOST: "Redis no longer holds this owner's state, and did not",
  STORE_UNAVAILABLE: 'Redis did not',
  STORE_FAILED: 'Redis refused to',
} as const;
