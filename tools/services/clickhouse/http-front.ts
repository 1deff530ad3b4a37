/**
 * Enough of ClickHouse's HTTP interface for @clickhouse/client and curl, on chdb. Control path.
 *
 *   node tools/services/clickhouse/http-front.ts --path DIR --port PORT
 *
 * Speaks: GET and POST / with the query in the body, in ?query= or in a multipart form; INSERT with its rows in
 * the body (text formats); param_NAME; settings in the query string; database, default_format, session_id;
 * /ping; gzip, deflate, brotli and zstd both ways; exceptions with ClickHouse's code, text and status.
 * Doesn't: users and passwords (any are accepted), progress headers, binary formats in, streaming (an answer is
 * complete before its first byte, as with wait_end_of_query=1), system.query_log.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { parseArgs, promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { openEngine, type Engine, type EngineAnswer, type EngineRequest } from './engine.ts';
import { ClickHouseException, describeError } from './exception.ts';
import { contentType, isInsertWithData, splitInsert } from './statement.ts';

/** The whole body is held in memory, and twice while it is decompressed. */
const BODY_BYTES_MAX = 256 * 1024 * 1024;
const SESSION_TIMEOUT_S = 60;

/** In the query string but no settings of the engine: they steer HTTP, or are read below. */
const NOT_SETTINGS: ReadonlySet<string> = new Set(
  (
    'query query_id database default_format session_id session_timeout session_check user password quota_key role ' +
    'compress decompress stacktrace buffer_size wait_end_of_query enable_http_compression ' +
    'http_zlib_compression_level http_response_buffer_size send_progress_in_http_headers ' +
    'http_headers_progress_interval_ms http_write_exception_in_output_format ' +
    'cancel_http_readonly_queries_on_client_close network_compression_method client_protocol_version'
  ).split(' '),
);

const DECODERS: Readonly<
  Record<string, (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>
> = {
  gzip: promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gunzip),
  deflate: promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.inflate),
  br: promisify<zlib.InputType, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress),
  zstd: promisify<zlib.InputType, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress),
};

const ENCODERS: ReadonlyArray<readonly [string, (bytes: Uint8Array) => Promise<Buffer>]> = [
  ['gzip', promisify<zlib.InputType, Buffer>(zlib.gzip)],
  ['br', promisify<zlib.InputType, Buffer>(zlib.brotliCompress)],
  ['deflate', promisify<zlib.InputType, Buffer>(zlib.deflate)],
  ['zstd', promisify<zlib.InputType, Buffer>(zlib.zstdCompress)],
];

function header(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' ? value : null;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const tooLarge = (): ClickHouseException =>
    new ClickHouseException(
      223,
      'QUERY_IS_TOO_LARGE',
      `The body exceeds ${BODY_BYTES_MAX} bytes: insert in smaller parts`,
    );
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX) throw tooLarge();
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) request.destroy(tooLarge());
  });
  const body = await buffer(request);
  const encoding = header(request, 'content-encoding');
  if (encoding === null || encoding === 'identity') return body;
  const decode = DECODERS[encoding];
  if (decode === undefined) {
    throw new ClickHouseException(48, 'NOT_IMPLEMENTED', `Unknown Content-Encoding ${encoding}`);
  }
  return decode(body, { maxOutputLength: BODY_BYTES_MAX });
}

/** Splits a multipart form into its fields: the client's way to send parameters too long for a URL. */
async function readForm(type: string, body: Buffer, query: URLSearchParams): Promise<void> {
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  for (const [name, value] of form) query.set(name, typeof value === 'string' ? value : await value.text());
}

/** Rows stand apart from their INSERT; otherwise the statement is what query string and body say together. */
function splitRows(head: string, body: Buffer, mayWrite: boolean): { sql: string; data: Buffer | null } {
  if (mayWrite && head === '') return splitInsert(body) ?? { sql: body.toString('utf8'), data: null };
  const isComplete = body.length === 0 && /\bVALUES\b/i.test(head);
  if (mayWrite && isInsertWithData(head) && !isComplete) return { sql: head, data: body };
  return { sql: [head, body.toString('utf8')].filter((part) => part !== '').join('\n'), data: null };
}

