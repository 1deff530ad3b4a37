// What a program writes, as far as it is kept: the beginning and the end (control path).

/** The start says which versions run, the end what went wrong. */
const HEAD_BYTES = 32_768;
const TAIL_BYTES = 98_304;

export class BoundedLog {
  #head = Buffer.alloc(0);
  #tail = Buffer.alloc(0);
  #left = 0;

  add(bytes: Buffer): void {
    const room = HEAD_BYTES - this.#head.length;
    if (room > 0) this.#head = Buffer.concat([this.#head, bytes.subarray(0, room)]);
    const rest = bytes.subarray(Math.max(0, room));
    const tail = Buffer.concat([this.#tail, rest]);
    this.#left += Math.max(0, tail.length - TAIL_BYTES);
    this.#tail = Buffer.from(tail.subarray(Math.max(0, tail.length - TAIL_BYTES)));
  }

  text(): string {
    const gap = this.#left === 0 ? '' : `\n… ${this.#left} bytes left out …\n`;
    return `${this.#head.toString('utf8')}${gap}${this.#tail.toString('utf8')}`;
  }

  /** The last `bytesMax` bytes, without broken characters at their beginning. */
  end(bytesMax: number): string {
    const all = Buffer.concat([this.#head, this.#tail]);
    return all
      .subarray(Math.max(0, all.length - bytesMax))
      .toString('utf8')
      .replace(/^�+/, '')
      .trim();
  }
}
