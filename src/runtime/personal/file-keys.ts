// Key-encryption keys that the process has itself, from a setting (control path).
import { createHash } from 'node:crypto';
import { MillraceError } from '../../core/errors.ts';
import { keepSecret } from '../../core/secrets.ts';
import type { KeyWrapper } from '../../ports/data-keys.ts';
import { dataKey, KEY_BYTES, KEY_ID_BYTES, open, seal, type DataKey } from './envelope.ts';

/** The first bytes of the SHA-256 of a key: it names the key and says nothing about it. */
export function keyIdOf(key: Uint8Array, bytes: number = KEY_ID_BYTES): Buffer {
  return createHash('sha256').update('millrace key id').update(key).digest().subarray(0, bytes);
}

/**
 * The keys of a text: 32 bytes each, in base64 or as 64 hexadecimal digits, separated by spaces, commas or lines.
 * @param setting for the message
 * @throws CONFIG_INVALID, without the text
 */
export function keysOf(text: string, setting: string): Buffer[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  for (const word of words) keepSecret(word);
  const keys = words.map((word) =>
    /^[\da-fA-F]{64}$/.test(word) ? Buffer.from(word, 'hex') : Buffer.from(word, 'base64'),
  );
  if (keys.length > 0 && keys.every((key) => key.length === KEY_BYTES)) return keys;
  throw new MillraceError(
    'CONFIG_INVALID',
    `a key is not ${KEY_BYTES} bytes in base64 or hexadecimal digits`,
    {
      where: setting,
      remedy: 'Make one: openssl rand -base64 32.',
    },
  );
}

/** Wraps with the first key; what any of them wrapped is unwrapped. */
export class FileKeys implements KeyWrapper {
  readonly id: string;
  readonly #first: DataKey;
  readonly #keys: ReadonlyMap<string, DataKey>;

  /** @param keys 32 bytes each, at least one */
  constructor(keys: readonly [Buffer, ...Buffer[]]) {
    const made = keys.map((key) => dataKey(keyIdOf(key), key));
    this.#first = made[0] as DataKey; // one a key
    this.id = this.#first.id.toString('hex');
    this.#keys = new Map(made.map((key) => [key.id.toString('hex'), key]));
  }

  wrap(key: Buffer, context: string): Promise<Buffer> {
    return Promise.resolve(seal(key, this.#first, context, ''));
  }

  async unwrap(wrapped: Buffer, id: string, context: string): Promise<Buffer> {
    const wrapper = this.#keys.get(id);
    const key = wrapper === undefined ? null : open(wrapped, wrapper, context);
    if (key !== null && key.length === KEY_BYTES) return key;
    throw new MillraceError(
      'CONFIG_INVALID',
      `no encryption key of the settings unwraps what ${id} wrapped`,
      {
        where: 'MILLRACE_ENCRYPTION_KEY',
        remedy: 'Give the former key after the new one, separated by a space.',
      },
    );
  }
}
