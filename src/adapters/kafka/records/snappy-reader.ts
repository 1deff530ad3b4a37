// Snappy, raw as librdkafka writes it or in the framing of the Java client (hot path, once a batch).
// Format: https://github.com/google/snappy/blob/main/format_description.txt; the framing is snappy-java's SnappyOutputStream.
import { RECORD_BATCH_INFLATED_BYTES_MAX, SNAPPY_MEMORY_BYTES_MAX } from '../../../core/log-limits.ts';
import { TooLarge } from './too-large.ts';

type Uncompress = (input: Uint8Array, outputLength: number) => Uint8Array;

/** The package that decodes a block, in WebAssembly. */
export interface SnappyModule {
  /** A decoder with memory of its own, which never shrinks. */
  snappyUncompressor(): Uncompress;
}

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
/** The magic bytes, a version, and the oldest version that can read it. */
const XERIAL_HEADER_BYTES = 16;
/** Three bytes, a copy with an offset of two bytes, make 64 bytes at most. */
const RATIO_MAX = 22;
const VARINT_BYTES_MAX = 5;

export class SnappyReader {
  readonly #module: SnappyModule;
  #uncompress: Uncompress | null = null;

  constructor(module: SnappyModule) {
    this.#module = module;
  }

  /** @throws TooLarge, or an Error for bytes that are not snappy */
  expand(bytes: Buffer): Buffer {
    if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return this.#block(bytes, 0);
    const blocks: Buffer[] = [];
    let size = 0;
    for (let at = XERIAL_HEADER_BYTES; at < bytes.length;) {
      const length = bytes.readInt32BE(at);
      at += 4;
      if (length < 0 || at + length > bytes.length) throw new RangeError('a block is cut short');
      const block = this.#block(bytes.subarray(at, at + length), size);
      size += block.length;
      blocks.push(block);
      at += length;
    }
    return blocks.length === 1 ? (blocks[0] as Buffer) : Buffer.concat(blocks, size);
  }

  /** @param before bytes of the batch's blocks before this one */
  #block(bytes: Buffer, before: number): Buffer {
    const length = uncompressedLength(bytes);
    if (before + length > RECORD_BATCH_INFLATED_BYTES_MAX) throw new TooLarge();
    if (length > bytes.length * RATIO_MAX) throw new RangeError('a block claims more bytes than it can hold');
    if (length === 0) return Buffer.alloc(0);
    const expanded = (this.#uncompress ??= this.#module.snappyUncompressor())(bytes, length);
    if (length > SNAPPY_MEMORY_BYTES_MAX) this.#uncompress = null;
    return Buffer.from(expanded.buffer, expanded.byteOffset, expanded.byteLength);
  }
}

/** The varint at a block's start. */
function uncompressedLength(bytes: Buffer): number {
  let length = 0;
  for (let i = 0; i < VARINT_BYTES_MAX; i++) {
    const byte = bytes[i];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return length;
  }
  throw new RangeError('a block has no length');
}
