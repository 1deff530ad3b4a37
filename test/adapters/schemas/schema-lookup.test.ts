// A registry that denies, lies, errs or hangs: for one id that concerns the records that name it, for all ids the registry.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { ConfluentRegistry } from '../../../src/adapters/schemas/confluent-registry.ts';
import { Registry } from '../../../src/adapters/schemas/registry.ts';
import { REGISTRY_ID_MS_MAX } from '../../../src/core/registry-limits.ts';

type Answer = (response: ServerResponse) => void;

const GOOD = 1;
const BAD = 2;
const SCHEMA = '{"type":"string"}';

const json = (status: number, body: unknown): Answer => {
  return (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
const text = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer => {
  return (response) => response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(body);
};
const good = json(200, { schema: SCHEMA });
const hang: Answer = () => undefined;

interface Opened {
  readonly client: ConfluentRegistry;
  /** By path. */
  readonly answers: Map<string, Answer>;
  readonly pass: (ms: number) => void;
}

async function open(test: Test, requestMsMax = 500): Promise<Opened> {
  const answers = new Map([[`/schemas/ids/${GOOD}`, good]]);
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '').replace(/\?.*/, ''));
    (answers.get(path) ?? answers.get('*') ?? json(404, { error_code: 40_403, message: 'not found' }))(
      response,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  let nowMs = 0;
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = await ConfluentRegistry.open({ url, clock: () => nowMs, requestMsMax });
  return { client, answers, pass: (ms) => void (nowMs += ms) };
}

const refused = { code: 'SCHEMA_UNKNOWN', message: new RegExp(`does not give the schema with id ${BAD}`) };

t.test('an id that the registry denies is refused alone, at once', async (t) => {
  const { client, answers } = await open(t);
  await client.schemasOf([GOOD]);
  for (const status of [400, 401, 403, 406, 410, 422, 451]) {
    for (const answer of [json(status, { error_code: status, message: 'no' }), text(status, '<html>')]) {
      answers.set(`/schemas/ids/${BAD}`, answer);
      t.match(await client.schemasOf([BAD, GOOD]), [refused, { text: SCHEMA }], String(status));
    }
  }
  answers.set(`/schemas/ids/${BAD}`, text(404, '<html>'));
  t.strictSame((await client.schemasOf([BAD, 3]))[0], null, 'not there');
});

t.test('an id that fails for long while others are answered is refused', async (t) => {
  const failures: ReadonlyArray<readonly [what: string, answer: Answer]> = [
    ['an error of the server', json(500, { error_code: 50_001, message: 'broken' })],
    ['an error page', text(502, '<html>')],
    ['a page with the status of a success', text(200, '<html>')],
    ['cut JSON', text(200, '{"schema":', { 'content-type': 'application/json' })],
    ['JSON that is no schema', json(200, { schema: 5 })],
    ['null', json(200, null)],
    ['a list', json(200, [])],
    ['references that are none', json(200, { schema: SCHEMA, references: 5 })],
    ['a reference without a version', json(200, { schema: SCHEMA, references: [{ subject: 'a' }] })],
    ['a redirect to itself', text(302, '', { location: `/schemas/ids/${BAD}` })],
    ['no answer', hang],
    ['a connection that breaks', (response) => response.destroy()],
  ];
  await Promise.all(
    failures.map(async ([what, answer]) => {
      const { client, answers, pass } = await open(t);
      await client.schemasOf([GOOD]);
      answers.set(`/schemas/ids/${BAD}`, answer);
      await t.rejects(client.schemasOf([BAD]), { code: 'REGISTRY_UNAVAILABLE' }, `${what}, at first`);
      pass(REGISTRY_ID_MS_MAX - 1);
      await t.rejects(client.schemasOf([BAD]), { code: 'REGISTRY_UNAVAILABLE' }, `${what}, still`);
      pass(1);
      t.match(await client.schemasOf([BAD]), [refused], `${what}, for long`);
      answers.set(`/schemas/ids/${BAD}`, good);
      t.match(await client.schemasOf([BAD]), [{ text: SCHEMA }], `${what}, no more`);
    }),
  );
});

t.test('a registry that is away makes no id unknown, however long it lasts', async (t) => {
  const outages: ReadonlyArray<readonly [what: string, answer: Answer, code: string]> = [
    ['starting', json(503, { error_code: 503, message: 'starting' }), 'REGISTRY_UNAVAILABLE'],
    ['busy', json(429, { error_code: 429, message: 'busy' }), 'REGISTRY_UNAVAILABLE'],
    ['a page for all', text(200, '<html>'), 'REGISTRY_UNAVAILABLE'],
    ['no path of a registry', text(404, '<html>'), 'REGISTRY_UNAVAILABLE'],
    ['without its schemas', json(404, { error_code: 40_403, message: 'not found' }), 'REGISTRY_UNAVAILABLE'],
    ['breaking', (response) => response.destroy(), 'REGISTRY_UNAVAILABLE'],
    ['revoked credentials', json(401, { error_code: 401, message: 'no' }), 'REGISTRY_FAILED'],
    ['revoked rights', json(403, { error_code: 403, message: 'no' }), 'REGISTRY_FAILED'],
  ];
  for (const [what, answer, code] of outages) {
    const { client, answers, pass } = await open(t);
    await client.schemasOf([GOOD]);
    answers.clear();
    answers.set('*', answer);
    for (let i = 0; i < 3; i++) {
      await t.rejects(client.schemasOf([BAD]), { code }, what);
      pass(REGISTRY_ID_MS_MAX);
    }
    answers.set('*', good);
    t.match(await client.schemasOf([BAD]), [{ text: SCHEMA }], `${what}, no more`);
  }
});

t.test('requests that are too many for one id are never its fault', async (t) => {
  const { client, answers, pass } = await open(t);
  await client.schemasOf([GOOD]);
  answers.set(`/schemas/ids/${BAD}`, json(429, { error_code: 429, message: 'busy' }));
  for (let i = 0; i < 3; i++) {
    await t.rejects(client.schemasOf([BAD]), { code: 'REGISTRY_UNAVAILABLE' });
    pass(REGISTRY_ID_MS_MAX);
  }
});

t.test('schemas that one refers to come with it, each behind its own', async (t) => {
  const { client, answers } = await open(t);
  const to = (subject: string): object => ({ name: subject, subject, version: 1 });
  const at = (subject: string, ...references: object[]): void =>
    void answers.set(
      `/subjects/${subject}/versions/1`,
      json(200, { id: 9, schema: `"${subject}"`, references }),
    );
  answers.set(`/schemas/ids/${BAD}`, json(200, { schema: SCHEMA, references: [to('card'), to('kind')] }));
  at('card', to('kind'), to('owner'));
  at('kind');
  at('owner', to('kind'));
  t.match(await client.schemasOf([BAD]), [{ text: SCHEMA, references: ['"kind"', '"owner"', '"card"'] }]);
  at('owner', to('card'));
  t.match(await client.schemasOf([BAD]), [{ text: SCHEMA }], 'a circle ends');
  at('owner', to('gone'));
  t.match(await client.schemasOf([BAD]), [
    { code: 'SCHEMA_INVALID', message: /gone version 1, which the registry does not have/ },
  ]);
});

t.test('a schema of any length is answered, and none that is too long is kept', async (t) => {
  const { client, answers } = await open(t, 20_000);
  answers.set(`/schemas/ids/${BAD}`, json(200, { schema: 'x'.repeat(8_000_000) }));
  t.match(await client.schemasOf([BAD]), [
    { code: 'SCHEMA_INVALID', message: /longer than 1048576 characters/ },
  ]);
});

t.test('an answer without an id registers nothing', async (t) => {
  const { client, answers } = await open(t);
  answers.set('*', text(200, '<html>'));
  await t.rejects(client.register('a', { language: 'AVRO', text: SCHEMA }), { code: 'REGISTRY_UNAVAILABLE' });
  answers.set('*', json(200, { id: 7 }));
  t.equal(await client.register('a', { language: 'AVRO', text: SCHEMA }), 7, 'what came before is not kept');
});

t.test('the reason is kept for the records that follow', async (t) => {
  const { client, answers } = await open(t);
  answers.set(`/schemas/ids/${BAD}`, json(403, { error_code: 403, message: 'not yours' }));
  const registry = new Registry({ url: client.name });
  await registry.lookUp([GOOD, BAD, 3]);
  t.match(registry.known(GOOD), { text: SCHEMA });
  t.match(registry.refusal(BAD), { code: 'SCHEMA_UNKNOWN', message: /403|not yours/ });
  t.match(registry.refusal(3), { code: 'SCHEMA_UNKNOWN', message: /no schema with id 3/ });
  t.ok([GOOD, BAD, 3].every((id) => registry.isSettled(id)));
});
