// Hashes of sensitive values (once a value and dictionary): HMAC-SHA-256 (RFC 2104) of the string's UTF-8 bytes.
import { createHmac } from 'node:crypto';
import { keyIdOf } from './file-keys.ts';

const KEY_ID_BYTES = 4;
/** HMAC-SHA-256 in base64url. */
const HASH = /^[\w-]{43}$/;

export class KeyedHash {
  readonly #key: Buffer;
  /** Names the key in each hash, so that a hash shows which key it is of. */
  readonly #prefix: string;

  /** @param key 32 bytes */
  constructor(key: Buffer) {
    this.#key = key;
    this.#prefix = `${keyIdOf(key, KEY_ID_BYTES).toString('hex')}:`;
  }

  /** Whether a text has the form of a hash by this key. */
  isHash(text: string): boolean {
    return text.startsWith(this.#prefix) && HASH.test(text.slice(this.#prefix.length));
  }

  /** `1f0a93c2:` and the HMAC in base64url, 43 characters. */
  of(value: string): string {
    return this.#prefix + createHmac('sha256', this.#key).update(value, 'utf8').digest('base64url');
  }
}
