// The web server port on node:http and ws (hot path in the sockets): runs wherever Node runs.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { HTTP_BODY_BYTES_MAX, SOCKET_IDLE_MS_MAX, SOCKET_MESSAGE_BYTES_MAX } from '../../core/limits.ts';
import type { HttpHandler, HttpRequest, WebServer, WebServerOptions } from '../../ports/web-server.ts';
import { BODY_TOO_LONG, methodOf, portUnavailable, respond, SHUTDOWN_CLOSE } from '../shared/web-server.ts';
import { WsSocket } from './socket.ts';

/** Listens with node:http and ws. @throws PORT_UNAVAILABLE */
export async function openWsServer(options: WebServerOptions): Promise<WebServer> {
  const http = createServer((request, response) => void answer(options.http, request, response));
  const upgrades = new WebSocketServer({
    noServer: true,
    maxPayload: SOCKET_MESSAGE_BYTES_MAX,
    perMessageDeflate: false,
  });
  const sockets = new Set<WsSocket>();
  http.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname !== options.sockets.path) {
      stream.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    upgrades.handleUpgrade(request, stream, head, (client) => {
      const socket = new WsSocket(client, options.sockets, () => sockets.delete(socket));
      sockets.add(socket);
      options.sockets.opened(socket, url.searchParams);
    });
  });
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
      http.closeIdleConnections();
      const cut = setTimeout(() => {
        for (const socket of sockets) socket.terminate();
        http.closeAllConnections();
      }, graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}

async function listen(http: Server, options: WebServerOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    http.once('error', (cause) => reject(portUnavailable(options, cause)));
    http.listen(options.port, options.host, resolve);
  });
}

async function answer(
  handler: HttpHandler,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const reply = await respond(async () => {
    const body = await readBody(request);
    return body === null
      ? { ...BODY_TOO_LONG, headers: { connection: 'close' } }
      : handler(toRequest(request, body));
  });
  const bytes = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
  const bodiless = request.method === 'HEAD' || reply.status === 304;
  const length = reply.status === 304 ? {} : { 'content-length': String(bytes.byteLength) };
  response.writeHead(reply.status, { ...reply.headers, ...length });
  response.end(bodiless ? undefined : bytes);
}

/** Null if it is longer than HTTP_BODY_BYTES_MAX. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > HTTP_BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function toRequest(request: IncomingMessage, body: string): HttpRequest {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return {
    method: methodOf(request.method ?? 'GET'),
    path: url.pathname,
    query: url.searchParams,
    headers,
    body,
  };
}
