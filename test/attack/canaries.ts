// Secrets and personal data that are found wherever they are written: every secret of the engine begins with, or encodes,
// the same word.
import { generateKeyPairSync, type KeyObject } from 'node:crypto';

const WORD = 'canary';
/** The word plain, in base64 at each place, and in hexadecimal digits. */
const TRACE = /canary|Y2FuYXJ5|NhbmFye|jYW5hcn|63616e617279/i;
const KEY_BYTES = 32;
const CONTEXT_CHARS = 60;

export const TOKEN: string = `${WORD}/of+the~token-7`;
export const PASSWORD: string = `${WORD}/of+the "password" 7`;
/** What events have in their sensitive columns. */
export const HOLDER: string = `${WORD}-ann@example.com`;

export function cardOf(i: number): string {
  return `${WORD}-41111111${i}`;
}

export interface Secrets {
  readonly environment: Readonly<Record<string, string>>;
  /** The pair that signs models. */
  readonly signing: KeyObject;
  /** Where a text has a secret, what is around it; null if it has none. */
  readonly find: (text: string) => string | null;
}

/** A URL with a password that servers without one accept. */
export function withPassword(url: string, user: string): string {
  return url.replace('//', `//${user}:${encodeURIComponent(PASSWORD)}@`);
}

/** @param credentials of the port's clients: none may be written anywhere */
export function makeSecrets(credentials: Iterable<string | null>): Secrets {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = Buffer.from(WORD.repeat(KEY_BYTES)).subarray(0, KEY_BYTES).toString('base64');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const [, body = ''] = pem.split('\n');
  const others = [body, ...[...credentials].filter((one) => one !== null && one.length > KEY_BYTES)];
  return {
    signing: privateKey,
    environment: {
      MILLRACE_TOKEN: TOKEN,
      MILLRACE_HASH_KEY: key,
      MILLRACE_ENCRYPTION_KEY: key,
      MILLRACE_MODEL_SIGNING_KEY: pem,
      MILLRACE_MODEL_KEYS: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    },
    find(text) {
      const traced = text.search(TRACE);
      const known = others.map((secret) => (secret === null ? -1 : text.indexOf(secret)));
      const at = [traced, ...known].find((place) => place >= 0);
      return at === undefined ? null : text.slice(Math.max(0, at - CONTEXT_CHARS), at + CONTEXT_CHARS);
    },
  };
}
