// One request and its response on node:http (control path).
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { HTTP_BODY_BYTES_MAX } from '../../core/limits.ts';
import type { HttpResponse, PortHandler, RequestHead } from '../../ports/web-server.ts';
import { readBounded } from '../shared/bounded-body.ts';

/** Answers a request. Never rejects. */
export async function answer(
  handler: PortHandler,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const outcome = handler.request(headOf(request));
  if (typeof outcome !== 'function') {
    send(request, response, outcome, { connection: 'close' }); // the rest of the body is not read
    return;
  }
  try {
    const body = await readBody(request);
    send(request, response, body === null ? handler.refusal(413) : await outcome(body));
  } catch {
    response.destroy(); // the client is gone, or its time is over
  }
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  reply: HttpResponse,
  more: Readonly<Record<string, string>> = {},
): void {
  const bytes = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
  const bodiless = request.method === 'HEAD' || reply.status === 304;
  const length = reply.status === 304 ? {} : { 'content-length': String(bytes.byteLength) };
  response.writeHead(reply.status, { ...reply.headers, ...length, ...more });
  response.end(bodiless ? undefined : bytes);
}

/**
 * Writes a response to a connection that node:http does not answer, and ends it.
 * @param destroys whether the connection is destroyed then, or else when the client ends it
 */
export function writeRaw(connection: Duplex, { status, headers, body }: HttpResponse, destroys = true): void {
  if (!connection.writable) {
    connection.destroy();
    return;
  }
  const bytes = Buffer.from(body);
  const all = { ...headers, 'content-length': String(bytes.byteLength), connection: 'close' };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`);
  connection.end(Buffer.concat([head, bytes]), () => {
    if (destroys) connection.destroy();
  });
}

/** Null if it is longer than HTTP_BODY_BYTES_MAX. Rejects if the client goes. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  if (Number(request.headers['content-length'] ?? 0) > HTTP_BODY_BYTES_MAX) return null;
  const body = await readBounded(request as AsyncIterable<Buffer>, HTTP_BODY_BYTES_MAX);
  return body?.toString('utf8') ?? null;
}

export function headOf(request: IncomingMessage): RequestHead {
  const { rawHeaders } = request;
  const headers: Array<readonly [string, string]> = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    headers.push([rawHeaders[i] as string, rawHeaders[i + 1] as string]);
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    headers,
    peer: request.socket.remoteAddress ?? '',
    encrypted: 'encrypted' in request.socket,
  };
}
