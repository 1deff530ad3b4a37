// Routes of a project: their paths are checked, their access is guarded, and the OpenAPI document lists them.
import t from 'tap';
import type { Route, RouteContext } from '../../src/ports/route.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { reply } from '../../src/serving/response.ts';
import { route } from '../../src/serving/route.ts';
import { largeBodies, router } from '../../src/serving/router.ts';
import { openApiOf } from '../../src/serving/routes/openapi.ts';
import { engineRoutes } from '../../src/serving/routes/engine-routes.ts';
import { routeProblems } from '../../src/serving/routes/route-problems.ts';
import { canonicalHead } from '../support/canonical-head.ts';
import { openAccess } from '../support/example-serving.ts';
import { unlimited } from '../support/open-port.ts';
import { RecordingTelemetry } from '../support/recording-telemetry.ts';

const description = 'For tests.';

function at(method: Route['method'], path: string): Route {
  return route({ method, path, description, handler: () => reply.json(200, {}) });
}

t.test('paths of a project that are malformed, or overlap with others', (t) => {
  const cases: ReadonlyArray<readonly [Route, string | null]> = [
    [at('GET', '/api/limits/:card'), null],
    [at('PUT', '/api/models'), null],
    [at('GET', '/api/models'), 'route GET /api/models: it overlaps with GET /api/models'],
    [
      at('GET', '/api/features/flights/all'),
      'route GET /api/features/flights/all: it overlaps with GET /api/features/:topology/:key',
    ],
    [at('GET', '/:file'), 'route GET /:file: it overlaps with GET /theme.css'],
    [at('GET', 'limits'), 'route GET limits: the path is malformed'],
    [at('GET', '/limits/'), 'route GET /limits/: the path is malformed'],
    [at('GET', '/limits/{card}'), 'route GET /limits/{card}: the path is malformed'],
  ];
  for (const [one, problem] of cases)
    t.strictSame(routeProblems([one]), problem === null ? [] : [problem], one.path);
  t.strictSame(routeProblems([at('GET', '/a/:b'), at('GET', '/a/:c')]), [
    'route GET /a/:c: it overlaps with GET /a/:b',
  ]);
  t.end();
});

const context: RouteContext = {
  topology: 'payments',
  telemetry: new RecordingTelemetry(),
  features: async (key) => ({
    values: { [key]: 1 },
    eventTimeMs: 1,
    asOfMs: 2,
    status: 'fresh',
    expired: false,
  }),
  featureServices: { services: [], read: () => Promise.reject(new Error('none')) },
  readiness: async () => ({ ready: true, checks: {}, conditions: [] }),
};

const routes = [
  route({
    method: 'GET',
    path: '/limits/:card',
    description: 'Limit of a card.',
    parameters: { verbose: 'whether to say more' },
    handler: async ({ params, query }, { topology, features }) =>
      reply.json(200, {
        topology,
        card: params.card,
        verbose: query.get('verbose'),
        ...(await features('f')),
      }),
  }),
  route({
    method: 'PUT',
    path: '/limits/:card',
    description: 'Sets the limit of a card.',
    body: '`{"limit"}`',
    responses: { 204: 'set' },
    handler: () => reply.text(204, 'text/plain', ''),
  }),
  route({
    method: 'DELETE',
    path: '/limits',
    access: 'open',
    description: 'Fails.',
    handler: () => {
      throw new MillraceError('STORE_UNAVAILABLE', 'the store is away', { remedy: 'Wait.' });
    },
  }),
  route({
    method: 'GET',
    path: '/broken',
    description: 'Has a bug.',
    handler: () => {
      throw new TypeError('a bug');
    },
  }),
];

t.test('a large body that no route takes is answered so, and is not read', async (t) => {
  const events = route({
    method: 'POST',
    path: '/events/:topic',
    bodyBytesMax: 1_000_000,
    description: 'Takes events.',
    handler: () => reply.json(200, {}),
  });
  const access = openAccess(new RecordingTelemetry(), '12345678');
  const bodyOf = largeBodies({ routes: [...routes, events], access, limits: unlimited() });
  const asked = (method: string, path: string, bytes: number, authorization = 'Bearer 12345678') =>
    bodyOf(
      canonicalHead({
        method,
        path,
        headers: new Map([
          ['content-length', String(bytes)],
          ['authorization', authorization],
        ]),
      }),
    );
  t.equal(asked('POST', '/events/a', 500_000), 1_000_000);
  t.match(asked('POST', '/events/a', 500_000, ''), { status: 401 });
  t.match(asked('POST', '/event/a', 500_000), { status: 404, body: /no route matches/ });
  t.match(asked('PUT', '/events/a', 500_000), { status: 405, headers: { allow: 'POST' } });
  for (const [method, path, bytes] of [
    ['POST', '/event/a', 100],
    ['PUT', '/limits/a', 500_000],
  ] as const)
    t.equal(asked(method, path, bytes), null, 'as any small body');
  t.end();
});

t.test('handlers get parameters and context; access follows the method', async (t) => {
  const telemetry = new RecordingTelemetry();
  const handler = router({
    routes,
    context,
    access: openAccess(telemetry, '12345678'),
    limits: unlimited(),
    telemetry,
  });
  const send = async (
    method: string,
    path: string,
    authorization?: string,
  ): Promise<{ status: number; body: unknown }> => {
    const { status, body } = await handler({
      ...canonicalHead({
        method,
        path,
        query: new URLSearchParams('verbose=1'),
        headers: new Map([
          ['content-type', 'application/json'],
          ...(authorization === undefined ? [] : [['authorization', authorization] as const]),
        ]),
      }),
      body: '',
      bytes: Buffer.alloc(0),
      received: () => null,
    });
    return { status, body: body === '' ? null : (JSON.parse(String(body)) as unknown) };
  };
  t.match(await send('GET', '/limits/a%20b'), {
    status: 200,
    body: { topology: 'payments', card: 'a b', verbose: '1', values: { f: 1 } },
  });
  t.match(await send('PUT', '/limits/a'), { status: 401, body: { error: { code: 'UNAUTHORIZED' } } });
  t.match(await send('PUT', '/limits/a', 'Bearer 87654321'), { status: 401 });
  t.match(await send('PUT', '/limits/a', 'Bearer 12345678'), { status: 204, body: null });
  t.match(await send('DELETE', '/limits'), {
    status: 503,
    body: { error: { code: 'STORE_UNAVAILABLE', remedy: 'Wait.' } },
  });
  t.same(telemetry.lines, [], 'conditions say so');
  t.match(await send('GET', '/broken'), { status: 500, body: { error: { code: 'INTERNAL' } } });
  t.same(telemetry.lines, ['a request failed'], 'the log has what the answer refers to');
});

t.test('the OpenAPI document', (t) => {
  const document = openApiOf('payments', [...engineRoutes, ...routes]);
  t.match(document, {
    openapi: '3.1.0',
    paths: {
      '/api/features/{topology}/{key}': { get: { parameters: [{ name: 'topology', in: 'path' }] } },
      '/api/models/promote': { post: { security: [{ bearer: [] }], requestBody: {} } },
      '/api/openapi.json': { get: {} },
      '/limits/{card}': {
        get: {
          description: 'Limit of a card.',
          parameters: [
            { name: 'card', in: 'path', required: true },
            { name: 'verbose', in: 'query', required: false },
          ],
          responses: { 200: { description: 'success' } },
          security: [],
        },
        put: { requestBody: { description: '`{"limit"}`' }, responses: { 204: { description: 'set' } } },
      },
    },
  });
  t.end();
});
