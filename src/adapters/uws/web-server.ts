// The web server port on uWebSockets.js (hot path in the sockets). Importing this file throws if the binary cannot load:
// see src/app/compose/web-server.ts. The package's ESM entry only has a default export, though its types name every member.
/* oxlint-disable import/no-named-as-default-member, typescript/no-unsafe-enum-assignment */
import uws, {
  type ListenOptions,
  type HttpRequest as UwsRequest,
  type HttpResponse as UwsResponse,
} from 'uWebSockets.js';
import { STATUS_CODES } from 'node:http';
import {
  HTTP_BODY_BYTES_MAX,
  SOCKET_IDLE_MS_MAX,
  SOCKET_MESSAGE_BYTES_MAX,
  SUBSCRIBER_BUFFER_BYTES_MAX,
} from '../../core/limits.ts';
import type {
  HttpHandler,
  HttpRequest,
  HttpResponse,
  WebServer,
  WebServerOptions,
} from '../../ports/web-server.ts';
import { BODY_TOO_LONG, methodOf, portUnavailable, respond, SHUTDOWN_CLOSE } from '../shared/web-server.ts';
import { type UwsClient, UwsSocket } from './socket.ts';

/** LIBUS_LISTEN_EXCLUSIVE_PORT, which only the types have. Without it two processes may share one port. */
const LISTEN_EXCLUSIVE_PORT = 1 as ListenOptions;

/** How often a closing server checks whether its clients have left, ms. */
const CLOSE_POLL_MS = 10;

/** Listens with uWebSockets.js. @throws PORT_UNAVAILABLE */
export async function openUwsServer(options: WebServerOptions): Promise<WebServer> {
  const app = uws.App();
  const sockets = new Set<UwsSocket>();
  const requests = new Set<UwsResponse>();
  app.ws<UwsClient>(options.sockets.path, {
    maxPayloadLength: SOCKET_MESSAGE_BYTES_MAX,
    idleTimeout: SOCKET_IDLE_MS_MAX / 1_000,
    sendPingsAutomatically: true,
    compression: uws.DISABLED,
    // Above the hub's own bound: the hub disconnects a slow client first, and the close frame still fits.
    maxBackpressure: 2 * SUBSCRIBER_BUFFER_BYTES_MAX,
    upgrade: (response, request, context) => {
      response.upgrade<UwsClient>(
        { query: request.getQuery() ?? '', socket: null },
        request.getHeader('sec-websocket-key'),
        request.getHeader('sec-websocket-protocol'),
        request.getHeader('sec-websocket-extensions'),
        context,
      );
    },
    open: (native) => {
      const client = native.getUserData();
      const socket = new UwsSocket(native);
      client.socket = socket;
      sockets.add(socket);
      options.sockets.opened(socket, new URLSearchParams(client.query));
    },
    message: (native, message) => {
      const { socket } = native.getUserData();
      if (socket !== null) options.sockets.message(socket, Buffer.from(message).toString('utf8'));
    },
    close: (native, code) => {
      const { socket } = native.getUserData();
      if (socket === null) return;
      socket.detach();
      sockets.delete(socket);
      options.sockets.closed(socket, code);
    },
  });
  app.any('/*', (response, request) => {
    requests.add(response);
    answer(options.http, response, request, () => requests.delete(response));
  });
  const listener = await new Promise<uws.us_listen_socket | false>((resolve) => {
    app.listen(options.host, options.port, LISTEN_EXCLUSIVE_PORT, resolve);
  });
  if (listener === false) throw portUnavailable(options);
  return {
    kind: 'uws',
    port: uws.us_socket_local_port(listener),
    async close(graceMs: number): Promise<void> {
      uws.us_listen_socket_close(listener);
      for (const socket of sockets) socket.close(SHUTDOWN_CLOSE.code, SHUTDOWN_CLOSE.reason);
      const cutAtMs = performance.now() + graceMs;
      while (requests.size > 0 && performance.now() < cutAtMs) {
        await new Promise((resolve) => setTimeout(resolve, CLOSE_POLL_MS));
      }
      // The close frames are sent by now, unless a client does not read: connections that are still open are cut.
      await new Promise((resolve) => setTimeout(resolve, CLOSE_POLL_MS));
      app.close();
    },
  };
}

/** The request is only valid during this call, so everything is copied from it before any await. */
function answer(handler: HttpHandler, response: UwsResponse, request: UwsRequest, done: () => void): void {
  let aborted = false;
  response.onAborted(() => {
    aborted = true;
    done();
  });
  const head = request.getMethod() === 'head';
  const headers = new Map<string, string>();
  request.forEach((name, value) => headers.set(name, value));
  const from: Omit<HttpRequest, 'body'> = {
    method: methodOf(request.getMethod()),
    path: request.getUrl(),
    query: new URLSearchParams(request.getQuery() ?? ''),
    headers,
  };
  const reply = (to: HttpResponse): void => {
    if (aborted) return;
    response.cork(() => write(response, to, head));
    done();
  };
  response.collectBody(HTTP_BODY_BYTES_MAX, (body) => {
    if (body === null) {
      reply(BODY_TOO_LONG);
      return;
    }
    const text = Buffer.from(body).toString('utf8');
    void respond(() => handler({ ...from, body: text })).then(reply);
  });
}

function write(response: UwsResponse, reply: HttpResponse, head: boolean): void {
  response.writeStatus(`${reply.status} ${STATUS_CODES[reply.status] ?? ''}`);
  for (const [name, value] of Object.entries(reply.headers)) response.writeHeader(name, value);
  if (reply.status === 304) response.endWithoutBody();
  else if (head) response.endWithoutBody(Buffer.byteLength(reply.body));
  else response.end(reply.body);
}