async function parseRequest(request: IncomingMessage, query: URLSearchParams): Promise<EngineRequest> {
  let body = await readBody(request);
  const type = header(request, 'content-type') ?? '';
  if (type.startsWith('multipart/form-data')) {
    await readForm(type, body, query);
    body = Buffer.alloc(0);
  }
  const params = new Map<string, string>();
  const settings = new Map<string, string>();
  for (const [name, value] of query) {
    if (name.startsWith('param_')) params.set(name.slice('param_'.length), value);
    else if (!NOT_SETTINGS.has(name)) settings.set(name, value);
  }
  const sessionId = query.get('session_id');
  return {
    ...splitRows(query.get('query') ?? '', body, request.method === 'POST'),
    database: query.get('database') ?? header(request, 'x-clickhouse-database'),
    params,
    settings,
    defaultFormat: query.get('default_format') ?? header(request, 'x-clickhouse-format') ?? 'TabSeparated',
    readonly: request.method === 'GET',
    session:
      sessionId === null || sessionId === ''
        ? null
        : {
            id: sessionId,
            mustExist: query.get('session_check') === '1',
            timeoutS: Number(query.get('session_timeout') ?? SESSION_TIMEOUT_S),
          },
  };
}

function summary(answer: EngineAnswer): string {
  return JSON.stringify({
    read_rows: String(answer.readRows),
    read_bytes: String(answer.readBytes),
    written_rows: String(answer.writtenRows),
    written_bytes: String(answer.writtenBytes),
    total_rows_to_read: '0',
    result_rows: String(answer.readRows),
    result_bytes: String(answer.bytes.length),
    elapsed_ns: String(answer.elapsedNs),
  });
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Uint8Array,
  ask: boolean,
): Promise<void> {
  const accepted = (header(request, 'accept-encoding') ?? '')
    .split(',')
    .map((part) => part.split(';')[0]?.trim());
  const encoder = ask ? ENCODERS.find(([name]) => accepted.includes(name)) : undefined;
  if (encoder === undefined) {
    response.end(bytes);
    return;
  }
  response.setHeader('Content-Encoding', encoder[0]);
  response.end(await encoder[1](bytes));
}

async function handle(engine: Engine, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const query = url.searchParams;
  response.setHeader('X-ClickHouse-Server-Display-Name', 'chdb');
  response.setHeader('X-ClickHouse-Query-Id', query.get('query_id') ?? crypto.randomUUID());
  response.setHeader('X-ClickHouse-Timezone', engine.timezone);
  const compress = query.get('enable_http_compression') === '1';
  if (url.pathname === '/ping' || (url.pathname === '/' && request.method === 'GET' && url.search === '')) {
    response.end('Ok.\n');
    return;
  }
  try {
    if (url.pathname !== '/') {
      response.statusCode = 404;
      response.end(`There is no handle ${url.pathname}\n`);
      return;
    }
    const answer = await engine.run(await parseRequest(request, query));
    response.setHeader('Content-Type', contentType(answer.format));
    response.setHeader('X-ClickHouse-Format', answer.format);
    response.setHeader('X-ClickHouse-Summary', summary(answer));
    await send(request, response, answer.bytes, compress);
  } catch (error) {
    const { status, code, text } = describeError(error);
    response.statusCode = status;
    response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
    response.setHeader('X-ClickHouse-Exception-Code', String(code));
    await send(request, response, Buffer.from(text), compress);
  }
}

export interface HttpFront {
  readonly port: number;
  close(): Promise<void>;
}

/** Opens the data directory and serves it on 127.0.0.1 (port 0: a free one). */
export async function startHttpFront(path: string, port: number): Promise<HttpFront> {
  const engine = await openEngine(path);
  const server: Server = createServer((request, response) => {
    handle(engine, request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
  server.keepAliveTimeout = 30_000; // ClickHouse's own; @clickhouse/client gives an idle socket up after 2.5 s
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await closed;
      await engine.close();
    },
  };
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { path: { type: 'string' }, port: { type: 'string' } } });
  if (values.path === undefined || values.port === undefined) {
    throw new Error('usage: node tools/services/clickhouse/http-front.ts --path DIR --port PORT');
  }
  const front = await startHttpFront(values.path, Number(values.port));
  process.stdout.write(`ClickHouse HTTP on 127.0.0.1:${front.port}, data in ${values.path}\n`);
  process.once('SIGTERM', () => void front.close().then(() => process.exit(0)));
}
