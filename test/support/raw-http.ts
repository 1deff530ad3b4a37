/** HTTP by raw sockets, for requests that no client sends. */
import { connect, type Socket } from 'node:net';

export interface RawResponse {
  /** 0 if the connection was closed without a response. */
  readonly status: number;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export function parseResponse(text: string): RawResponse {
  const end = text.indexOf('\r\n\r\n');
  const [line = '', ...lines] = text.slice(0, end === -1 ? undefined : end).split('\r\n');
  const headers = lines.map((header) => {
    const colon = header.indexOf(':');
    return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()] as const;
  });
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(line)?.[1] ?? 0),
    headers: new Map(headers),
    body: end === -1 ? '' : text.slice(end + 4),
  };
}

/**
 * A connection that never fails: what breaks it ends it.
 * @param from the loopback address of the client
 */
export async function rawConnection(port: number, from: string = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => {});
  return socket;
}

/** Everything that comes until the connection is closed, by the server or after `waitMs` of silence. */
export async function everything(socket: Socket, waitMs: number = 10_000): Promise<string> {
  let text = '';
  socket.setTimeout(waitMs, () => socket.destroy());
  socket.on('data', (data: Buffer) => (text += data.toString('latin1')));
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

/** Sends one request as it is, with `connection: close` expected among its headers, and reads the response. */
export async function exchange(port: number, request: string, from?: string): Promise<RawResponse> {
  const socket = await rawConnection(port, from);
  socket.write(request, 'latin1');
  return parseResponse(await everything(socket));
}

/** The lines of a request without a body. */
export function rawRequest(method: string, target: string, more: readonly string[] = []): string {
  return [`${method} ${target} HTTP/1.1`, 'Host: 127.0.0.1', 'Connection: close', ...more, '', ''].join(
    '\r\n',
  );
}

/** The lines of a request to upgrade to a WebSocket. */
export function rawUpgrade(target: string, more: readonly string[] = []): string {
  return [
    `GET ${target} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...more,
    '',
    '',
  ].join('\r\n');
}
