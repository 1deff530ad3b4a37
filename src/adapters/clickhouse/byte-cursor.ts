// Reads a binary response of ClickHouse from front to back (hot path of bulk reads).
import { MillraceError } from '../../core/errors.ts';

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
