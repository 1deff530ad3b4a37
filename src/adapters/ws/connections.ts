// The connections of the ws adapter that are no WebSockets (control path): which are busy, and how many a client has.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { HttpResponse, PortHandler } from '../../ports/web-server.ts';
import { writeRaw } from './exchange.ts';

/** Milliseconds for a client to read why its connection is refused. */
const REFUSED_MS = 1_000;

interface Answering {
  /** Requests whose response has not ended. */
  readonly requests: number;
  /** That of the newest. */
  readonly response: ServerResponse | null;
}

/** The connections that are no WebSockets. Every one has an error handler, also while nothing reads it. */
export class Connections {
  readonly #open = new Map<Duplex, Answering>();
  readonly #handler: PortHandler;
  #closing = false;

  constructor(handler: PortHandler) {
    this.#handler = handler;
  }

  /** Counts a connection of a client. @param answers whether one too many gets a response: not before a TLS handshake */
  admit(connection: Socket, answers: boolean): void {
    const peer = connection.remoteAddress ?? '';
    connection.on('error', () => connection.destroy());
    connection.once('close', () => this.#handler.disconnected(peer));
    if (this.#handler.connected(peer)) return;
    if (answers) refuseConnection(connection, this.#handler.refusal(429));
    else connection.destroy();
  }

  /** Follows a connection that carries HTTP. */
  add(connection: Socket): void {
    connection.on('error', () => connection.destroy());
    connection.once('close', () => this.#open.delete(connection));
    this.#open.set(connection, { requests: 0, response: null });
  }

  isBusy(connection: Duplex): boolean {
    return (this.#open.get(connection)?.requests ?? 0) > 0;
  }

  /** Whether the response to a request has begun, or that of an earlier one may. */
  isAnswered(connection: Duplex): boolean {
    const { requests = 0, response = null } = this.#open.get(connection) ?? {};
    return requests > 1 || response?.headersSent === true;
  }

  begin(connection: Duplex, response: ServerResponse): void {
    const requests = this.#open.get(connection)?.requests ?? 0;
    if (this.#open.has(connection)) this.#open.set(connection, { requests: requests + 1, response });
  }

  end(connection: Duplex): void {
    const answering = this.#open.get(connection);
    if (answering === undefined) return;
    const requests = answering.requests - 1;
    this.#open.set(connection, { requests, response: requests === 0 ? null : answering.response });
    if (this.#closing && requests === 0) connection.end(() => connection.destroy());
  }

  /** A WebSocket has it from now on. */
  handOver(connection: Duplex): void {
    this.#open.delete(connection);
  }

  /** Destroys those without a request, and the others once they are answered. */
  close(): void {
    this.#closing = true;
    for (const [connection, { requests }] of this.#open) if (requests === 0) connection.destroy();
  }

  destroy(): void {
    for (const connection of this.#open.keys()) connection.destroy();
  }
}

/** What the client has sent is read, so that closing the connection does not reset it before the response is read. */
function refuseConnection(connection: Socket, response: HttpResponse): void {
  connection.resume();
  writeRaw(connection, response, false);
  setTimeout(() => connection.destroy(), REFUSED_MS).unref();
}
