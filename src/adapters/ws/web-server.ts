// The web server port on node:http and ws (hot path in the sockets): runs wherever Node runs.
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http';
import { createServer as createSecureServer, Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContextOptions } from 'node:tls';
import { WebSocketServer } from 'ws';
import {
  CONNECTIONS_MAX,
  HTTP_BODY_MS_MAX,
  HTTP_HEAD_MS_MAX,
  HTTP_IDLE_MS_MAX,
  REQUEST_HEAD_BYTES_MAX,
  SOCKET_CLOSE_MS_MAX,
  SOCKET_FRAGMENTS_MAX,
  SOCKET_IDLE_MS_MAX,
  SOCKET_MESSAGE_BYTES_MAX,
} from '../../core/port-limits.ts';
import type {
  PortHandler,
  ServerRefusal,
  TlsMaterial,
  TlsSource,
  WebServer,
  WebServerOptions,
} from '../../ports/web-server.ts';
import { portUnavailable, SHUTDOWN_CLOSE, subprotocolOf } from '../shared/web-server.ts';
import { Connections } from './connections.ts';
import { answer, headOf, writeRaw } from './exchange.ts';
import { WsSocket } from './socket.ts';

/** How often node:http looks for requests that take too long, ms. */
const TIMEOUT_CHECK_MS = 500;

/** Listens with node:http and ws. @throws PORT_UNAVAILABLE */
export async function openWsServer(options: WebServerOptions): Promise<WebServer> {
  const { handler, headMs = HTTP_HEAD_MS_MAX, bodyMs = HTTP_BODY_MS_MAX } = options;
  const connections = new Connections(handler);
  const tls = options.tls ?? null;
  const http = createHttp(
    tls,
    {
      maxHeaderSize: REQUEST_HEAD_BYTES_MAX,
      headersTimeout: headMs,
      requestTimeout: headMs + bodyMs,
      keepAliveTimeout: HTTP_IDLE_MS_MAX,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      // RFC 9110, section 7.8: another upgrade, to h2c for example, is answered as if it were not offered. Older releases of
      // Node 22 lack the option: there it is answered 404.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    },
    (request, response) => {
      const { socket } = request; // node:http takes it from a request whose body is too large
      connections.begin(socket, response);
      response.once('close', () => connections.end(socket));
      void answer(handler, request, response);
    },
  );
  http.maxHeadersCount = 0; // those of the head's bytes
  http.maxConnections = CONNECTIONS_MAX;
  http.setTimeout(HTTP_IDLE_MS_MAX, (connection) => {
    // A response that takes long to compute is no fault of the client; one that the client does not read is.
    if (connections.isBusy(connection) && connection.writableLength === 0)
      connection.setTimeout(HTTP_IDLE_MS_MAX);
    else connection.destroy();
  });
  http.on('connection', (connection: Socket) => connections.admit(connection, tls === null));
  http.on(tls === null ? 'connection' : 'secureConnection', (connection: Socket) =>
    connections.add(connection),
  );
  http.on('clientError', (error: NodeJS.ErrnoException, connection: Duplex) => {
    if (error.code === 'ECONNRESET' || connections.isAnswered(connection)) connection.destroy();
    else writeRaw(connection, handler.refusal(refusalOf(error.code)));
  });
  const sockets = new Set<WsSocket>();
  acceptUpgrades(http, handler, sockets, connections);
  await listen(http, options);
  const heartbeat = setInterval(() => {
    for (const socket of sockets) socket.beat();
  }, SOCKET_IDLE_MS_MAX / 2).unref();
  const unfollow = tls?.follow((material) => {
    if (http instanceof HttpsServer) http.setSecureContext(secureOptions(material));
  });
  return {
    kind: 'ws',
    port: (http.address() as AddressInfo).port, // listens on TCP, so the address is never a pipe's name
    async close(graceMs: number): Promise<void> {
      clearInterval(heartbeat);
      unfollow?.();
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

function createHttp(tls: TlsSource | null, options: ServerOptions, listener: RequestListener): Server {
  if (tls === null) return createServer(options, listener);
  const { clientCa } = tls.current();
  const clients = { requestCert: clientCa !== null, rejectUnauthorized: clientCa !== null };
  const secure = { ...secureOptions(tls.current()), ...clients, handshakeTimeout: HTTP_HEAD_MS_MAX };
  return createSecureServer({ ...options, ...secure }, listener);
}

function secureOptions({ cert, key, clientCa }: TlsMaterial): SecureContextOptions {
  return { cert, key, minVersion: 'TLSv1.2', ...(clientCa === null ? {} : { ca: clientCa }) };
}

function acceptUpgrades(
  http: Server,
  handler: PortHandler,
  sockets: Set<WsSocket>,
  connections: Connections,
): void {
  const closing = { closeTimeout: SOCKET_CLOSE_MS_MAX, maxFragments: SOCKET_FRAGMENTS_MAX }; // the types of ws lack it
  const upgrades = new WebSocketServer({
    noServer: true,
    maxPayload: SOCKET_MESSAGE_BYTES_MAX,
    perMessageDeflate: false,
    handleProtocols: (offered) => subprotocolOf([...offered]) || false,
    autoPong: false, // within a bound: see WsSocket
    ...closing,
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

function refusalOf(code: string | undefined): ServerRefusal {
  if (code === 'HPE_HEADER_OVERFLOW') return 431;
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
}

async function listen(http: Server, options: WebServerOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    // Stays: once the server listens, an error is that of one connection that the system could not accept.
    http.on('error', (cause) => reject(portUnavailable(options, cause)));
    http.listen(options.port, options.host, resolve);
  });
}
