// Random HTTP requests: mostly well-formed parts, some of them bent, so that each part of a server sees its own kind of junk.
import type { Chance } from '../../gauntlet/random.ts';

const CRLF = '\r\n';

const paths = [
  '/',
  '/livez',
  '/readyz',
  '/metrics',
  '/api/state',
  '/api/models',
  '/api/models/promote',
  '/api/models/rollback',
  '/api/openapi.json',
  '/api/features/TOPOLOGY/card=1',
  '/v1/topics/TOPOLOGY',
  '/ws',
  '/dashboard.js',
  '/nothing',
] as const;

/** Forms of a path that some server takes for the path itself. */
export const pathBends: ReadonlyArray<(path: string, chance: Chance) => string> = [
  (path) => `/${path}`,
  (path) => `//x${path}`,
  (path) => `${path}/`,
  (path) => `/public/..${path}`,
  (path) => `/%2e%2e${path}`,
  (path) => `/.${path}`,
  (path) => `/..%2f${path}`,
  (path) => `/..%5c${path}`,
  (path) => path.replaceAll('/', '\\'),
  (path) => `\\${path}`,
  (path) => path.replace('/api', '/API'),
  (path) => path.replace('a', '%61'),
  (path) => path.replaceAll('/', '%2F'),
  (path) => path.replaceAll('/', '/;x=y/'),
  (path) => `${path};a=b`,
  (path) => `${path}%00`,
  (path) => `${path}%0d%0aX-Header:%20y`,
  (path) => `${path}#part`,
  (path) => `http://127.0.0.1${path}`,
  (path) => `http://evil.example${path}`,
  (path, chance) => `${path}${'/a'.repeat(1 + chance.below(3_000))}`,
  (path, chance) => `${path}/${bytes(chance, 1 + chance.below(40))}`,
  () => '*',
  () => '127.0.0.1:80',
  () => '',
];

/** The path itself, with a query. */
const queryBends: typeof pathBends = [
  (path) => `${path}?${'a=b&'.repeat(200)}`,
  (path) => `${path}?topology=%FF%FE`,
  (path) => `${path}?__proto__[x]=1&constructor=2`,
  (path) => `${path}?topology=../../../../etc/passwd`,
];

const methods = [
  'GET',
  'GET',
  'GET',
  'POST',
  'HEAD',
  'OPTIONS',
  'PUT',
  'DELETE',
  'PATCH',
  'TRACE',
  'CONNECT',
  'PRI',
  'get',
  'GETGET',
  'QUERY',
] as const;

const versions = [
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/0.9',
  'HTTP/2.0',
  'HTTP/1.11',
  'http/1.1',
  'HTTP/1.',
  '',
] as const;

/** Bytes as latin1 characters. */
export function bytes(chance: Chance, count: number): string {
  return Array.from({ length: count }, () => String.fromCharCode(chance.below(256))).join('');
}

const headers: ReadonlyArray<(chance: Chance) => string> = [
  () => 'Connection: keep-alive',
  () => 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA',
  () => 'Connection: Upgrade\r\nUpgrade: websocket',
  () => 'Expect: 100-continue',
  () => 'Expect: 200-ok',
  () => 'Host: 127.0.0.1',
  () => 'Host: evil.example',
  () => 'Host:',
  () => 'X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Host: evil.example\r\nForwarded: for=127.0.0.1',
  () => 'X-Original-URL: /api/state\r\nX-Rewrite-URL: /api/state',
  () => 'X-HTTP-Method-Override: POST',
  () => 'Authorization: Bearer',
  () => 'Authorization: Basic YWRtaW46YWRtaW4=',
  () => 'Authorization: Bearer null\r\nAuthorization: Bearer undefined',
  (chance) => `Authorization: Bearer ${bytes(chance, 1 + chance.below(60))}`,
  () => 'Cookie: token=x; session=admin',
  () => 'Content-Type: application/json',
  () => 'Content-Type: text/plain',
  () => 'Content-Type: application/x-www-form-urlencoded',
  () => 'Content-Encoding: gzip',
  () => 'Origin: null',
  () => 'Origin: http://evil.example',
  () => 'Range: bytes=0-0,1-1,-1',
  () => 'If-None-Match: *',
  () => 'Accept-Encoding: gzip;q=1.0, *;q=999999',
  () => ' Folded: first',
  () => 'Folded: first\r\n second',
  () => 'Space : before',
  () => 'No-Colon',
  () => ': no name',
  () => 'Bare: lf\nNext: line',
  () => 'Bare: cr\rNext: line',
  () => 'Null: a\u0000b',
  () => '__proto__: x\r\nconstructor: y\r\nhasOwnProperty: z',
  (chance) => `X-Long: ${'a'.repeat(chance.below(20_000))}`,
  (chance) => Array.from({ length: chance.below(300) }, (_, i) => `X-${i}: ${i}`).join(CRLF) || 'X: 0',
  (chance) => `X-Bytes: ${bytes(chance, 1 + chance.below(60))}`,
];

