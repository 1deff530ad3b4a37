// Where the bytes of a model are (control path): in memory if they are few, else in a file, which is read where it keeps no
// event waiting.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { MillraceError } from './errors.ts';
import { fileError } from './file-errors.ts';
import { FILE_READ_BYTES } from './model-limits.ts';

/** What is too large for a record of the log: its bytes are named by their hash, wherever they are. */
export interface Artifact {
  /** SHA-256 of the bytes, hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
  /** Where the artifact begins in the topic of artifacts, if it is there; -1 if that is unknown. */
  readonly offset: number;
}

/** The bytes as a file of this machine, whose hash was that when it was written. */
export interface ModelFile extends Artifact {
  readonly path: string;
}

export type ModelContent = Uint8Array | ModelFile;

export function isModelFile(content: ModelContent | Artifact): content is ModelFile {
  return !(content instanceof Uint8Array) && 'path' in content;
}

export function byteLengthOf(content: ModelContent | Artifact): number {
  return content instanceof Uint8Array ? content.length : content.bytes;
}

/** SHA-256 of the bytes, hexadecimal. Hashing many bytes in memory blocks: a file keeps its hash. */
export function sha256Of(content: Uint8Array | Artifact): string {
  return content instanceof Uint8Array ? createHash('sha256').update(content).digest('hex') : content.sha256;
}

/**
 * SHA-256 of a file, hexadecimal, in slices between which the event loop runs. They share a buffer: one for each would be as much
 * garbage as the file is large, whose collection an event waits for.
 *
 * @throws the errors of node:fs
 */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafeSlow(FILE_READ_BYTES);
  const file = await open(path);
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/**
 * All bytes, for a thread or process that may be blocked: a file is verified.
 * @throws ARTIFACT_UNAVAILABLE if the file is missing or was changed
 */
export async function bytesOf(content: ModelContent): Promise<Uint8Array> {
  if (content instanceof Uint8Array) return content;
  const { path, sha256 } = content;
  const bytes = await readFile(path).catch((error: unknown) => {
    throw fileError(error, 'read the file of a model', path, 'ARTIFACT_UNAVAILABLE');
  });
  if (sha256Of(bytes) === sha256) return bytes;
  throw new MillraceError('ARTIFACT_UNAVAILABLE', 'the file of a model was changed', {
    where: path,
    remedy: 'Remove the file: it is fetched again.',
  });
}

/** The bytes in their order, at most `bytesMax` each. @throws the errors of node:fs */
export async function* slicesOf(content: ModelContent, bytesMax: number): AsyncGenerator<Buffer> {
  if (content instanceof Uint8Array) {
    for (let at = 0; at < content.length; at += bytesMax)
      yield Buffer.from(content.subarray(at, Math.min(content.length, at + bytesMax)));
    return;
  }
  for await (const slice of createReadStream(content.path, { highWaterMark: bytesMax }))
    yield slice as Buffer;
}
