// Features of services over HTTP.
import t from 'tap';
import { featureServices } from '../../../src/app/compose/feature-services.ts';
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
});
