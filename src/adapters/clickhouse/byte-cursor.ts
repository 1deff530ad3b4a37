// Reads a binary response of ClickHouse from front to back (hot path of bulk reads).
import { invariant, MillraceError } from '../../core/errors.ts';
import type { TextColumn } from '../../core/text-column.ts';

export class ByteCursor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** An unsigned LEB128. */
  count(): number {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = this.take(1)[0] as number;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  }

  /** So many texts, each with its length before it. */
  texts(count: number): TextColumn {
    const from = this.#at;
    const bounds = new Uint32Array(count + 1);
    for (let row = 0; row < count; row++) {
      const length = this.count();
      this.take(length);
      bounds[row + 1] = (bounds[row] as number) + length;
    }
    const end = this.#at;
    const bytes = new Uint8Array(bounds[count] as number);
    this.#at = from;
    for (let row = 0; row < count; row++) bytes.set(this.take(this.count()), bounds[row]);
    invariant(this.#at === end, 'both passes over the texts read the same bytes');
    return { bytes, bounds };
  }

  text(): string {
    return this.take(this.count()).toString('utf8');
  }

  take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) {
      throw new MillraceError('HISTORY_FAILED', 'a response of ClickHouse is cut short', {
        where: `byte ${this.#bytes.length}, ${this.#at + length - this.#bytes.length} short`,
        remedy: 'Retry; if it happens again, look at the log of ClickHouse.',
      });
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
