// How many frames a WebSocket client may send, messages and control frames together (hot path of what clients send): each
// costs the process some work, whatever it is and whether or not it is answered.
import { SOCKET_MESSAGES_BURST_MAX, SOCKET_MESSAGES_PER_SECOND } from '../../core/port-limits.ts';
import { RateLimiter } from '../../resilience/rate-limiter.ts';

/** Above the bound of messages: a client that exceeds that one gets a close code first, and is cut off if it goes on. */
const FRAMES_PER_MESSAGE = 2;

/** Counts a frame with each call; false if there are too many and the connection must be cut. */
export function frameBudget(): () => boolean {
  const rate = new RateLimiter({
    perSecond: FRAMES_PER_MESSAGE * SOCKET_MESSAGES_PER_SECOND,
    burst: FRAMES_PER_MESSAGE * SOCKET_MESSAGES_BURST_MAX,
    keysMax: 1,
  });
  return () => rate.take('') === 0;
}
