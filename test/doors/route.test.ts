// Routes of a user's project on a running engine, with its authorization, errors and metrics.
import t from 'tap';
import { reply, route } from 'millrace';
import { runEngine } from '../support/running-engine.ts';

const POLL_MS = 50;
const TOKEN = 'a-token-of-the-test';
const engine = await runEngine(
  ['start', 'test/doors/card-limits.ts', '--events', 'test/doors/card-payments.ndjson'],
  t.testdir(),
  {
    CARDS_BANK_URL: 'https://bank.example',
    MILLRACE_TOKEN: TOKEN,
    MILLRACE_SCHEMAS: 'test/doors/schemas',
  },
);
t.teardown(() => engine.stop());

async function send(method: string, path: string, headers: Record<string, string> = {}): Promise<unknown> {
  const response = await fetch(`${engine.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(method === 'GET' ? {} : { body: '"lost"' }),
  });
  return { status: response.status, type: response.headers.get('content-type'), body: await response.json() };
}

/** Waits until the events have been read: that takes a moment after the port is open. */
async function served(): Promise<unknown> {
  for (;;) {
    const found = await send('GET', 'api/limits/4929');
    if (/"payments":3/.test(JSON.stringify(found))) return found;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

t.test('a route reads parameters, served features and readiness', async (t) => {
  t.match(await served(), { status: 200, body: { card: '4929', payments: 3, limit: 10 } });
  t.match(await send('GET', 'api/limits/new'), {
    status: 200,
    type: 'application/json; charset=utf-8',
    body: { card: 'new', payments: 0, limit: 10, bank: 'bank.example' },
  });
  t.match(await send('GET', 'api/limits/0000'), { status: 404, body: { error: { code: 'CARD_UNKNOWN' } } });
  t.match(await send('GET', 'api/limits'), { status: 200, body: { ok: true } });
});

t.test('an error that a handler throws has the format of all errors', async (t) => {
  t.match(await send('GET', 'api/limits/broken'), {
    status: 500,
    body: { error: { code: 'STORE_FAILED', message: 'the card cannot be read.', remedy: '' } },
  });
});

t.test('a route with access by token requires the token of the engine', async (t) => {
  const path = 'api/limits/4929/block';
  t.match(await send('POST', path), { status: 401, body: { error: { code: 'UNAUTHORIZED' } } });
  t.match(await send('POST', path, { authorization: `Bearer ${TOKEN}` }), {
    status: 202,
    body: { blocked: '4929', reason: 'lost' },
  });
  t.match(await send('GET', path), { status: 405 });
});

/** The value of one series; NaN if there is none. */
async function metric(series: string): Promise<number> {
  const text = await (await fetch(`${engine.url}metrics`)).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? Number.NaN);
}

t.test('metrics of its requests and of the project are served', async (t) => {
  t.ok((await metric('cards_limits_asked_total{topology="card-limits"}')) >= 4, 'recorded by the route');
  t.equal(await metric('cards_payments_audited_total{topology="card-limits"}'), 4, 'recorded by a stage');
  t.equal(await metric('millrace_http_requests_total{route="/api/limits/:card",status="500"}'), 1);
});

t.test('the OpenAPI document lists it with the routes of the engine', async (t) => {
  t.match(await send('GET', 'api/openapi.json'), {
    body: {
      info: { title: 'Millrace: card-limits' },
      paths: {
        '/api/models': { get: {} },
        '/api/limits/{card}': { get: { parameters: [{ name: 'card', in: 'path' }], security: [] } },
        '/api/limits/{card}/block': { post: { security: [{ bearer: [] }] } },
      },
    },
  });
});

t.test('the names of parameters are checked by the compiler', (t) => {
  const misspelt = route({
    method: 'GET',
    path: '/api/limits/:card',
    description: 'For tests.',
    // @ts-expect-error the path names no such parameter
    handler: ({ params }) => reply.json(200, params.crad),
  });
  t.equal(misspelt.access, 'subscriber');
  t.end();
});
