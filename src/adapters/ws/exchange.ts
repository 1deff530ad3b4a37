// One request and its response on node:http (control path).
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { DROPPED_BODY_BYTES_MAX, DROPPED_BODY_SILENCE_MS } from '../../core/port-limits.ts';
import type { BodyTaker, HttpResponse, PortHandler, RequestHead } from '../../ports/web-server.ts';

/** Answers a request. Never rejects. */
export async function answer(
  handler: PortHandler,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const outcome = handler.request(headOf(request));
  const taker = 'status' in outcome ? null : outcome;
  try {
    const body = await readBody(request, outcome, handler);
    if (!('status' in body)) {
      if (taker !== null) send(request, response, await taker.answer(body));
    } else if (body.status === WAIT && request.complete) send(request, response, body);
    else refuse(request, response, body);
  } catch {
    response.destroy(); // the client is gone, or its time is over
  } finally {
    taker?.ended();
  }
}

/** Its client sends the request again: its connection stays. */
const WAIT = 429;

function send(request: IncomingMessage, response: ServerResponse, reply: HttpResponse): void {
  const bytes = writeHead(request, response, reply);
  response.end(bytes);
}

/** @returns the body, if there is to be one */
function writeHead(
  { method }: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: HttpResponse,
  more: Readonly<Record<string, string>> = {},
): Uint8Array | undefined {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const length = status === 304 ? {} : { 'content-length': String(bytes.byteLength) };
  response.writeHead(status, { ...headers, ...length, ...more });
  return method === 'HEAD' || status === 304 ? undefined : bytes;
}

/** Answers at once, drops what the client still sends, and closes the connection: sooner, it would see a reset, and no answer. */
function refuse(request: IncomingMessage, response: ServerResponse, reply: HttpResponse): void {
  const bytes = writeHead(request, response, reply, { connection: 'close' });
  if (bytes === undefined || bytes.byteLength === 0) response.flushHeaders();
  else response.write(bytes);
  let dropped = 0;
  const finish = (): void => {
    clearTimeout(silence);
    request.off('data', drop);
    response.end();
  };
  const drop = (chunk: Buffer): void => {
    dropped += chunk.length;
    if (dropped > DROPPED_BODY_BYTES_MAX) finish();
    else silence.refresh();
  };
  const silence = setTimeout(finish, DROPPED_BODY_SILENCE_MS);
  if (request.complete) {
    finish();
    return;
  }
  request.on('error', finish).once('end', finish).once('close', finish).on('data', drop);
  request.resume();
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

/**
 * The body, or why there is none, of which the rest is not read. That of a client that is to wait is dropped: it sends all before
 * it reads the answer. Rejects if the client goes.
 */
async function readBody(
  request: IncomingMessage,
  outcome: BodyTaker | HttpResponse,
  handler: PortHandler,
): Promise<Buffer | HttpResponse> {
  let refused = 'status' in outcome ? outcome : null;
  if (refused !== null && refused.status !== WAIT) return refused;
  const taker = 'status' in outcome ? null : outcome;
  const bytesMax = taker?.bytesMax ?? DROPPED_BODY_BYTES_MAX;
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return refused ?? handler.refusal(413);
  const chunks: Buffer[] = [];
  let bytes = 0;
  const parts: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  for await (const chunk of parts) {
    bytes += chunk.length;
    if (bytes > bytesMax) return refused ?? handler.refusal(413);
    refused ??= taker?.received(chunk.length) ?? null;
    if (refused === null) chunks.push(chunk);
    else {
      chunks.length = 0;
      taker?.ended();
    }
  }
  return refused ?? Buffer.concat(chunks);
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
