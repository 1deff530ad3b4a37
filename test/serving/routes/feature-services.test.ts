// Features of services over HTTP.
import t from 'tap';
import { featureServices } from '../../../src/app/compose/feature-services.ts';
import { servedFeatures } from '../../../src/app/compose/served-features.ts';
import { minutes } from '../../../src/index.ts';
import { NOW, pay, storeOf, topology } from '../../app/compose/payments-store.ts';
import { exampleStart } from '../../e2e/example-run.ts';
import { openExampleServing } from '../../support/example-serving.ts';

t.test('over HTTP', async (t) => {
  const stores = await storeOf([pay('a b', 'm', 10, minutes(30))]);
  t.teardown(() => stores.close());
  const reader = featureServices(topology, stores, () => NOW);
  const { serving } = await openExampleServing({ state: () => exampleStart(0), featureServices: reader });
  t.teardown(() => serving.close(100));
  const ask = async (path: string, body?: unknown): Promise<{ status: number; json: unknown }> => {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    };
    const response = await fetch(`${serving.url}v1/features/${path}`, body === undefined ? {} : init);
    return { status: response.status, json: await response.json() };
  };
  const one = { features: ['card.count_1h'], results: [{ values: [1], statuses: ['present'] }] };
  t.match(await ask('counts?card=a%20b'), { status: 200, json: one });
  t.match(await ask('counts', { entities: [{ card: 'a b' }], asOf: '2026-05-01T12:01:00Z' }), {
    status: 200,
    json: one,
  });
  const error = (status: number, code: string) => ({ status, json: { error: { code } } });
  t.match(await ask('other?card=a'), error(404, 'SERVICE_UNKNOWN'));
  t.match(await ask('counts?asOf=noon&card=a'), error(400, 'INSTANT_MALFORMED'));
  t.match(await ask('counts?maxAgeMs=-1&card=a'), error(400, 'AGE_MALFORMED'));
  t.match(await ask('counts'), error(400, 'DATA_INVALID'));
  for (const body of ['[]', '{', '{"entities": 1}', 'null', '{"entities": [null]}'])
    t.match(await ask('counts', body), error(400, 'BODY_MALFORMED'), body);
  for (const entities of [
    [],
    [{}],
    [{ card: null }],
    [{ card: { a: 1 } }],
    Array.from({ length: 1_001 }, () => ({ card: 'a' })),
  ])
    t.match(await ask('counts', { entities }), error(400, 'DATA_INVALID'));
  t.match(await ask('counts', { entities: [{ card: 'a' }], asOf: true }), error(400, 'INSTANT_MALFORMED'));
  t.match(await ask('counts?card=a&card=b'), error(400, 'QUERY_MALFORMED'));
  t.match(await ask('counts', '{"entities": [{"card": "\\ud800"}]}'), error(400, 'DATA_INVALID'));
});

t.test('entities of any shape, over both routes', async (t) => {
  const cards = [
    '',
    '\0',
    'a\0b',
    '{}',
    'a|b',
    'a\\',
    '/',
    '%2F',
    '+',
    ' ',
    '&card=x',
    '=',
    '..',
    'x'.repeat(2_000),
    '\u00e9',
    'e\u0301',
    '\u{1f600}',
    '\ufeff',
    '9007199254740993',
  ];
  const events = cards.flatMap((card, i) => Array.from({ length: i + 1 }, () => pay(card, 'm', 1, 0)));
  const stores = await storeOf(events);
  t.teardown(() => stores.close());
  const reader = featureServices(topology, stores, () => NOW);
  const { serving } = await openExampleServing({
    state: () => exampleStart(0),
    featureServices: reader,
    features: servedFeatures(topology, { stores }, () => NOW),
  });
  t.teardown(() => serving.close(100));
  const counts = cards.map((_, i) => i + 1);
  const read = async (path: string, init: RequestInit = {}): Promise<unknown> =>
    (await fetch(serving.url + path, init)).json();
  const first = (reply: unknown): unknown =>
    (reply as { results: ReadonlyArray<{ values: readonly unknown[] }> }).results.map(
      ({ values }) => values[0],
    );
  // The port takes no NUL in a URL.
  const inUrls = [...cards.keys()].filter((i) => !cards[i]?.includes('\0'));
  const urlCounts = inUrls.map((i) => i + 1);
  const escaped = (i: number, prefix = ''): string => encodeURIComponent(prefix + cards[i]);
  const got = await Promise.all(inUrls.map((i) => read(`v1/features/counts?card=${escaped(i)}`)));
  t.same(got.flatMap(first), urlCounts);
  const posted = await read('v1/features/counts', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ entities: cards.map((card) => ({ card })) }),
  });
  t.same(first(posted), counts);
  const wide = await read('v1/features/counts', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"entities": [{"card": 9007199254740993}]}',
  });
  t.same(first(wide), [counts.at(-1)]);
  const ofViews = await Promise.all(
    inUrls.map((i) => read(`api/features/${topology.name}/${escaped(i, 'card=')}`)),
  );
  t.match(
    ofViews,
    urlCounts.map((count_1h) => ({ values: { count_1h } })),
  );
});
