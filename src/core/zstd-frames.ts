// Zstandard data of any number of frames (control path). Node ends with the first frame and drops what follows it in the same
// chunk, without an error; concatenated files, and those that are appended to, have a frame for each part.
// Source: https://www.rfc-editor.org/rfc/rfc8878#section-3.1
import type { Transform, TransformCallback } from 'node:stream';
import { createZstdDecompress, zstdDecompressSync } from 'node:zlib';

const MAGIC = 0xfd2f_b528;
/** The first of sixteen. */
const MAGIC_SKIPPABLE = 0x184d_2a50;
const MAGIC_BYTES = 4;
const SKIPPABLE_SIZE_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;
const BLOCK_RUN_LENGTH = 1;
const CHECKSUM_BYTES = 4;
/** By the flag of the frame header. */
const DICTIONARY_ID_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];

type Part =
  'magic' | 'skippable-size' | 'descriptor' | 'header' | 'block-header' | 'block' | 'checksum' | 'unknown';

/** Where frames end in data that comes in chunks. */
class FrameEnds {
  #part: Part = 'magic';
  /** Bytes of the part that are still to come. */
  #left = MAGIC_BYTES;
  /** The bytes of the part that have come, as a little-endian number; of a magic, a size or a block header. */
  #value = 0;
  #shift = 1;
  #hasChecksum = false;
  #isLastBlock = false;

  /** The index behind the frame that the chunk begins with or goes on with, or the chunk's length. */
  endIn(chunk: Buffer): number {
    let at = 0;
    while (at < chunk.length) {
      if (this.#part === 'unknown') return chunk.length;
      if (this.#part === 'header' || this.#part === 'block' || this.#part === 'checksum') {
        const passed = Math.min(this.#left, chunk.length - at);
        this.#left -= passed;
        at += passed;
      } else {
        this.#value += (chunk[at] as number) * this.#shift;
        this.#shift *= 256;
        this.#left -= 1;
        at += 1;
      }
      while (this.#left === 0) if (this.#next()) return at;
    }
    return at;
  }

  /** Begins the next part; whether that is another frame. */
  #next(): boolean {
    const value = this.#value;
    switch (this.#part) {
      case 'magic':
        if (value === MAGIC) return this.#begin('descriptor', 1);
        if (value >>> 4 === MAGIC_SKIPPABLE >>> 4) return this.#begin('skippable-size', SKIPPABLE_SIZE_BYTES);
        return this.#begin('unknown', Infinity); // an error of the decoder
      case 'skippable-size':
        this.#hasChecksum = false;
        this.#isLastBlock = true;
        return this.#begin('block', value);
      case 'descriptor': {
        const isSingleSegment = (value & 0x20) !== 0;
        this.#hasChecksum = (value & 0x04) !== 0;
        const sizeFlag = value >>> 6;
        const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : (CONTENT_SIZE_BYTES[sizeFlag] as number);
        const idBytes = DICTIONARY_ID_BYTES[value & 3] as number;
        return this.#begin('header', (isSingleSegment ? 0 : 1) + idBytes + sizeBytes);
      }
      case 'header':
        return this.#begin('block-header', BLOCK_HEADER_BYTES);
      case 'block-header': {
        this.#isLastBlock = (value & 1) === 1;
        const isRun = ((value >>> 1) & 3) === BLOCK_RUN_LENGTH;
        return this.#begin('block', isRun ? 1 : value >>> 3);
      }
      case 'block':
        if (!this.#isLastBlock) return this.#begin('block-header', BLOCK_HEADER_BYTES);
        if (this.#hasChecksum) return this.#begin('checksum', CHECKSUM_BYTES);
        break;
      case 'checksum':
      case 'unknown':
      default:
    }
    this.#begin('magic', MAGIC_BYTES);
    return true;
  }

  #begin(part: Part, bytes: number): false {
    this.#part = part;
    this.#left = bytes;
    this.#value = 0;
    this.#shift = 1;
    return false;
  }
}

export interface ZstdExpanderOptions {
  /** Bytes of the chunks that come out. */
  readonly chunkSize: number;
  /** More are an error. By default there may be any number. */
  readonly framesMax?: number;
}

/** Whether data that begins with these bytes are frames. */
export function isZstd(head: Buffer): boolean {
  if (head.length < MAGIC_BYTES) return false;
  const magic = head.readUInt32LE();
  return magic === MAGIC || magic >>> 4 === MAGIC_SKIPPABLE >>> 4;
}

/* oxlint-disable no-underscore-dangle -- the method of a Transform, as Node names it */
/** Expands all frames of what is written to it; anything else behind a frame is an error. */
export function createZstdExpander({ chunkSize, framesMax = Infinity }: ZstdExpanderOptions): Transform {
  const expander: Transform = createZstdDecompress({ chunkSize });
  const ends = new FrameEnds();
  // Node goes on with the next frame if a chunk ends where the frame ends.
  const expand = expander._transform.bind(expander);
  let frames = 1;
  expander._transform = (chunk: Buffer, encoding: BufferEncoding, done: TransformCallback) => {
    const end = ends.endIn(chunk);
    if (end === chunk.length) return expand(chunk, encoding, done);
    if (++frames > framesMax) return done(new Error(`there are more than ${framesMax} frames`));
    return expand(chunk.subarray(0, end), encoding, (error) =>
      error ? done(error) : expander._transform(chunk.subarray(end), encoding, done),
    );
  };
  return expander;
}

/* oxlint-enable no-underscore-dangle */

/**
 * Expands all frames.
 * @throws Error for bytes that are no frames, or expand to more
 */
export function expandZstd(bytes: Buffer, bytesMax: number, chunkSize?: number): Buffer {
  const ends = new FrameEnds();
  const parts: Buffer[] = [];
  let total = 0;
  let rest = bytes;
  do {
    const end = ends.endIn(rest);
    const part = zstdDecompressSync(rest.subarray(0, end), {
      maxOutputLength: Math.max(1, bytesMax - total),
      ...(chunkSize === undefined ? {} : { chunkSize }),
    });
    total += part.length;
    if (end === bytes.length) return part;
    parts.push(part);
    rest = rest.subarray(end);
  } while (rest.length > 0);
  return Buffer.concat(parts, total);
}
