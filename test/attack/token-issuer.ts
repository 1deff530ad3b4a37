// The issuer of JSON Web Tokens that the attacked engine trusts, and tokens that it must not take.
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Json, signedBy, webToken } from '../support/web-token.ts';

const ISSUER = 'https://issuer.example';
const AUDIENCE = 'millrace';
const KEY_ID = 'a';
const HOUR_S = 3_600;

/** Visitors with a token: what is after `jwt` says its roles, or what is wrong with it. */
export const tokenVisitors = [
  'jwt viewer',
  'jwt producer',
  'jwt approver',
  'jwt of another topology',
  'jwt expired',
  'jwt of another issuer',
  'jwt for another audience',
  'jwt unsigned',
  'jwt by a shared secret',
  'jwt by another key',
  'jwt with its own key',
] as const;
export type TokenVisitor = (typeof tokenVisitors)[number];

export interface TokenIssuer {
  /** Of the engine. */
  readonly environment: Readonly<Record<string, string>>;
  readonly tokens: ReadonlyMap<TokenVisitor, string>;
  close(): void;
}

function tokensOf(topology: string): { keys: object; tokens: Map<TokenVisitor, string> } {
  const ours = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const theirs = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const nowS = Math.floor(Date.now() / 1_000);
  const claims = (roles: string, more: Json = {}): Json => ({
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'visitor',
    exp: nowS + HOUR_S,
    roles: [roles],
    ...more,
  });
  const rs256 = { alg: 'RS256', kid: KEY_ID };
  const good = (roles: string, more?: Json): string =>
    webToken(rs256, claims(roles, more), signedBy(ours.privateKey));
  const publicPem = ours.publicKey.export({ type: 'spki', format: 'pem' });
  const admin = claims('admin');
  const tokens = new Map<TokenVisitor, string>([
    ['jwt viewer', good(`${topology}:viewer`)],
    ['jwt producer', good(`${topology}:producer`)],
    ['jwt approver', good(`${topology}:approver`)],
    ['jwt of another topology', good(`${topology}-other:admin`)],
    ['jwt expired', good('admin', { exp: nowS - HOUR_S })],
    ['jwt of another issuer', good('admin', { iss: `${ISSUER}.example` })],
    ['jwt for another audience', good('admin', { aud: 'another' })],
    ['jwt unsigned', webToken({ alg: 'none' }, admin, () => Buffer.from('none'))],
    [
      'jwt by a shared secret',
      webToken({ alg: 'HS256', kid: KEY_ID }, admin, (input) =>
        createHmac('sha256', publicPem).update(input).digest(),
      ),
    ],
    ['jwt by another key', webToken(rs256, admin, signedBy(theirs.privateKey))],
    [
      'jwt with its own key',
      webToken(
        { ...rs256, jwk: theirs.publicKey.export({ format: 'jwk' }) },
        admin,
        signedBy(theirs.privateKey),
      ),
    ],
  ]);
  return {
    keys: { keys: [{ ...ours.publicKey.export({ format: 'jwk' }), kid: KEY_ID, use: 'sig' }] },
    tokens,
  };
}

export async function openTokenIssuer(topology: string): Promise<TokenIssuer> {
  const { keys, tokens } = tokensOf(topology);
  const server = createServer((_request, response) => response.end(JSON.stringify(keys)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a TCP server has no other kind
  return {
    environment: {
      MILLRACE_JWKS_URL: `http://127.0.0.1:${port}/jwks`,
      MILLRACE_JWT_ISSUER: ISSUER,
      MILLRACE_JWT_AUDIENCE: AUDIENCE,
    },
    tokens,
    close: () => void server.close(),
  };
}
