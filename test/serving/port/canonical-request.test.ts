// The canonical form of a request: examples of what attackers send, and a property over anything.
import fc from 'fast-check';
import t from 'tap';
import type { RequestHead } from '../../../src/ports/web-server.ts';
import { canonicalRequest, isCanonicalPath } from '../../../src/serving/port/canonical-request.ts';

function head(more: Partial<RequestHead>): RequestHead {
  return {
    method: 'GET',
    target: '/',
    headers: [['Host', 'localhost:7400']],
    peer: '127.0.0.1',
    encrypted: false,
    ...more,
  };
}

const isRefused = (more: Partial<RequestHead>): boolean => 'malformed' in canonicalRequest(head(more));

t.test('paths of another form are refused', (t) => {
  const refused = [
    '',
    '*',
    'api/models',
    '//',
    '//x/api/models/promote',
    '/public/../api/models/promote',
    '/./api/models',
    '/api/models/',
    '/api//models',
    '/%2e%2e/api/models',
    '/%2E%2E/api/models',
    '/.%2e/api/models',
    '/..',
    '/api/%6Dodels',
    '/api\\models',
    '/\\x/api/models',
    'http://localhost/api/models',
    'HTTP://localhost/api/models',
    '/api/models#x',
    '/api/models%00',
    '/api/mod%0Aels',
    '/api/models\u0000',
    '/api/models/%2f',
    '/api/models/%zz',
    '/api/models/%E0%A4%A',
    '/api/models/%FF',
    '/api/modèles',
    '/api/ models',
    '/api/<models>',
    '/?a=%',
    '/?a=%00',
    '/?a=%FF',
    '/?a= b',
    `/${'a'.repeat(8_192)}`,
  ];
  for (const target of refused) t.ok(isRefused({ target }), target.slice(0, 40));
  const taken: ReadonlyArray<readonly [target: string, path: string]> = [
    ['/', '/'],
    ['/?', '/'],
    ['/ws?topology=a%20b&after=x-0-1&after=x-1-2', '/ws'],
    ['/api/features/flights/origin=JFK', '/api/features/flights/origin=JFK'],
    ['/api/features/flights/origin%3DJFK', '/api/features/flights/origin%3DJFK'],
    ['/api/features/flights/EWR%2F1', '/api/features/flights/EWR%2F1'],
    ['/api/features/f/route=JFK|SFO', '/api/features/f/route=JFK|SFO'],
    ['/API/models', '/API/models'],
    ['/a..b/...', '/a..b/...'],
    ['/x?at=2026-05-01T12:00:00Z&next=//y/../z', '/x'],
  ];
  for (const [target, path] of taken) t.match(canonicalRequest(head({ target })), { path }, target);
  t.end();
});

t.test('methods, headers and hosts', (t) => {
  for (const method of ['', 'get', 'Get', 'GET ', 'G E T', 'GÉT', 'X'.repeat(21)])
    t.ok(isRefused({ method }), `method ${JSON.stringify(method)}`);
  t.match(canonicalRequest(head({ method: 'HEAD' })), { method: 'GET' });
  const host = ['Host', 'localhost'] as const;
  const refused: ReadonlyArray<RequestHead['headers']> = [
    [],
    [['host', '']],
    [['host', 'a b']],
    [['host', 'user@localhost']],
    [['host', 'localhost:port']],
    [['host', 'localhost:99999']],
    [['host', '1.2.3.400']],
    [['host', 'localhost/x']],
    [host, host],
    [host, ['authorization', 'a'], ['Authorization', 'b']],
    [host, ['content-length', '1'], ['Transfer-Encoding', 'chunked']],
    [host, ['bad name', 'x']],
    [host, ['x', 'a\u0000b']],
    [host, ['x', 'a\r\nb: c']],
    [host, ...Array.from({ length: 100 }, () => ['x', 'y'] as const)],
  ];
  for (const headers of refused) t.ok(isRefused({ headers }), JSON.stringify(headers).slice(0, 60));
  const headers = [
    ['HOST', 'LocalHost:7400'],
    ['X-A', 'ü'],
    ['x-a', 'b'],
    ['Cookie', 'a=b'],
  ] as const;
  const canonical = canonicalRequest(head({ headers }));
  t.match(canonical, { host: 'localhost:7400' });
  if ('malformed' in canonical) t.fail('it is canonical');
  else t.same([...canonical.headers.keys()], ['host', 'x-a'], 'cookies are not passed on');
  for (const [peer, address] of [
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['0000:0000:0000:0000:0000:0000:0000:0001', '::1'],
    ['0000:0000:0000:0000:0000:ffff:7f00:0001', '127.0.0.1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['', ''],
  ] as const)
    t.match(canonicalRequest(head({ peer })), { peer: address }, peer);
  t.end();
});

const PIECES =
  "/ . .. %2e %2E %2F %2f %5C \\ %00 %25 %41 %C3%BC %FF % ? a api models | ; : @ # ü ~ ' = \u0000".split(' ');

t.test('whatever is taken has one reading', (t) => {
  const pieces = fc.constantFrom(...PIECES);
  const targets = fc.oneof(
    fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
    fc.array(pieces, { maxLength: 12 }).map((parts) => `/${parts.join('')}`),
    fc.webPath().map((path) => path || '/'),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(targets, (target) => {
      const canonical = canonicalRequest(head({ target }));
      if ('malformed' in canonical) return true;
      const { path } = canonical;
      const url = new URL(target, 'http://localhost');
      const segments = path.slice(1).split('/');
      return (
        url.host === 'localhost' &&
        // A URL parser that removes dot segments and turns backslashes around leaves it as it is,
        url.pathname === path &&
        // so does a second pass, and decoding yields no other segments than those that are there.
        isCanonicalPath(path) &&
        (path === '/' || segments.every((part) => part !== '' && !/^\.{1,2}$/.test(decodeURIComponent(part))))
      );
    }),
    { numRuns: 3_000, seed: 12 },
  );
  t.end();
});
