// One request and its response on uWebSockets.js (control path).
import type { HttpRequest as UwsRequest, HttpResponse as UwsResponse } from 'uWebSockets.js';
import { STATUS_CODES } from 'node:http';
import type { BodyTaker, HttpResponse, PortHandler, RequestHead } from '../../ports/web-server.ts';
import type { Connections } from './connections.ts';

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
  if (connection === null) {
    response.close();
    done();
    return;
  }
  let ended = false;
  /** Until its body has come: from then on the body is in memory until there is an answer, whether or not the client waits. */
  let taker: BodyTaker | null = null;
  const end = (): void => {
    ended = true;
    taker?.ended();
    taker = null;
    done();
  };
  response.onAborted(() => {
    if (!ended) end();
    connections.aborted(connection);
  });
  const isHead = request.getCaseSensitiveMethod() === 'HEAD';
  const reply = (to: HttpResponse, closes: boolean): void => {
    if (ended) return;
    connections.end(connection, () => response.cork(() => write(response, to, isHead, closes)));
    end();
  };
  const refusal = connection.isRefused ? handler.refusal(429) : null;
  const outcome = refusal ?? handler.request(headOf(request, connection.peer));
  if ('status' in outcome) {
    reply(outcome, true); // the rest of the body is not read
    return;
  }
  taker = outcome;
  if (Number(request.getHeader('content-length')) > outcome.bytesMax) {
    reply(handler.refusal(413), true);
    return;
  }
  connection.deadlineMs = performance.now() + bodyMs;
  connection.expire = () => reply(handler.refusal(408), true);
  const chunks: Buffer[] = [];
  let busy: HttpResponse | null = null;
  let bytes = 0;
  response.onData((chunk, isLast) => {
    if (ended) return;
    bytes += chunk.byteLength;
    if (bytes > outcome.bytesMax) {
      reply(handler.refusal(413), true);
      return;
    }
    busy ??= outcome.received(chunk.byteLength);
    if (busy !== null) {
      // The rest is read and dropped: a client that still writes when its connection is closed would not see the answer.
      chunks.length = 0;
      outcome.ended();
      if (isLast) reply(busy, false);
      return;
    }
    if (chunk.byteLength > 0) chunks.push(Buffer.from(new Uint8Array(chunk))); // valid during this call
    if (!isLast) return;
    connection.deadlineMs = Infinity;
    taker = null;
    void outcome
      .answer(Buffer.concat(chunks))
      .finally(() => outcome.ended())
      .then((to) => reply(to, false));
  });
}

export function headOf(request: UwsRequest, peer: string): RequestHead {
  const query = request.getQuery() ?? '';
  const headers: Array<readonly [string, string]> = [];
  request.forEach((name, value) => void headers.push([name, value]));
  return {
    method: request.getCaseSensitiveMethod(),
    target: query === '' ? request.getUrl() : `${request.getUrl()}?${query}`,
    headers,
    peer,
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
