// Port: the web server (control path, except for `send`): uWebSockets.js if its binary loads, otherwise node:http and ws.

export interface HttpRequest {
  /** Upper case. */
  readonly method: string;
  /** Percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  /** UTF-8 text; empty if there is none. */
  readonly body: string;
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names. The adapter sets content-length. */
  readonly headers: Readonly<Record<string, string>>;
  /** Ignored for HEAD and 304. */
  readonly body: string | Uint8Array;
}

/** Must not throw or reject: if it does, the adapter answers 500. A HEAD request arrives as GET; its body is omitted. */
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

export interface SocketHandlers {
  /** Upgrades to any other path are answered 404. */
  readonly path: string;
  opened(socket: ServerSocket, query: URLSearchParams): void;
  message(socket: ServerSocket, text: string): void;
  /** Called once for each opened socket, whichever side closed it. */
  closed(socket: ServerSocket, code: number): void;
}

export interface WebServerOptions {
  /** 0 for any free port. */
  readonly port: number;
  readonly host: string;
  readonly http: HttpHandler;
  readonly sockets: SocketHandlers;
}

export interface WebServer {
  /** Which adapter this is. */
  readonly kind: 'uws' | 'ws';
  /** The port that it listens on. */
  readonly port: number;
  /** Stops accepting, closes every socket with 1001 and resolves within `graceMs`; remaining connections are destroyed. */
  close(graceMs: number): Promise<void>;
}

/** @throws PORT_UNAVAILABLE */
export type OpenWebServer = (options: WebServerOptions) => Promise<WebServer>;
