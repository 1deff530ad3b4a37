// One request and its response on uWebSockets.js (control path).
import type { HttpRequest as UwsRequest, HttpResponse as UwsResponse } from 'uWebSockets.js';
import { STATUS_CODES } from 'node:http';
import { HTTP_BODY_BYTES_MAX } from '../../core/limits.ts';
import type { HttpResponse, PortHandler, RequestHead } from '../../ports/web-server.ts';
import { type Connections, peerOf } from './connections.ts';

export interface Answering {
  readonly handler: PortHandler;
  readonly connections: Connections;
  readonly bodyMs: number;
}

/** The request is only valid during this call, so everything is copied from it before any await. */
export function answer(
  { handler, connections, bodyMs }: Answering,
  response: UwsResponse,
  request: UwsRequest,
  done: () => void,
): void {
  const connection = connections.begin(response);
  let ended = false;
  response.onAborted(() => {
    ended = true;
    connections.aborted(connection);
    done();
  });
  const isHead = request.getCaseSensitiveMethod() === 'HEAD';
  const reply = (to: HttpResponse, closes: boolean): void => {
    if (ended) return;
    ended = true;
    connections.end(connection, () => response.cork(() => write(response, to, isHead, closes)));
    done();
  };
  const refusal = connection?.isRefused === true ? handler.refusal(429) : null;
  const outcome = refusal ?? handler.request(headOf(response, request));
  if (typeof outcome !== 'function') {
    reply(outcome, true); // the rest of the body is not read
    return;
  }
  if (connection !== undefined) {
    connection.deadlineMs = performance.now() + bodyMs;
    connection.expire = () => reply(handler.refusal(408), true);
  }
  response.collectBody(HTTP_BODY_BYTES_MAX, (body) => {
    if (ended) return;
    if (connection !== undefined) connection.deadlineMs = Infinity;
    if (body === null) reply(handler.refusal(413), true);
    else void outcome(Buffer.from(body).toString('utf8')).then((to) => reply(to, false));
  });
}

export function headOf(response: UwsResponse, request: UwsRequest): RequestHead {
  const query = request.getQuery() ?? '';
  const headers: Array<readonly [string, string]> = [];
  request.forEach((name, value) => void headers.push([name, value]));
  return {
    method: request.getCaseSensitiveMethod(),
    target: query === '' ? request.getUrl() : `${request.getUrl()}?${query}`,
    headers,
    peer: peerOf(response),
    encrypted: false,
  };
}

/** @param closes whether the connection ends with the response */
export function write(response: UwsResponse, reply: HttpResponse, isHead: boolean, closes: boolean): void {
  response.writeStatus(`${reply.status} ${STATUS_CODES[reply.status] ?? ''}`);
  for (const [name, value] of Object.entries(reply.headers)) {
    if (name !== 'connection') response.writeHeader(name, value);
  }
  if (reply.status === 304) response.endWithoutBody(undefined, closes);
  else if (isHead) response.endWithoutBody(Buffer.byteLength(reply.body), closes);
  else response.end(reply.body, closes);
}
