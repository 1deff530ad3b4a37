// Bytes that arrive in chunks, taken in the pieces that a file says it has (control path). What is in memory is what
// has arrived, whatever length is asked for.
const VARINT_BYTES_MAX = 10;

export class ByteStream {
  readonly #chunks: AsyncIterator<Buffer>;
  #arrived: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async isAtEnd(): Promise<boolean> {
    return !(await this.#fill(1));
  }

  /** @throws Error if there are fewer */
  async take(count: number): Promise<Buffer> {
    if (!(await this.#fill(count))) throw new Error('the file ends too early');
    const taken = this.#arrived.subarray(0, count);
    this.#arrived = this.#arrived.subarray(count);
    return taken;
  }

  /** A zigzag varint as Avro writes numbers; NaN if it is beyond 2^53. */
  async long(): Promise<number> {
    let bits = 0n;
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      const byte = (await this.take(1))[0] as number;
      bits |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte >= 0x80) continue;
      const value = Number(BigInt.asIntN(64, (bits >> 1n) ^ -(bits & 1n)));
      return Number.isSafeInteger(value) ? value : Number.NaN;
    }
    return Number.NaN;
  }

  async #fill(count: number): Promise<boolean> {
    if (this.#arrived.length >= count) return true;
    const parts = [this.#arrived];
    let bytes = this.#arrived.length;
    while (bytes < count) {
      const { done, value } = await this.#chunks.next();
      if (done === true) break;
      parts.push(value);
      bytes += value.length;
    }
    this.#arrived = Buffer.concat(parts);
    return bytes >= count;
  }
}
