// Tokens of an issuer with a key set on HTTP: made by jose, and without it.
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import t from 'tap';
import { grantsOf, tokenIssuer, type TokenIssuerOptions } from '../../../src/adapters/oidc/token-issuer.ts';
import type { CredentialVerifier } from '../../../src/ports/identity.ts';
import { type Json, signedBy, webToken } from '../../support/web-token.ts';

const ISSUER = 'https://issuer.example';
const AUDIENCE = 'millrace';
const NOW_S = 1_800_000_000;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const next = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });

function jwk(key: KeyObject, kid: string): object {
  return { ...key.export({ format: 'jwk' }), kid, use: 'sig' };
}

const served = {
  keys: [jwk(rsa.publicKey, 'a'), jwk(ec.publicKey, 'b')] as object[],
  padding: '',
  status: 200,
  requests: 0,
};
const server = createServer((_request, response) => {
  served.requests++;
  response.writeHead(served.status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ keys: served.keys, padding: served.padding }));
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
t.teardown(() => server.close());
// It listens on TCP, so the address is never a pipe's name.
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;

function issuer(more: Partial<TokenIssuerOptions> = {}): CredentialVerifier {
  return tokenIssuer({
    url,
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: ['RS256', 'ES256'],
    clockSkewMs: 60_000,
    rolesClaim: 'roles',
    nowMs: () => NOW_S * 1_000,
    ...more,
  });
}

const CLAIMS = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'ada',
  exp: NOW_S + 300,
  roles: ['viewer', 'payments:approver'],
};

function token(
  claims: Json,
  header: Json = { alg: 'RS256', kid: 'a' },
  key: KeyObject = rsa.privateKey,
): string {
  return webToken(header, claims, signedBy(key));
}

t.test('a token with issuer, audience, expiry and subject', async (t) => {
  const verifier = issuer();
  const expected = {
    kind: 'jwt',
    name: `ada at ${ISSUER}`,
    grants: [
      { role: 'viewer', topology: '*' },
      { role: 'approver', topology: 'payments' },
    ],
  };
  t.match(await verifier.verify(token(CLAIMS)), expected);
  const byJose = await new SignJWT(CLAIMS).setProtectedHeader({ alg: 'ES256', kid: 'b' }).sign(ec.privateKey);
  t.ok(verifier.recognises(byJose));
  t.match(await verifier.verify(byJose), expected);
  t.match(await verifier.verify(token({ ...CLAIMS, aud: ['other', AUDIENCE] })), expected);
});

t.test('what is not valid', async (t) => {
  const verifier = issuer();
  const [head = '', body = ''] = token(CLAIMS).split('.');
  const hmacHead = Buffer.from('{"alg":"HS256","kid":"a"}').toString('base64url');
  const secret = rsa.publicKey.export({ format: 'pem', type: 'spki' });
  const hmac = createHmac('sha256', secret).update(`${hmacHead}.${body}`).digest('base64url');
  const cases: Readonly<Record<string, string>> = {
    'another issuer': token({ ...CLAIMS, iss: 'https://other.example' }),
    'another audience': token({ ...CLAIMS, aud: 'other' }),
    'no audience': token({ ...CLAIMS, aud: undefined }),
    'no expiry': token({ ...CLAIMS, exp: undefined }),
    'no subject': token({ ...CLAIMS, sub: undefined }),
    expired: token({ ...CLAIMS, exp: NOW_S - 61 }),
    'not yet valid': token({ ...CLAIMS, nbf: NOW_S + 61 }),
    'another key': token(CLAIMS, { alg: 'RS256', kid: 'a' }, next.privateKey),
    'a key that is not in the set': token(CLAIMS, { alg: 'RS256', kid: 'z' }, next.privateKey),
    'no signature': `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.AA`,
    'the public key as a shared secret': `${hmacHead}.${body}.${hmac}`,
    'an extension that must be understood': token(CLAIMS, { alg: 'RS256', kid: 'a', crit: ['x'], x: 1 }),
    'other claims below the signature': `${head}.${Buffer.from(JSON.stringify({ ...CLAIMS, sub: 'eve' })).toString('base64url')}.${token(CLAIMS).split('.')[2]}`,
    'too long': token({ ...CLAIMS, padding: 'x'.repeat(8_192) }),
  };
  for (const [what, text] of Object.entries(cases)) t.equal(await verifier.verify(text), null, what);
  t.ok(await verifier.verify(token({ ...CLAIMS, exp: NOW_S - 59 })), 'within the skew of clocks');
  t.equal(
    await issuer({ algorithms: ['ES256'] }).verify(token(CLAIMS)),
    null,
    'an algorithm that is not allowed',
  );
  for (const text of ['', 'abc', 'a.b.c', 'eyJ.only', `millrace_${'0'.repeat(16)}_${'A'.repeat(43)}`])
    t.notOk(verifier.recognises(text), text);
});

