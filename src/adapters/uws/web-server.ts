// The web server port on uWebSockets.js (hot path in the sockets). Importing this file throws if the binary cannot load:
// see src/app/compose/web-server.ts. The package's ESM entry only has a default export, though its types name every member.
/* oxlint-disable import/no-named-as-default-member, typescript/no-unsafe-enum-assignment */
import './head-size.ts';
import uws, {
  type ListenOptions,
  type HttpResponse as UwsResponse,
  type WebSocket,
  type WebSocketBehavior,
} from 'uWebSockets.js';
import {
  HTTP_BODY_MS_MAX,
  HTTP_HEAD_MS_MAX,
  SOCKET_IDLE_MS_MAX,
  SOCKET_MESSAGE_BYTES_MAX,
  SUBSCRIBER_BUFFER_BYTES_MAX,
} from '../../core/port-limits.ts';
import type { PortHandler, WebServer, WebServerOptions } from '../../ports/web-server.ts';
import { frameBudget } from '../shared/frame-budget.ts';
import { portUnavailable, SHUTDOWN_CLOSE, subprotocolOf } from '../shared/web-server.ts';
import { Connections } from './connections.ts';
import { answer, headOf, write } from './exchange.ts';
import { type UwsClient, UwsSocket } from './socket.ts';

/** LIBUS_LISTEN_EXCLUSIVE_PORT, which only the types have. Without it two processes may share one port. */
const LISTEN_EXCLUSIVE_PORT = 1 as ListenOptions;

/** How often a closing server checks whether its clients have left, ms. */
const CLOSE_POLL_MS = 10;

/** Listens with uWebSockets.js. @throws PORT_UNAVAILABLE */
export async function openUwsServer(options: WebServerOptions): Promise<WebServer> {
  const { handler, headMs = HTTP_HEAD_MS_MAX, bodyMs = HTTP_BODY_MS_MAX } = options;
  const app = uws.App();
  const connections = new Connections(handler, headMs);
  app.filter((native, by) => connections.changed(native, Number(by)));
  const sockets = new Set<UwsSocket>();
  const requests = new Set<UwsResponse>();
  app.ws<UwsClient>('/*', behaviorOf(handler, connections, sockets));
  app.any('/*', (response, request) => {
    requests.add(response);
    answer({ handler, connections, bodyMs }, response, request, () => requests.delete(response));
  });
  const listener = await new Promise<uws.us_listen_socket | false>((resolve) => {
    app.listen(options.host, options.port, LISTEN_EXCLUSIVE_PORT, resolve);
  });
  if (listener === false) {
    connections.close();
    throw portUnavailable(options);
  }
  let closing: Promise<void> | null = null;
  const close = async (graceMs: number): Promise<void> => {
    uws.us_listen_socket_close(listener);
    connections.close();
    for (const socket of sockets) socket.close(SHUTDOWN_CLOSE.code, SHUTDOWN_CLOSE.reason);
    const cutAtMs = performance.now() + graceMs;
    while (requests.size > 0 && performance.now() < cutAtMs) {
      await new Promise((resolve) => setTimeout(resolve, CLOSE_POLL_MS));
    }
    // The close frames are sent by now, unless a client does not read: connections that are still open are cut.
    await new Promise((resolve) => setTimeout(resolve, CLOSE_POLL_MS));
    app.close();
  };
  return {
    kind: 'uws',
    port: uws.us_socket_local_port(listener),
    // Closing a native server twice ends the process.
    close: (graceMs) => (closing ??= close(graceMs)),
  };
}

/** Counts a frame, and closes the connection of a client that sends too many. True if it did. */
function cutIfFlooding(native: WebSocket<UwsClient>): boolean {
  if (native.getUserData().isWithinBudget()) return false;
  native.close();
  return true;
}

function behaviorOf(
  handler: PortHandler,
  connections: Connections,
  sockets: Set<UwsSocket>,
): WebSocketBehavior<UwsClient> {
  return {
    maxPayloadLength: SOCKET_MESSAGE_BYTES_MAX,
    idleTimeout: SOCKET_IDLE_MS_MAX / 1_000,
    sendPingsAutomatically: true,
    compression: uws.DISABLED,
    // Above the hub's own bound: the hub disconnects a slow client first, and the close frame still fits.
    maxBackpressure: 2 * SUBSCRIBER_BUFFER_BYTES_MAX,
    upgrade: (response, request, context) => {
      const connection = connections.begin(response);
      if (connection === null) {
        response.close();
        return;
      }
      const refusal = connection.isRefused ? handler.refusal(429) : null;
      const session = refusal ?? handler.upgrade(headOf(request, connection.peer));
      if ('status' in session) {
        connections.end(connection, () => write(response, session, false, 'closes'));
        return;
      }
      const { peer } = connection;
      connections.handOver(connection);
      response.upgrade<UwsClient>(
        { session, peer, socket: null, isWithinBudget: frameBudget() },
        request.getHeader('sec-websocket-key'),
        subprotocolOf(request.getHeader('sec-websocket-protocol').split(/\s*,\s*/)),
        request.getHeader('sec-websocket-extensions'),
        context,
      );
    },
    open: (native) => {
      const client = native.getUserData();
      const socket = new UwsSocket(native);
      client.socket = socket;
      sockets.add(socket);
      client.session.opened(socket);
    },
    // The native server answers pings.
    ping: (native) => cutIfFlooding(native),
    pong: (native) => cutIfFlooding(native),
    message: (native, message) => {
      if (cutIfFlooding(native)) return;
      const { socket, session } = native.getUserData();
      if (socket !== null) session.message(socket, Buffer.from(message).toString('utf8'));
    },
    close: (native, code) => {
      const { socket, session, peer } = native.getUserData();
      connections.closed(peer);
      if (socket === null) return;
      socket.detach();
      sockets.delete(socket);
      session.closed(socket, code);
    },
  };
}
