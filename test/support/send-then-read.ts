// A client that reads no answer before it has sent all of its request.
import type { Socket } from 'node:net';
import { parseResponse, type RawResponse } from './raw-http.ts';

export interface SentWhole {
  readonly path?: string;
  readonly host?: string;
  readonly headers?: readonly string[];
  /** Whether the body has chunks, and no length in advance. */
  readonly isChunked?: boolean;
}

/** As Python's http.client does, for one. Rejects if it cannot send, as the connection is closed. */
export async function sendThenRead(
  socket: Socket,
  body: Buffer,
  { path = '/', host = '127.0.0.1', headers = [], isChunked = false }: SentWhole = {},
): Promise<RawResponse> {
  const framing = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`;
  const head = [`POST ${path} HTTP/1.1`, `Host: ${host}`, framing, ...headers, '', ''].join('\r\n');
  const parts = isChunked ? [`${body.length.toString(16)}\r\n`, body, '\r\n0\r\n\r\n'] : [body];
  const answered = firstResponse(socket);
  await new Promise<void>((resolve, reject) => {
    socket.write(Buffer.concat([head, ...parts].map((part) => Buffer.from(part))), (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
  return answered;
}

/** The next response, of a connection that may stay; none if it is closed. */
function firstResponse(socket: Socket): Promise<RawResponse> {
  return new Promise((resolve) => {
    let text = '';
    const take = (part: Buffer): void => {
      text += String(part);
      const [head, body] = text.split('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(head ?? '')?.[1] ?? 0);
      if (body === undefined || body.length < length) return;
      socket.off('data', take);
      resolve(parseResponse(text));
    };
    socket.on('data', take);
    socket.once('close', () => resolve(parseResponse(text)));
  });
}