t.test('an identity holds until the token expires', async (t) => {
  let nowMs = NOW_S * 1_000;
  const identity = await issuer({ nowMs: () => nowMs }).verify(token(CLAIMS));
  t.ok(identity?.holds());
  nowMs += 359_999;
  t.ok(identity?.holds());
  nowMs += 1;
  t.notOk(identity?.holds());
});

t.test('the key set is cached, and requested again for a key that it lacks, within a bound', async (t) => {
  served.requests = 0;
  const slow = issuer();
  for (let i = 0; i < 5; i++) {
    await slow.verify(token(CLAIMS));
    await slow.verify(token(CLAIMS, { alg: 'RS256', kid: `made-up-${i}` }));
  }
  t.equal(served.requests, 1);
  const quick = issuer({ coolDownMs: 0 });
  const rotated = token(CLAIMS, { alg: 'RS256', kid: 'c' }, next.privateKey);
  t.equal(await quick.verify(rotated), null);
  served.keys.push(jwk(next.publicKey, 'c'));
  t.ok(await quick.verify(rotated), 'the new key');
  served.keys.pop();
});

t.test('while the key set cannot be read, nothing is said about a token', async (t) => {
  served.status = 500;
  await t.rejects(issuer().verify(token(CLAIMS)), { code: 'ISSUER_UNAVAILABLE', where: ISSUER });
  served.status = 302;
  await t.rejects(
    issuer().verify(token(CLAIMS)),
    { code: 'ISSUER_UNAVAILABLE' },
    'a redirect is not followed',
  );
  served.status = 200;
  served.padding = 'x'.repeat(262_144);
  await t.rejects(
    issuer().verify(token(CLAIMS)),
    { code: 'ISSUER_UNAVAILABLE' },
    'a key set that is too large',
  );
  served.padding = '';
  await t.rejects(issuer({ url: 'http://127.0.0.1:1/' }).verify(token(CLAIMS)), {
    code: 'ISSUER_UNAVAILABLE',
  });
});

t.test('roles of a claim', async (t) => {
  t.same(grantsOf('viewer payments:operator'), [
    { role: 'viewer', topology: '*' },
    { role: 'operator', topology: 'payments' },
  ]);
  for (const nothing of [
    undefined,
    null,
    1,
    {},
    '',
    'root',
    ':admin',
    '*:admin',
    'payments:',
    [1, null, {}],
    ['ADMIN'],
  ])
    t.same(grantsOf(nothing), [], JSON.stringify(nothing));
  t.equal(grantsOf(Array.from({ length: 1_000 }, () => 'viewer')).length, 256);
  const nested = issuer({ rolesClaim: 'realm_access.roles' });
  t.match(await nested.verify(token({ ...CLAIMS, realm_access: { roles: ['admin'] } })), {
    grants: [{ role: 'admin', topology: '*' }],
  });
  t.same((await issuer({ rolesClaim: 'constructor.name' }).verify(token(CLAIMS)))?.grants, []);
});
