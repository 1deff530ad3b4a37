// Sealed bytes (once a field or record of a source with sensitive columns): AES-256-GCM under a data key, in an envelope
// that names the key, so that keys can be rotated and destroyed.
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

/** `MRS1`, the id of the data key, the nonce, the ciphertext, the tag. */
const MAGIC: Buffer = Buffer.from('MRS1');
export const KEY_BYTES = 32;
export const KEY_ID_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const NONCE_AT = MAGIC.length + KEY_ID_BYTES;
const TEXT_AT = NONCE_AT + NONCE_BYTES;

/** A sealed field of a string column: this, then the envelope in base64url. */
export const SEALED_TEXT = 'sealed:';

export interface DataKey {
  /** 16 bytes. */
  readonly id: Buffer;
  /** 32 bytes: AES-256. */
  readonly key: Buffer;
  /** 32 bytes: nonces are HMACs under it. */
  readonly nonceKey: Buffer;
}

/** @param key 32 bytes @param id 16 bytes */
export function dataKey(id: Buffer, key: Buffer): DataKey {
  return { id, key, nonceKey: createHmac('sha256', key).update('millrace nonce').digest() };
}

export function newDataKey(): DataKey {
  return dataKey(randomBytes(KEY_ID_BYTES), randomBytes(KEY_BYTES));
}

/**
 * Seals bytes. The nonce is synthetic: the first 12 bytes of HMAC-SHA-256 of context, place and plaintext, so a replay
 * computes the same bytes, and a nonce is never used for two plaintexts (NIST SP 800-38D, section 8.2).
 * @param context what the bytes are, authenticated with them: the envelope opens as nothing else
 * @param place of the record, so that equal values do not look equal
 */
export function seal(
  plain: Uint8Array,
  { id, key, nonceKey }: DataKey,
  context: string,
  place: string,
): Buffer {
  const nonce = createHmac('sha256', nonceKey)
    .update(`${context}\n${place}\n`)
    .update(plain)
    .digest()
    .subarray(0, NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context));
  const text = cipher.update(plain);
  cipher.final();
  return Buffer.concat([MAGIC, id, nonce, text, cipher.getAuthTag()]);
}

/** The id of the data key, hexadecimal; null for bytes that are no envelope. */
export function sealedBy(bytes: Uint8Array): string | null {
  if (bytes.length < TEXT_AT + TAG_BYTES || MAGIC.compare(bytes, 0, MAGIC.length) !== 0) return null;
  return Buffer.from(bytes.subarray(MAGIC.length, NONCE_AT)).toString('hex');
}

/** The plain bytes; null if the envelope is of another key or context, or was changed. */
export function open(sealed: Uint8Array, { id, key }: DataKey, context: string): Buffer | null {
  if (sealedBy(sealed) !== id.toString('hex')) return null;
  const nonce = sealed.subarray(NONCE_AT, TEXT_AT);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  try {
    const plain = decipher.update(sealed.subarray(TEXT_AT, sealed.length - TAG_BYTES));
    decipher.final();
    return plain;
  } catch {
    return null;
  }
}
