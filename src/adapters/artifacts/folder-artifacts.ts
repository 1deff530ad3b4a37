// Artifacts in a folder that the machines of a fleet share (control path): <folder>/<SHA-256>, whole or not there.
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, systemCode } from '../../core/file-errors.ts';
import { ARTIFACT_CHUNK_BYTES } from '../../core/model-limits.ts';
import { type Artifact, byteLengthOf, type ModelContent, slicesOf } from '../../core/model-content.ts';
import type { ArtifactPart, ArtifactStore, StoredArtifact } from '../../ports/artifact-store.ts';

const NAME = /^[0-9a-f]{64}$/;
/** Of a file that is being written. */
const UNFINISHED = '.new-';

interface StoredFile {
  readonly name: string;
  readonly bytes: number;
  readonly writtenMs: number;
}

export class FolderArtifacts implements ArtifactStore {
  readonly #folder: string;
  #files = 0;

  /** @param folder of one topology */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async write(content: ModelContent, sha256: string): Promise<Artifact> {
    const path = join(this.#folder, sha256);
    this.#files += 1;
    const part = join(this.#folder, `${UNFINISHED}${process.pid}-${this.#files}`);
    try {
      await mkdir(this.#folder, { recursive: true });
      const file = await open(part, 'w');
      try {
        for await (const slice of slicesOf(content, ARTIFACT_CHUNK_BYTES)) await file.writeFile(slice);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true }).catch(() => undefined);
      throw fileError(error, 'write an artifact', path, 'ARTIFACT_UNAVAILABLE');
    }
    return { sha256, bytes: byteLengthOf(content), offset: -1 };
  }

  async *read({ sha256 }: Artifact): AsyncGenerator<ArtifactPart> {
    const path = join(this.#folder, sha256);
    let position = 0;
    try {
      for await (const slice of createReadStream(path, { highWaterMark: ARTIFACT_CHUNK_BYTES })) {
        const bytes = slice as Buffer;
        yield { position, bytes };
        position += bytes.length;
      }
    } catch (error) {
      if (systemCode(error) !== 'ENOENT')
        throw fileError(error, 'read an artifact', path, 'ARTIFACT_UNAVAILABLE');
    }
  }

  async list(): Promise<readonly StoredArtifact[]> {
    const stored = await this.#stat((name) => NAME.test(name));
    return stored.map(({ name, bytes, writtenMs }) => ({ sha256: name, bytes, writtenMs }));
  }

  async remove(sha256s: readonly string[], writtenMs: number = Number.POSITIVE_INFINITY): Promise<void> {
    const wanted = new Set(sha256s);
    const files = await this.#stat((name) => wanted.has(name));
    await this.#remove(files.filter((file) => file.writtenMs <= writtenMs).map(({ name }) => name));
  }

  async removeUnfinished(beforeMs: number): Promise<void> {
    const files = await this.#stat((name) => name.startsWith(UNFINISHED));
    await this.#remove(files.filter(({ writtenMs }) => writtenMs <= beforeMs).map(({ name }) => name));
  }

  async #stat(isWanted: (name: string) => boolean): Promise<StoredFile[]> {
    try {
      const files: StoredFile[] = [];
      for (const name of (await readdir(this.#folder)).filter(isWanted)) {
        // Another process may have removed it meanwhile.
        const found = await stat(join(this.#folder, name)).catch(unlessMissing);
        if (found !== null) files.push({ name, bytes: found.size, writtenMs: found.mtimeMs });
      }
      return files;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw fileError(error, 'list the artifacts', this.#folder, 'ARTIFACT_UNAVAILABLE');
    }
  }

  async #remove(names: readonly string[]): Promise<void> {
    try {
      for (const name of names) await rm(join(this.#folder, name), { force: true });
    } catch (error) {
      throw fileError(error, 'remove an artifact', this.#folder, 'ARTIFACT_UNAVAILABLE');
    }
  }
}

function unlessMissing(error: unknown): null {
  if (systemCode(error) === 'ENOENT') return null;
  throw error;
}
