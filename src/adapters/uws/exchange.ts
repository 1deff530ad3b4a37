// One request and its response on uWebSockets.js (control path).
import type { HttpRequest as UwsRequest, HttpResponse as UwsResponse } from 'uWebSockets.js';
import { STATUS_CODES } from 'node:http';
import { DROPPED_BODY_BYTES_MAX, DROPPED_BODY_SILENCE_MS } from '../../core/port-limits.ts';
import type { BodyTaker, HttpResponse, PortHandler, RequestHead } from '../../ports/web-server.ts';
import type { Connection, Connections } from './connections.ts';

export interface Answering {
  readonly handler: PortHandler;
  readonly connections: Connections;
  readonly bodyMs: number;
}

/** Its client sends the request again: its connection stays, and the answer comes behind all of its body. */
const WAIT = 429;

/** What becomes of the connection behind a response: of one that lingers, the caller closes it. */
export type Ending = 'stays' | 'lingers' | 'closes';

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
  const isHead = request.getCaseSensitiveMethod() === 'HEAD';
  const exchange = new Exchange({ response, connection, connections, isHead, done });
  if (connection.isRefused) {
    exchange.reply(handler.refusal(WAIT), 'closes');
    return;
  }
  const outcome = handler.request(headOf(request, connection.peer));
  const taker = 'status' in outcome ? null : outcome;
  exchange.taker = taker;
  const bytesMax = taker?.bytesMax ?? DROPPED_BODY_BYTES_MAX;
  const announced = Number(request.getHeader('content-length'));
  const hasBody = announced > 0 || request.getHeader('transfer-encoding') !== '';
  let refused = 'status' in outcome ? outcome : null;
  if (announced > bytesMax) refused ??= handler.refusal(413);
  if (refused !== null && !hasBody) {
    exchange.reply(refused, refused.status === WAIT ? 'stays' : 'closes');
    return;
  }
  connection.deadlineMs = performance.now() + bodyMs;
  connection.expire = () => exchange.reply(refused ?? handler.refusal(408), 'closes');
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.onData((chunk, isLast) => {
    if (exchange.isEnded) {
      exchange.drop(chunk.byteLength, isLast);
      return;
    }
    bytes += chunk.byteLength;
    if (bytes > bytesMax) {
      exchange.refuse(refused ?? handler.refusal(413));
      exchange.drop(0, isLast);
      return;
    }
    refused ??= taker?.received(chunk.byteLength) ?? null;
    if (refused !== null) {
      chunks.length = 0;
      taker?.ended();
      if (isLast) exchange.reply(refused, 'stays');
      return;
    }
    if (chunk.byteLength > 0) chunks.push(Buffer.from(new Uint8Array(chunk))); // valid during this call
    if (isLast && taker !== null) exchange.take(taker, Buffer.concat(chunks));
  });
  if (refused !== null && (refused.status !== WAIT || announced > bytesMax)) exchange.refuse(refused);
}

interface ExchangeParts {
  readonly response: UwsResponse;
  readonly connection: Connection;
  readonly connections: Connections;
  readonly isHead: boolean;
  /** Called once, with the response or when the client is gone. */
  readonly done: () => void;
}

/** The response to one request, and what its client still sends behind it. */
class Exchange {
  readonly #parts: ExchangeParts;
  /** Until its body has come: from then on the body is in memory until there is an answer, whether or not the client waits. */
  taker: BodyTaker | null = null;
  isEnded = false;
  #dropped = 0;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
    parts.response.onAborted(() => {
      if (!this.isEnded) this.#end();
      parts.connections.aborted(parts.connection);
    });
  }

  #end(): void {
    this.isEnded = true;
    this.taker?.ended();
    this.taker = null;
    this.#parts.done();
  }

  reply(to: HttpResponse, ending: Ending): void {
    if (this.isEnded) return;
    const { response, connection, connections, isHead } = this.#parts;
    connections.end(connection, () => response.cork(() => write(response, to, isHead, ending)));
    this.#end();
  }

  take(taker: BodyTaker, body: Buffer): void {
    this.#parts.connection.deadlineMs = Infinity;
    this.taker = null;
    void taker
      .answer(body)
      .finally(() => taker.ended())
      .then((to) => this.reply(to, 'stays'));
  }

  /** Answers at once; what the client still sends is dropped, as it would see a reset, and no answer, if the connection closed. */
  refuse(to: HttpResponse): void {
    this.reply(to, 'lingers');
    this.#parts.connection.deadlineMs = performance.now() + DROPPED_BODY_SILENCE_MS;
  }

  drop(bytes: number, isLast: boolean): void {
    const { connection, connections } = this.#parts;
    this.#dropped += bytes;
    // Later: the answer may still be in the buffer of this call.
    if (isLast || this.#dropped > DROPPED_BODY_BYTES_MAX) setImmediate(() => connections.cut(connection));
    else connection.deadlineMs = performance.now() + DROPPED_BODY_SILENCE_MS;
  }
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

export function write(response: UwsResponse, reply: HttpResponse, isHead: boolean, ending: Ending): void {
  const closes = ending === 'closes';
  response.writeStatus(`${reply.status} ${STATUS_CODES[reply.status] ?? ''}`);
  for (const [name, value] of Object.entries(reply.headers)) {
    if (name !== 'connection') response.writeHeader(name, value);
  }
  if (ending === 'lingers') response.writeHeader('Connection', 'close');
  if (reply.status === 304) response.endWithoutBody(undefined, closes);
  else if (isHead) response.endWithoutBody(Buffer.byteLength(reply.body), closes);
  else response.end(reply.body, closes);
}
