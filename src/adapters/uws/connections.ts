// The connections of the uWebSockets.js adapter that are no WebSockets (control path): how many a client has, and how long
// one may take for the head and the body of a request.
import type { HttpResponse as UwsResponse } from 'uWebSockets.js';
import { CONNECTIONS_MAX, HTTP_IDLE_MS_MAX } from '../../core/port-limits.ts';
import type { PortHandler } from '../../ports/web-server.ts';

export interface Connection {
  readonly key: string;
  /** Address of the client. */
  readonly peer: string;
  /** The object that the native server gave when the client connected: it outlives the requests. */
  readonly native: UwsResponse;
  /** Its first request is answered 429. */
  readonly isRefused: boolean;
  /** Monotonic time at which `expire` is called, ms. */
  deadlineMs: number;
  expire: () => void;
}

/** How often deadlines are checked, ms. */
const CHECK_MS = 500;
/** Milliseconds for a client to send the request that says why its connection is refused. */
const REFUSED_MS = 1_000;

export class Connections {
  readonly #handler: PortHandler;
  readonly #headMs: number;
  /** By address and port of the client. */
  readonly #open = new Map<string, Connection>();
  readonly #timer: NodeJS.Timeout;
  #closed = 0;

  constructor(handler: PortHandler, headMs: number) {
    this.#handler = handler;
    this.#headMs = headMs;
    this.#timer = setInterval(() => this.#check(), CHECK_MS).unref();
  }

  /** The native server calls it with 1 for each client that connects, and with -1 for each that is gone. */
  changed(native: UwsResponse, by: number): void {
    if (by < 0) {
      this.#closed++;
      return;
    }
    const key = keyOf(native);
    const peer = peerOf(native);
    const before = this.#open.get(key);
    if (before !== undefined) this.#gone(before);
    const isAllowed = this.#handler.connected(peer) && this.#open.size < CONNECTIONS_MAX;
    const connection: Connection = {
      key,
      peer,
      native,
      isRefused: !isAllowed,
      deadlineMs: Infinity,
      expire: () => undefined,
    };
    this.#open.set(key, connection);
    this.#wait(connection, isAllowed ? this.#headMs : REFUSED_MS);
  }

  /**
   * The connection of a request whose head has come. Null if the client has reset it since: it has no address any
   * more. The caller must close the response, and set no handler of its own before: the one that `#wait` has set then
   * removes the connection, which must not be touched once it is freed.
   */
  begin(response: UwsResponse): Connection | null {
    const connection = this.#open.get(keyOf(response));
    if (connection === undefined) return null;
    connection.deadlineMs = Infinity;
    return connection;
  }

  /** Must be called when the client of a request is gone. */
  aborted(connection: Connection): void {
    this.#gone(connection);
  }

  /** Writes the response of a request, then waits for the next one. The server may close the connection meanwhile. */
  end(connection: Connection, write: () => void): void {
    const before = this.#closed;
    write();
    if (this.#closed !== before) this.#gone(connection);
    else this.#wait(connection, HTTP_IDLE_MS_MAX + this.#headMs);
  }

  /** Closes a connection that is answered, unless it is gone. */
  cut(connection: Connection): void {
    if (this.#open.get(connection.key) === connection) connection.native.close();
  }

  /** A WebSocket has it from now on: it counts until `closed` is called with its client's address. */
  handOver(connection: Connection): void {
    this.#open.delete(connection.key);
  }

  /** A WebSocket of this address is gone. */
  closed(peer: string): void {
    this.#handler.disconnected(peer);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #wait(connection: Connection, ms: number): void {
    connection.deadlineMs = performance.now() + ms;
    connection.expire = () => connection.native.close();
    connection.native.onAborted(() => this.#gone(connection));
  }

  #gone(connection: Connection): void {
    if (this.#open.get(connection.key) !== connection) return;
    this.#open.delete(connection.key);
    this.#handler.disconnected(connection.peer);
  }

  #check(): void {
    const nowMs = performance.now();
    for (const connection of this.#open.values()) {
      if (connection.deadlineMs > nowMs) continue;
      connection.deadlineMs = Infinity;
      connection.expire();
    }
  }
}

function peerOf(native: UwsResponse): string {
  return Buffer.from(native.getRemoteAddressAsText()).toString('latin1');
}

function keyOf(native: UwsResponse): string {
  return `${peerOf(native)} ${native.getRemotePort()}`;
}
