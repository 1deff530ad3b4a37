// WebSocket clients: connection, messages and disconnection (control path).
import { SUBSCRIBERS_MAX } from '../../core/limits.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { ServerSocket, SocketHandlers } from '../../ports/web-server.ts';
import type { PredictionHub } from './prediction-hub.ts';
import { CLOSE_TRY_LATER, type ParsedMessage, parseMessage, subscriptionOf } from './protocol.ts';

/** The `/ws` endpoint of a hub. */
export function socketSessions(
  hub: PredictionHub,
  telemetry: Telemetry,
  clientsMax: number = SUBSCRIBERS_MAX,
): SocketHandlers {
  const clients = new Set<ServerSocket>();
  const act = (socket: ServerSocket, parsed: ParsedMessage): void => {
    if (parsed.kind === 'error') hub.refuse(socket, parsed.error);
    else hub.subscribe(socket, parsed.subscribe);
  };
  return {
    path: '/ws',
    opened(socket, query) {
      if (clients.size >= clientsMax) {
        telemetry.count('feed_turned_away_total', 1);
        socket.close(CLOSE_TRY_LATER, `this process serves at most ${clientsMax} clients`);
        return;
      }
      clients.add(socket);
      const parsed = subscriptionOf(query);
      if (parsed !== null) act(socket, parsed);
    },
    message(socket, text) {
      if (clients.has(socket)) act(socket, parseMessage(text));
    },
    closed(socket) {
      clients.delete(socket);
      hub.drop(socket);
    },
  };
}
