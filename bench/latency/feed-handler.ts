// The port of a server whose every client is one WebSocket (control path).
import type { HttpResponse, PortHandler, SocketSession } from '../../src/ports/web-server.ts';

export function feedHandler(session: SocketSession): PortHandler {
  const missing = (): HttpResponse => ({ status: 404, headers: {}, body: '' });
  return {
    request: missing,
    upgrade: () => session,
    refusal: missing,
    connected: () => true,
    disconnected: () => undefined,
  };
}
