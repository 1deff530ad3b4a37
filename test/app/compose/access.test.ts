// Who may use a port: refused starts, keys that a running engine takes and gives up, roles, and the end of a WebSocket.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SignJWT } from 'jose';
import t from 'tap';
import { WebSocket } from 'ws';
import { isLoopback } from '../../../src/core/hosts.ts';
import { millrace } from '../../support/cli.ts';
import { runEngine } from '../../support/running-engine.ts';

const TOPOLOGY = 'test/doors/card-limits.ts';
const POLL_MS = 50;

t.setTimeout(120_000);
const root = t.testdir({ refused: {}, uws: {}, ws: {}, jwt: {} });

/** What the topology requires. */
const SETTINGS = { CARDS_BANK_URL: 'https://bank.example', MILLRACE_SCHEMAS: 'test/doors/schemas' };

t.test('addresses that are reached from this machine alone', (t) => {
  for (const host of ['127.0.0.1', '127.8.9.1', '::1', 'localhost', 'LOCALHOST', '0:0:0:0:0:0:0:1'])
    t.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'localhost.example', '128.0.0.1', '::ffff:10.0.0.1', ''])
    t.notOk(isLoopback(host), host);
  t.end();
});

t.test('a port that others can reach does not open before something says who may use it', async (t) => {
  const data = join(root, 'refused');
  const words = ['run', TOPOLOGY, '--port', '0'];
  const refused = await millrace(words, {
    ...SETTINGS,
    MILLRACE_DATA: data,
    MILLRACE_HOST: '0.0.0.0',
  });
  t.equal(refused.code, 1);
  t.match(refused.stderr, /CONFIG_INVALID: .*MILLRACE_ANONYMOUS/s);
  const engine = await runEngine(['run', TOPOLOGY], data, {
    ...SETTINGS,
    MILLRACE_HOST: '0.0.0.0',
    MILLRACE_ANONYMOUS: 'viewer',
  });
  t.teardown(() => engine.stop());
  t.equal((await fetch(`${engine.url}api/state`)).status, 200);
  t.equal((await fetch(`${engine.url}api/features/card-limits/card=1`)).status, 401);
  t.equal((await fetch(`${engine.url}api/models/rollback`, { method: 'POST' })).status, 401);
});

interface Key {
  readonly id: string;
  readonly key: string;
}

async function createKey(data: string, roles: string): Promise<Key> {
  const words = ['keys', 'create', TOPOLOGY, '--name', 'test', '--roles', roles, '--json'];
  const { code, stdout, stderr } = await millrace(words, { ...SETTINGS, MILLRACE_DATA: data });
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Key; // what the command prints
}

