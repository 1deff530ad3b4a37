// One request and its response on node:http (control path).
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { BodyTaker, HttpResponse, PortHandler, RequestHead } from '../../ports/web-server.ts';

/** Answers a request. Never rejects. */
export async function answer(
  handler: PortHandler,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const outcome = handler.request(headOf(request));
  if ('status' in outcome) {
    send(request, response, outcome, CLOSES);
    return;
  }
  try {
    const body = await readBody(request, outcome, handler);
    if ('status' in body) send(request, response, body, request.complete ? {} : CLOSES);
    else send(request, response, await outcome.answer(body));
  } catch {
    response.destroy(); // the client is gone, or its time is over
  } finally {
    outcome.ended();
  }
}

/** The rest of the body is not read. */
const CLOSES = { connection: 'close' };

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

/** The body, or why it is not read. Rejects if the client goes. */
async function readBody(
  request: IncomingMessage,
  taker: BodyTaker,
  handler: PortHandler,
): Promise<Buffer | HttpResponse> {
  if (Number(request.headers['content-length'] ?? 0) > taker.bytesMax) return handler.refusal(413);
  const chunks: Buffer[] = [];
  let busy: HttpResponse | null = null;
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > taker.bytesMax) return handler.refusal(413);
    busy ??= taker.received(chunk.length);
    if (busy === null) chunks.push(chunk);
    else {
      // The rest is read and dropped: a client that still writes when its connection is closed would not see the answer.
      chunks.length = 0;
      taker.ended();
    }
  }
  return busy ?? Buffer.concat(chunks);
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
