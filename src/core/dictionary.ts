// Dictionary encoding of strings (hot path). Codes are dense from 0 in order of first appearance.

import { byteViewOf } from './byte-view.ts';
import { hashBytes } from './value-hash.ts';

/** The code of a null string. */
export const NULL_CODE = -1;

/**
 * An append-only map between strings and dense codes. A decoder shares one dictionary between batches, so a stage
 * may cache what it derived from a code for as long as it sees the same Dictionary object.
 */
export class Dictionary {
  readonly #codes = new Map<string, number>();
  readonly #values: string[] = [];

  get size(): number {
    return this.#values.length;
  }

  /** The code of `value`; assigns a new one to an unknown value. */
  encode(value: string): number {
    const known = this.#codes.get(value);
    if (known !== undefined) return known;
    const code = this.#values.length;
    this.#values.push(value);
    this.#codes.set(value, code);
    return code;
  }

  /** The code of `value`, or NULL_CODE for an unknown value. */
  find(value: string): number {
    return this.#codes.get(value) ?? NULL_CODE;
  }

  /** Hashes the UTF-8 of a code that `encode` returned, see value-hash.ts. Returns its length in bytes. */
  hashValue(code: number): number {
    const bytes = Buffer.from(this.#values[code] ?? '');
    hashBytes(byteViewOf(bytes.buffer), bytes.byteOffset, bytes.byteOffset + bytes.length);
    return bytes.length;
  }

  /** The string of a code that `encode` returned; undefined for NULL_CODE. */
  decode(code: number): string | undefined {
    return this.#values[code];
  }
}