for (const server of ['uws', 'ws'] as const) {
  t.test(`keys and roles on ${server}`, async (t) => {
    t.setTimeout(60_000);
    const data = join(root, server);
    const settings =
      server === 'ws'
        ? { NODE_OPTIONS: '--import ./test/support/without-uws.ts' }
        : ({} as Record<string, string>);
    const engine = await runEngine(['run', TOPOLOGY], data, { ...SETTINGS, ...settings });
    t.teardown(() => engine.stop());
    const status = async (path: string, key: string | null, method = 'GET'): Promise<number> => {
      const headers = {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        'content-type': 'application/json',
      };
      const body = method === 'GET' ? {} : { body: '{}' };
      return (await fetch(engine.url + path, { method, headers, ...body })).status;
    };
    const until = async (path: string, key: string | null, expected: number): Promise<void> => {
      while ((await status(path, key)) !== expected) await sleep(POLL_MS);
    };
    t.equal(await status('api/state', null), 200, 'no credentials are in use');
    const viewer = await createKey(data, 'viewer');
    await until('api/state', null, 401);
    t.equal(await status('livez', null), 200, 'probes need none');
    t.same(await (await fetch(`${engine.url}readyz`)).json(), { ready: true }, 'without details');
    t.equal(await status('api/state', viewer.key), 200);
    t.equal(await status('api/state', `${viewer.key.slice(0, -1)}!`), 401);
    t.equal(await status('api/features/card-limits/card=1', viewer.key), 403);
    t.equal(await status('api/models/rollback', viewer.key, 'POST'), 403);
    const both = await createKey(data, 'subscriber,approver');
    await until('api/state', both.key, 200);
    t.equal(await status('api/features/card-limits/card=1', both.key), 404, 'the store has nothing');
    t.equal(await status('api/models/rollback', both.key, 'POST'), 404, 'there was no champion before');

    t.equal(await status(`api/state?access_token=${viewer.key}`, null), 400, 'not in the URL');
    t.equal(await status(`api/state?x=${viewer.key}`, viewer.key), 400);
    for (const wrong of Array.from({ length: 6 }, (_, i) => `wrong-${i}`)) await status('api/state', wrong);
    t.equal(await status('api/state', 'wrong'), 429, 'wrong credentials slow down');
    t.equal(await status('api/state', viewer.key), 200, 'and right ones do not');

    const offering = new WebSocket(`${engine.url.replace('http', 'ws')}ws`, [
      'millrace',
      `bearer.${both.key}`,
    ]);
    await new Promise((resolve) => offering.once('message', resolve));
    t.equal(offering.protocol, 'millrace', 'the credential is not sent back');
    offering.close();

    const socket = new WebSocket(`${engine.url.replace('http', 'ws')}ws`);
    const frames: unknown[] = [];
    socket.on('message', (text: Buffer) => frames.push(JSON.parse(text.toString())));
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send('{"subscribe":"card-limits"}');
    socket.send(JSON.stringify({ authenticate: both.key }));
    socket.send('{"subscribe":"card-limits"}');
    while (frames.length < 3) await sleep(POLL_MS);
    t.match(frames, [{ code: 'UNAUTHORIZED' }, { type: 'authenticated' }, { type: 'subscribed' }]);

    const revoked = await millrace(['keys', 'revoke', TOPOLOGY, both.id], {
      ...SETTINGS,
      MILLRACE_DATA: data,
    });
    t.equal(revoked.code, 0, revoked.stderr);
    t.equal(await closed, 4001, 'the WebSocket is closed');
    await until('api/state', both.key, 401);
    t.equal(await status('api/state', viewer.key), 200, 'the other key still holds');
    const list = await millrace(['keys', 'list', TOPOLOGY], { ...SETTINGS, MILLRACE_DATA: data });
    t.match(list.stdout, new RegExp(`${both.id} +revoked.*\n?`));
    t.match(list.stdout, new RegExp(`${viewer.id} +active`));
    t.notMatch(list.stdout, viewer.key);
    const changes = await millrace(['audit', 'list', TOPOLOGY], { ...SETTINGS, MILLRACE_DATA: data });
    t.match(changes.stdout, new RegExp(`key-created +key ${viewer.id}`));
    t.match(changes.stdout, new RegExp(`key-revoked +key ${both.id}`));
    t.notMatch(changes.stdout, viewer.key);
  });
}

t.test('tokens of an issuer', async (t) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keys = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'a', alg: 'ES256' }] };
  const server = createServer((_request, response) => response.end(JSON.stringify(keys)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  // It listens on TCP, so the address is never a pipe's name.
  const { port } = server.address() as AddressInfo;
  const settings = {
    ...SETTINGS,
    MILLRACE_JWKS_URL: `http://127.0.0.1:${port}/`,
    MILLRACE_JWT_ISSUER: 'https://issuer.example',
    MILLRACE_JWT_AUDIENCE: 'millrace',
  };
  const insecure = {
    ...settings,
    MILLRACE_DATA: join(root, 'jwt'),
    MILLRACE_JWKS_URL: 'http://issuer.example/',
  };
  const refused = await millrace(['run', TOPOLOGY, '--port', '0'], insecure);
  t.match(refused.stderr, /CONFIG_INVALID: .*MILLRACE_JWKS_URL.*https/s);
  const engine = await runEngine(['run', TOPOLOGY], join(root, 'jwt'), settings);
  t.teardown(() => engine.stop());
  const status = async (path: string, roles: readonly string[], exp = '1h'): Promise<number> => {
    const token = await new SignJWT({ roles: [...roles] })
      .setProtectedHeader({ alg: 'ES256', kid: 'a' })
      .setIssuer('https://issuer.example')
      .setAudience('millrace')
      .setSubject('ada')
      .setExpirationTime(exp)
      .sign(privateKey);
    return (await fetch(engine.url + path, { headers: { authorization: `Bearer ${token}` } })).status;
  };
  t.equal((await fetch(`${engine.url}api/state`)).status, 401, 'without a token');
  t.equal(await status('api/state', ['viewer']), 200);
  t.equal(await status('api/state', ['card-limits:viewer']), 200);
  t.equal(await status('api/state', ['other:admin']), 403, 'a role for another topology');
  t.equal(await status('api/features/card-limits/card=1', ['viewer']), 403);
  t.equal(await status('api/state', ['viewer'], '-1h'), 401, 'expired');
});
