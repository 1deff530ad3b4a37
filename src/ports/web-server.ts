// Port: the web server (control path, except for `send`): uWebSockets.js if its binary loads, otherwise node:http and ws.
// A server parses and transports; what a request means, and whether it is answered, is decided in src/serving/port.

/** The head of a request as the client sent it. Nothing in it is checked yet. */
export interface RequestHead {
  /** As on the request line. */
  readonly method: string;
  /** The request target as on the request line: path and query, in any form. */
  readonly target: string;
  /** In the order sent, names in any case, repeated ones apart. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  /** IP address of the client; empty if it is gone. */
  readonly peer: string;
  /** Whether the connection is encrypted. */
  readonly encrypted: boolean;
}

/** The one form in which routes, authorization and limits see the head of a request, whichever server read it. */
export interface CanonicalHead {
  /** Upper case. A HEAD request is a GET. */
  readonly method: string;
  /**
   * Percent-encoded, without the query: no empty, `.` or `..` segments, no control characters, and encoded only where it
   * must be. An encoded `/` is part of its segment.
   */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names; the values of a repeated header are joined by `, `. Cookies are left out. */
  readonly headers: ReadonlyMap<string, string>;
  /** The Host header in lower case: `name` or `name:port`. */
  readonly host: string;
  /** IP address of the client. */
  readonly peer: string;
  /** Whether the connection is encrypted. */
  readonly encrypted: boolean;
}

export interface HttpRequest extends CanonicalHead {
  /** UTF-8 text; empty if there is none, and for a route that takes bytes. */
  readonly body: string;
  /** As it was sent. */
  readonly bytes: Buffer;
  /**
   * Counts memory that a large body takes besides its bytes, until the request is answered: null, or the response if there
   * is none for it now.
   */
  readonly received: (bytes: number) => HttpResponse | null;
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names. The adapter sets content-length. */
  readonly headers: Readonly<Record<string, string>>;
  /** Ignored for HEAD and 304. */
  readonly body: string | Uint8Array;
}

export type HttpHandler = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>;

/** One connected client. Every method is a no-op once `open` is false. */
export interface ServerSocket {
  readonly open: boolean;
  /** Bytes accepted by `send` that are not yet passed to the operating system. */
  readonly bufferedBytes: number;
  /** Sends one text message as UTF-8 bytes, so that it is encoded once for any number of sockets. */
  send(text: Uint8Array): void;
  /** Sends a close frame and closes the connection within a bound. `reason` has at most 123 bytes. */
  close(code: number, reason: string): void;
}

/** What is done with one WebSocket connection. */
export interface SocketSession {
  opened(socket: ServerSocket): void;
  message(socket: ServerSocket, text: string): void;
  /** Called once for each opened socket, whichever side closed it. */
  closed(socket: ServerSocket, code: number): void;
}

/** Statuses that a server itself answers with: what it cannot parse, or is too slow, too large or too many. */
export type ServerRefusal = 400 | 408 | 413 | 429 | 431;

/** What takes the body of a request. No member throws or rejects. */
export interface BodyTaker {
  /** Bytes of the longest body: a longer one is answered with `refusal(413)`, and the rest of it is dropped. */
  readonly bytesMax: number;
  /**
   * Called with each piece of the body that has come: null, or the response if there is no memory for it now. The rest of the
   * body is then read and dropped, and the connection stays.
   */
  received(bytes: number): HttpResponse | null;
  /** Answers the request, once its body is there. */
  answer(body: Buffer): Promise<HttpResponse>;
  /** Called when nothing of the body is in memory any more, whether or not its client still waits. Again, it does nothing. */
  ended(): void;
}

/** What a server does with requests. No member throws or rejects. */
export interface PortHandler {
  /**
   * Called before the body is read: the response to a request that is refused, or else what takes its body. A refused client may
   * go on sending, up to DROPPED_BODY_BYTES_MAX, before its connection is closed; that of one that is to wait (429) stays. The
   * body of a HEAD request's response is omitted.
   */
  request(head: RequestHead): HttpResponse | BodyTaker;
  /** The same for a request to upgrade to a WebSocket. */
  upgrade(head: RequestHead): HttpResponse | SocketSession;
  /** The response to what is no request, or not within the server's bounds; the connection is then closed. */
  refusal(status: ServerRefusal): HttpResponse;
  /** Counts a connection of a client: false if it has too many, so that this one is refused with 429. */
  connected(peer: string): boolean;
  /** Called once for each connection, refused ones too. */
  disconnected(peer: string): void;
}

/** A certificate chain, its key, and the authorities whose client certificates are required, in PEM. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  /** Null: clients need no certificate. */
  readonly clientCa: string | null;
}

export interface TlsSource {
  current(): TlsMaterial;
  /** Calls back when the material has changed, until the function that it returns is called. */
  follow(changed: (material: TlsMaterial) => void): () => void;
}

export interface WebServerOptions {
  /** 0 for any free port. */
  readonly port: number;
  readonly host: string;
  readonly handler: PortHandler;
  /** Null or left out: without TLS. */
  readonly tls?: TlsSource | null;
  /** Milliseconds for the head of a request, HTTP_HEAD_MS_MAX by default, and for its body, HTTP_BODY_MS_MAX. */
  readonly headMs?: number;
  readonly bodyMs?: number;
}

export interface WebServer {
  /** Which adapter this is. */
  readonly kind: 'uws' | 'ws';
  /** The port that it listens on. */
  readonly port: number;
  /** Stops accepting, closes every socket with 1001 and resolves within `graceMs`; remaining connections are destroyed. A second call does nothing. */
  close(graceMs: number): Promise<void>;
}

/** @throws PORT_UNAVAILABLE */
export type OpenWebServer = (options: WebServerOptions) => Promise<WebServer>;
