// Who comes to the port: an API key of each role, tokens of an issuer, keys and tokens that do not hold, and strangers. An oracle of its own
// (oracle/access.ts) says what each may do.
import { randomBytes } from 'node:crypto';
import type { Role } from '../../src/core/roles.ts';
import { newKey } from '../../src/serving/access/keys/api-key.ts';
import { encodeKeyRecord, type KeyRecord } from '../../src/serving/access/keys/key-record.ts';
import { type TokenVisitor, tokenVisitors } from './token-issuer.ts';

const holders = [
  'viewer',
  'subscriber',
  'producer',
  'operator',
  'approver',
  'admin',
  'token',
  'anonymous',
  'wrong key',
  'no key at all',
  'revoked',
  'expired',
  'of another topology',
] as const;
export type Visitor = (typeof holders)[number] | TokenVisitor;
export const visitors: readonly Visitor[] = [...holders, ...tokenVisitors];

export interface Credentials {
  /** What a visitor sends; null for none. */
  readonly byVisitor: ReadonlyMap<Visitor, string | null>;
  /** Records of the keys, by their ids. */
  readonly records: ReadonlyArray<{ readonly key: Buffer; readonly value: Buffer }>;
}

const DAY_MS = 86_400_000;

/**
 * @param token the one of MILLRACE_TOKEN
 * @param tokens of the issuer
 */
export function makeCredentials(
  topology: string,
  token: string,
  tokens: ReadonlyMap<TokenVisitor, string>,
): Credentials {
  const byVisitor = new Map<Visitor, string | null>([
    ...tokens,
    ['token', token],
    ['anonymous', null],
    ['wrong key', newKey(randomBytes).key],
    ['no key at all', 'let-me-in'],
  ]);
  const records: Array<{ key: Buffer; value: Buffer }> = [];
  const createdAtMs = Date.now() - DAY_MS;
  const add = (visitor: Visitor, roles: readonly Role[], more: Partial<KeyRecord> = {}): void => {
    const { id, key, sha256 } = newKey(randomBytes);
    const record: KeyRecord = {
      id,
      name: visitor,
      sha256,
      roles,
      topologies: [topology],
      createdAtMs,
      createdBy: 'the attack',
      expiresAtMs: null,
      revokedAtMs: null,
      ...more,
    };
    byVisitor.set(visitor, key);
    records.push({ key: Buffer.from(id), value: encodeKeyRecord(record) });
  };
  for (const role of ['viewer', 'subscriber', 'producer', 'operator', 'approver', 'admin'] as const)
    add(role, [role]);
  add('revoked', ['admin'], { revokedAtMs: createdAtMs + 1 });
  add('expired', ['admin'], { expiresAtMs: createdAtMs + 1 });
  add('of another topology', ['admin'], { topologies: [`${topology}-other`] });
  return { byVisitor, records };
}