/** What a hidden request would be after. */
const SMUGGLED = 'GET /api/state HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';

/** Bodies with their framing: well-formed, contradictory, cut off. */
const framings: ReadonlyArray<(chance: Chance) => { readonly head: string; readonly body: string }> = [
  () => ({ head: '', body: '' }),
  () => ({ head: '', body: '' }),
  () => ({ head: 'Content-Length: 2', body: '{}' }),
  () => ({ head: 'Content-Length: 0', body: SMUGGLED }),
  () => ({ head: `Content-Length: ${SMUGGLED.length}`, body: SMUGGLED }),
  () => ({ head: 'Content-Length: 6\r\nTransfer-Encoding: chunked', body: `0\r\n\r\n${SMUGGLED}` }),
  () => ({ head: 'Transfer-Encoding: chunked\r\nContent-Length: 6', body: `0\r\n\r\n${SMUGGLED}` }),
  () => ({ head: 'Content-Length: 0\r\nContent-Length: 44', body: SMUGGLED }),
  () => ({ head: 'Content-Length: 0, 44', body: SMUGGLED }),
  () => ({ head: 'Content-Length: +0', body: SMUGGLED }),
  () => ({ head: 'Content-Length: 0x2c', body: SMUGGLED }),
  () => ({ head: 'Content-Length: -1', body: '{}' }),
  () => ({ head: 'Content-Length: 99999999999999999999', body: '{}' }),
  () => ({ head: 'Content-Length : 44', body: SMUGGLED }),
  () => ({ head: 'Transfer-Encoding: xchunked', body: `0\r\n\r\n${SMUGGLED}` }),
  () => ({ head: 'Transfer-Encoding : chunked', body: `0\r\n\r\n${SMUGGLED}` }),
  () => ({ head: 'Transfer-Encoding: chunked, identity', body: `0\r\n\r\n${SMUGGLED}` }),
  () => ({ head: 'Transfer-Encoding:\u000bchunked', body: `0\r\n\r\n${SMUGGLED}` }),
  () => ({ head: 'Transfer-Encoding: chunked', body: `0\r\n\r\n${SMUGGLED}` }),
  () => ({ head: 'Transfer-Encoding: chunked', body: '2;ext="a\r\n"\r\n{}\r\n0\r\n\r\n' }),
  () => ({ head: 'Transfer-Encoding: chunked', body: 'ffffffffffffffff\r\n{}' }),
  () => ({ head: 'Transfer-Encoding: chunked', body: '-1\r\n{}\r\n0\r\n\r\n' }),
  () => ({ head: 'Transfer-Encoding: chunked', body: '2\n{}\n0\n\n' }),
  () => ({ head: 'Transfer-Encoding: chunked', body: '0\r\nAuthorization: Bearer x\r\nHost: y\r\n\r\n' }),
  (chance) => ({
    head: 'Transfer-Encoding: chunked',
    body: `${'1\r\na\r\n'.repeat(chance.below(2_000))}0\r\n\r\n`,
  }),
  (chance) => ({ head: 'Transfer-Encoding: chunked', body: bytes(chance, 200) }),
  () => ({ head: 'Content-Length: 100000', body: 'a'.repeat(100_000) }),
  () => ({ head: 'Content-Length: 20', body: '{"version": ' }),
];

function line(chance: Chance, path: string, topology: string): string {
  const plain = path.replace('TOPOLOGY', topology);
  const target = chance.once(2) ? chance.pick([...pathBends, ...queryBends])(plain, chance) : plain;
  const version = chance.pick(versions);
  const space = chance.once(12) ? chance.pick(['\t', '  ', '\u000b', '']) : ' ';
  return `${chance.pick(methods)}${space}${target}${space}${version}`;
}

/** The bytes of one request, without a credential that holds, as latin1 characters. */
export function fuzzedRequest(chance: Chance, topology: string): string {
  const path = chance.pick(paths);
  if (chance.once(15)) return bytes(chance, 1 + chance.below(2_000));
  const { head, body } = chance.pick(framings)(chance);
  const lines = [
    line(chance, path, topology),
    ...(chance.once(8) ? [] : ['Host: 127.0.0.1']),
    ...Array.from({ length: chance.below(4) }, () => chance.pick(headers)(chance)),
    ...(head === '' ? [] : [head]),
  ];
  const end = chance.once(12) ? chance.pick(['\n\n', '\r\n', '', '\r\n\n']) : `${CRLF}${CRLF}`;
  return `${lines.join(chance.once(20) ? '\n' : CRLF)}${end}${body}`;
}
