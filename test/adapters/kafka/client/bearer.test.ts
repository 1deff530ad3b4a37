// Access tokens: one for all connections, renewed in time, and what an authorization server may answer.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { bearerProvider } from '../../../../src/adapters/kafka/client/bearer.ts';
import { requestToken } from '../../../../src/adapters/kafka/client/request-token.ts';
import { MillraceError } from '../../../../src/core/errors.ts';

t.test('a token serves all connections until it is about to expire', async (t) => {
  let nowMs = 0;
  let asked = 0;
  let failure: Error | null = null;
  const provider = bearerProvider(
    async () => {
      asked++;
      if (failure !== null) throw failure;
      return { value: `t${asked}`, expiresAtMs: nowMs + 100_000 };
    },
    () => nowMs,
  );
  t.strictSame(
    (await Promise.all([provider(), provider()])).map(({ value }) => value),
    ['t1', 't1'],
  );
  nowMs = 69_999;
  t.equal((await provider()).value, 't1');
  nowMs = 70_000;
  t.equal((await provider()).value, 't2', 'half a minute before its end');
  nowMs = 145_000;
  failure = new MillraceError('LOG_UNAVAILABLE', 'away');
  t.equal((await provider()).value, 't2', 'the old one while there is no other');
  failure = new MillraceError('LOG_FAILED', 'denied');
  await t.rejects(provider(), { name: 'KafkaError', fault: 'unauthenticated' });
  nowMs = 170_001;
  failure = new MillraceError('LOG_UNAVAILABLE', 'away');
  await t.rejects(provider(), { name: 'KafkaError', fault: 'unavailable' });
  failure = null;
  t.equal((await provider()).value, 't6', 'a failure is not kept');
});

t.test('what an authorization server answers', async (t) => {
  const secret = 'canary:of the/server+';
  let answer = { status: 200, body: '{}', location: '' };
  let asked = { authorization: '', body: '' };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      asked = { authorization: request.headers.authorization ?? '', body };
      response.writeHead(answer.status, answer.location === '' ? {} : { location: answer.location });
      response.end(answer.body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`; // as a server on TCP has
  const ask = (status: number, body: string, location = '') => {
    answer = { status, body, location };
    return requestToken({ url, clientId: 'my id', clientSecret: secret, scope: 'a b' });
  };
  const token = await ask(200, '{"access_token":"abc","expires_in":60}');
  t.equal(token.value, 'abc');
  t.ok(Math.abs(token.expiresAtMs - Date.now() - 60_000) < 30_000);
  t.equal(asked.body, 'grant_type=client_credentials&scope=a+b');
  const [, basic = ''] = asked.authorization.split(' ');
  t.equal(Buffer.from(basic, 'base64').toString(), 'my+id:canary%3Aof+the%2Fserver%2B');

  const cases: ReadonlyArray<readonly [status: number, body: string, code: string, message: RegExp]> = [
    [401, '{"error":"invalid_client"}', 'LOG_FAILED', /401 invalid_client/],
    [400, 'not JSON', 'LOG_FAILED', /400, without a token/],
    [200, '{"access_token":""}', 'LOG_FAILED', /200, without a token/],
    [200, 'null', 'LOG_FAILED', /200, without a token/],
    [503, '', 'LOG_UNAVAILABLE', /it answered 503/],
    [429, '', 'LOG_UNAVAILABLE', /it answered 429/],
    [200, 'x'.repeat(1_000_000), 'LOG_UNAVAILABLE', /too large/],
  ];
  for (const [status, body, code, message] of cases)
    await t.rejects(ask(status, body), { code, message }, `${status} ${body.slice(0, 30)}`);
  await t.rejects(ask(302, '', 'http://127.0.0.1:1/'), { code: 'LOG_UNAVAILABLE' }, 'it follows no redirect');
  const repeated: unknown = await ask(401, JSON.stringify({ error: `no ${secret}` })).catch(
    (error: unknown) => error,
  );
  t.match(String(repeated), '401 no ***');
});
