// API keys (control path): 256 random bits behind an id. Only the SHA-256 of a key is kept. A slow hash is for secrets that
// people choose; 256 bits cannot be guessed, and one that takes its time would let a flood of wrong keys take the processor.
import { createHash, timingSafeEqual } from 'node:crypto';

const ID_BYTES = 8;
const SECRET_BYTES = 32;

/** The prefix lets scanners find keys in repositories and logs; 43 characters of base64url are 256 bits. */
const FORM = /^millrace_([\da-f]{16})_[\w-]{43}$/;

export interface NewKey {
  /** Public: names the key in lists and in the audit log. */
  readonly id: string;
  /** The key itself: shown once, and not kept. */
  readonly key: string;
  readonly sha256: string;
}

/** @param random bytes of a generator that is fit for secrets */
export function newKey(random: (bytes: number) => Buffer): NewKey {
  const id = random(ID_BYTES).toString('hex');
  const key = `millrace_${id}_${random(SECRET_BYTES).toString('base64url')}`;
  return { id, key, sha256: hashOf(key) };
}

/** The id of a text in the form of a key; null for any other text. */
export function keyIdOf(text: string): string | null {
  return FORM.exec(text)?.[1] ?? null;
}

/** Takes the same time wherever the two differ. @param sha256 hexadecimal, 64 digits */
export function isKey(text: string, sha256: string): boolean {
  return timingSafeEqual(Buffer.from(hashOf(text)), Buffer.from(sha256));
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
