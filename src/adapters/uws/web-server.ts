// The web server port on uWebSockets.js (hot path in the sockets). Importing this file throws if the binary cannot load:
// see src/app/compose/web-server.ts. The package's ESM entry only has a default export, though its types name every member.
/* oxlint-disable import/no-named-as-default-member, typescript/no-unsafe-enum-assignment */
import './head-size.ts';
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
  HttpResponse,
  PortHandler,
  RequestHead,
  WebServer,
  WebServerOptions,
} from '../../ports/web-server.ts';
import { portUnavailable, SHUTDOWN_CLOSE } from '../shared/web-server.ts';
import { type UwsClient, UwsSocket } from './socket.ts';

/** LIBUS_LISTEN_EXCLUSIVE_PORT, which only the types have. Without it two processes may share one port. */
const LISTEN_EXCLUSIVE_PORT = 1 as ListenOptions;

/** How often a closing server checks whether its clients have left, ms. */
const CLOSE_POLL_MS = 10;

/** Listens with uWebSockets.js. @throws PORT_UNAVAILABLE */
export async function openUwsServer(options: WebServerOptions): Promise<WebServer> {
  const { handler } = options;
  const app = uws.App();
  const sockets = new Set<UwsSocket>();
  const requests = new Set<UwsResponse>();
  app.ws<UwsClient>('/*', {
    maxPayloadLength: SOCKET_MESSAGE_BYTES_MAX,
    idleTimeout: SOCKET_IDLE_MS_MAX / 1_000,
    sendPingsAutomatically: true,
    compression: uws.DISABLED,
    // Above the hub's own bound: the hub disconnects a slow client first, and the close frame still fits.
    maxBackpressure: 2 * SUBSCRIBER_BUFFER_BYTES_MAX,
    upgrade: (response, request, context) => {
      const session = handler.upgrade(headOf(response, request));
      if ('status' in session) {
        write(response, session, false, true);
        return;
      }
      response.upgrade<UwsClient>(
        { session, socket: null },
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
      client.session.opened(socket);
    },
    message: (native, message) => {
      const { socket, session } = native.getUserData();
      if (socket !== null) session.message(socket, Buffer.from(message).toString('utf8'));
    },
    close: (native, code) => {
      const { socket, session } = native.getUserData();
      if (socket === null) return;
      socket.detach();
      sockets.delete(socket);
      session.closed(socket, code);
    },
  });
  app.any('/*', (response, request) => {
    requests.add(response);
    answer(handler, response, request, () => requests.delete(response));
  });
  const listener = await new Promise<uws.us_listen_socket | false>((resolve) => {
    app.listen(options.host, options.port, LISTEN_EXCLUSIVE_PORT, resolve);
  });
  if (listener === false) throw portUnavailable(options);
  let closing: Promise<void> | null = null;
  const close = async (graceMs: number): Promise<void> => {
    uws.us_listen_socket_close(listener);
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

/** The request is only valid during this call, so everything is copied from it before any await. */
function answer(handler: PortHandler, response: UwsResponse, request: UwsRequest, done: () => void): void {
  let aborted = false;
  response.onAborted(() => {
    aborted = true;
    done();
  });
  const isHead = request.getCaseSensitiveMethod() === 'HEAD';
  const outcome = handler.request(headOf(response, request));
  const reply = (to: HttpResponse, closes: boolean): void => {
    if (aborted) return;
    response.cork(() => write(response, to, isHead, closes));
    done();
  };
  if (typeof outcome !== 'function') {
    reply(outcome, true); // the rest of the body is not read
    return;
  }
  response.collectBody(HTTP_BODY_BYTES_MAX, (body) => {
    if (body === null) reply(handler.refusal(413), true);
    else void outcome(Buffer.from(body).toString('utf8')).then((to) => reply(to, false));
  });
}

function headOf(response: UwsResponse, request: UwsRequest): RequestHead {
  const query = request.getQuery() ?? '';
  const headers: Array<readonly [string, string]> = [];
  request.forEach((name, value) => void headers.push([name, value]));
  return {
    method: request.getCaseSensitiveMethod(),
    target: query === '' ? request.getUrl() : `${request.getUrl()}?${query}`,
    headers,
    peer: Buffer.from(response.getRemoteAddressAsText()).toString('latin1'),
    encrypted: false,
  };
}

/** @param closes whether the connection ends with the response */
function write(response: UwsResponse, reply: HttpResponse, isHead: boolean, closes: boolean): void {
  response.writeStatus(`${reply.status} ${STATUS_CODES[reply.status] ?? ''}`);
  for (const [name, value] of Object.entries(reply.headers)) {
    if (name !== 'connection') response.writeHeader(name, value);
  }
  if (reply.status === 304) response.endWithoutBody(undefined, closes);
  else if (isHead) response.endWithoutBody(Buffer.byteLength(reply.body), closes);
  else response.end(reply.body, closes);
}
