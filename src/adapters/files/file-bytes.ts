// The bytes of a file or of standard input, decompressed (control path). Files may be of any size: what is in memory is
// a few chunks.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, Readable, type Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { messageOf, MillraceError } from '../../core/errors.ts';
import { LOAD_CHUNK_BYTES } from '../../core/log-limits.ts';
import { createZstdExpander, isZstd } from '../../core/zstd-frames.ts';
import type { FileBytes } from '../../ports/row-file.ts';

/** The name of standard input on the command line. */
export const STANDARD_INPUT = '-';

const MAGIC_BYTES = 4;

/**
 * Opens a file, or standard input for `-`. Compression by gzip (RFC 1952) or Zstandard (RFC 8878) is recognised by its first
 * bytes.
 * @throws DATA_INVALID if the file cannot be opened; the chunks throw it where it cannot be read
 */
export async function openBytes(name: string): Promise<FileBytes> {
  const isInput = name === STANDARD_INPUT;
  const size = isInput ? null : await sizeOf(name);
  const source = isInput ? process.stdin : createReadStream(name, { highWaterMark: LOAD_CHUNK_BYTES });
  let bytesRead = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      // a stream without an encoding
      bytesRead += chunk.length;
      yield chunk;
    }
  }
  return {
    name,
    share: () => (size === null ? null : size === 0 ? 1 : bytesRead / size),
    chunks: readable(name, counted()),
    close: () => void source.destroy(),
  };
}

/** Bytes of a file. @throws DATA_INVALID for what is no file that can be opened */
export async function sizeOf(name: string): Promise<number> {
  try {
    const found = await stat(name);
    if (!found.isDirectory()) return found.size;
  } catch (cause) {
    throw unreadable(name, cause);
  }
  throw new MillraceError('DATA_INVALID', 'it is a folder', {
    where: name,
    remedy: "Name its files, for example with a pattern: 'data/*.csv'.",
  });
}

async function* readable(name: string, chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    const { head, rest } = await withHead(chunks);
    const transform = decompressor(head);
    if (transform === null) yield* rest;
    else yield* decompressed(rest, transform);
  } catch (cause) {
    throw unreadable(name, cause);
  }
}

async function* decompressed(chunks: AsyncIterable<Buffer>, transform: Transform): AsyncGenerator<Buffer> {
  // The error of either stream reaches the iterator.
  const output = pipeline(Readable.from(chunks, { objectMode: false }), transform, () => undefined);
  yield* output as AsyncIterable<Buffer>;
}

/** The first bytes, and all chunks. */
async function withHead(
  chunks: AsyncGenerator<Buffer>,
): Promise<{ readonly head: Buffer; readonly rest: AsyncIterable<Buffer> }> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < MAGIC_BYTES) {
    const { done, value } = await chunks.next();
    if (done === true) break;
    head = Buffer.concat([head, value]);
  }
  async function* all(): AsyncGenerator<Buffer> {
    yield head;
    yield* chunks;
  }
  return { head, rest: all() };
}

function decompressor(head: Buffer): Transform | null {
  if (head.length < MAGIC_BYTES) return null;
  if (head.readUInt16BE() === 0x1f8b) return createGunzip({ chunkSize: LOAD_CHUNK_BYTES });
  if (isZstd(head)) return createZstdExpander({ chunkSize: LOAD_CHUNK_BYTES });
  return null;
}

function unreadable(name: string, cause: unknown): MillraceError {
  if (cause instanceof MillraceError) return cause;
  const where = name === STANDARD_INPUT ? 'standard input' : name;
  return new MillraceError('DATA_INVALID', `the file cannot be read: ${messageOf(cause)}`, {
    where,
    remedy: 'Check its path, and that this process may read it.',
    cause,
  });
}
