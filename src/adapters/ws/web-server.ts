// The web server port on node:http and ws (hot path in the sockets): runs wherever Node runs.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { REQUEST_HEAD_BYTES_MAX, SOCKET_IDLE_MS_MAX, SOCKET_MESSAGE_BYTES_MAX } from '../../core/limits.ts';
import type { PortHandler, ServerRefusal, WebServer, WebServerOptions } from '../../ports/web-server.ts';
import { portUnavailable, SHUTDOWN_CLOSE } from '../shared/web-server.ts';
import { answer, headOf, writeRaw } from './exchange.ts';
import { WsSocket } from './socket.ts';

/** Listens with node:http and ws. @throws PORT_UNAVAILABLE */
export async function openWsServer(options: WebServerOptions): Promise<WebServer> {
  const { handler } = options;
  const connections = new Connections();
  const http = createServer({ maxHeaderSize: REQUEST_HEAD_BYTES_MAX }, (request, response) => {
    connections.begin(request.socket);
    response.once('close', () => connections.end(request.socket));
    void answer(handler, request, response);
  });
  http.maxHeadersCount = 0; // those of the head's bytes
  http.on('connection', (connection: Socket) => connections.add(connection));
  http.on('clientError', (error: NodeJS.ErrnoException, connection: Duplex) => {
    if (error.code === 'ECONNRESET' || connections.isBusy(connection)) connection.destroy();
    else writeRaw(connection, handler.refusal(refusalOf(error.code)));
  });
  const sockets = new Set<WsSocket>();
  acceptUpgrades(http, handler, sockets, connections);
  const heartbeat = setInterval(() => {
    for (const socket of sockets) socket.beat();
  }, SOCKET_IDLE_MS_MAX / 2).unref();
  await listen(http, options);
  return {
    kind: 'ws',
    port: (http.address() as AddressInfo).port, // listens on TCP, so the address is never a pipe's name
    async close(graceMs: number): Promise<void> {
      clearInterval(heartbeat);
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      for (const socket of sockets) socket.close(SHUTDOWN_CLOSE.code, SHUTDOWN_CLOSE.reason);
      connections.close();
      const cut = setTimeout(() => {
        for (const socket of sockets) socket.terminate();
        connections.destroy();
      }, graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}

function acceptUpgrades(
  http: Server,
  handler: PortHandler,
  sockets: Set<WsSocket>,
  connections: Connections,
): void {
  const upgrades = new WebSocketServer({
    noServer: true,
    maxPayload: SOCKET_MESSAGE_BYTES_MAX,
    perMessageDeflate: false,
    autoPong: false, // within a bound: see WsSocket
  });
  upgrades.on('wsClientError', (_error, stream) => writeRaw(stream, handler.refusal(400)));
  http.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const session = handler.upgrade(headOf(request));
    if ('status' in session) {
      writeRaw(stream, session);
      return;
    }
    upgrades.handleUpgrade(request, stream, head, (client) => {
      connections.handOver(stream);
      const socket = new WsSocket(client, session, () => sockets.delete(socket));
      sockets.add(socket);
      session.opened(socket);
    });
  });
}

/** The connections that are no WebSockets. Every one has an error handler, also while nothing reads it. */
class Connections {
  /** With the number of requests that are being answered. */
  readonly #open = new Map<Duplex, number>();
  #closing = false;

  add(connection: Duplex): void {
    connection.on('error', () => connection.destroy());
    connection.once('close', () => this.#open.delete(connection));
    this.#open.set(connection, 0);
  }

  isBusy(connection: Duplex): boolean {
    return (this.#open.get(connection) ?? 0) > 0;
  }

  begin(connection: Duplex): void {
    this.#open.set(connection, (this.#open.get(connection) ?? 0) + 1);
  }

  end(connection: Duplex): void {
    const others = (this.#open.get(connection) ?? 1) - 1;
    if (this.#open.has(connection)) this.#open.set(connection, others);
    if (this.#closing && others === 0) connection.end(() => connection.destroy());
  }

  /** A WebSocket has it from now on. */
  handOver(connection: Duplex): void {
    this.#open.delete(connection);
  }

  /** Destroys those without a request, and the others once they are answered. */
  close(): void {
    this.#closing = true;
    for (const [connection, requests] of this.#open) if (requests === 0) connection.destroy();
  }

  destroy(): void {
    for (const connection of this.#open.keys()) connection.destroy();
  }
}

function refusalOf(code: string | undefined): ServerRefusal {
  if (code === 'HPE_HEADER_OVERFLOW') return 431;
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
}

async function listen(http: Server, options: WebServerOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    http.once('error', (cause) => reject(portUnavailable(options, cause)));
    http.listen(options.port, options.host, resolve);
  });
}
