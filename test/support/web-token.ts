// JSON Web Tokens as RFC 7515 says, without the library that the engine verifies them with.
import { sign, type KeyObject } from 'node:crypto';

export type Json = Readonly<Record<string, unknown>>;

function encoded(value: Json): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** @param signed the signature of the header and the claims */
export function webToken(header: Json, claims: Json, signed: (input: Buffer) => Buffer): string {
  const input = `${encoded(header)}.${encoded(claims)}`;
  return `${input}.${signed(Buffer.from(input)).toString('base64url')}`;
}

export function signedBy(key: KeyObject): (input: Buffer) => Buffer {
  return (input) => sign('sha256', input, key);
}
