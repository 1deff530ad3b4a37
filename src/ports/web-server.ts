// Port: the web server (control path, but for `send`). uWebSockets.js where its binary loads, else node:http and ws.

export interface HttpRequest {
  /** Upper case. */
  readonly method: string;
  /** Percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  /** UTF-8 text, empty where there is none. */
  readonly body: string;
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names. content-length is the adapter's. */
  readonly headers: Readonly<Record<string, string>>;
  /** Ignored for HEAD and 304. */
  readonly body: string | Uint8Array;
}

/** Must not throw or reject: the adapter answers 500 where it does. HEAD comes as GET, its body is left out. */
export type HttpHandler = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>;

/** One connected client. Every method is a no-op once `open` is false. */
export interface ServerSocket {
  readonly open: boolean;
  /** Bytes accepted by `send` that the operating system has not taken yet. */
  readonly bufferedBytes: number;
  /** Sends one text message of UTF-8 bytes: encoded once, however many sockets it goes to. */
  send(text: Uint8Array): void;
  /** Sends a close frame and lets the connection go, within a bound. `reason` has at most 123 bytes. */
  close(code: number, reason: string): void;
}

export interface SocketHandlers {
  /** Upgrades to any other path are answered 404. */
  readonly path: string;
  opened(socket: ServerSocket, query: URLSearchParams): void;
  message(socket: ServerSocket, text: string): void;
  /** Called once for each opened socket, whoever closed it. */
  closed(socket: ServerSocket, code: number): void;
}

export interface WebServerOptions {
  /** 0 lets the system choose. */
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
  /** Stops accepting, closes every socket with 1001, and resolves within `graceMs`: what is left then is cut. */
  close(graceMs: number): Promise<void>;
}

/** Throws PORT_UNAVAILABLE. */
export type OpenWebServer = (options: WebServerOptions) => Promise<WebServer>;
