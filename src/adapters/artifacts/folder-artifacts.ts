// Artifacts in a folder that the machines of a fleet share (control path): <folder>/<SHA-256>, whole or not there.
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, systemCode } from '../../core/file-errors.ts';
import { ARTIFACT_CHUNK_BYTES } from '../../core/limits.ts';
import { type Artifact, byteLengthOf, type ModelContent, slicesOf } from '../../core/model-content.ts';
import type { ArtifactPart, ArtifactStore, StoredArtifact } from '../../ports/artifact-store.ts';

const NAME = /^[0-9a-f]{64}$/;

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
    const part = join(this.#folder, `.new-${process.pid}-${this.#files}`);
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
    try {
      const names = (await readdir(this.#folder)).filter((name) => NAME.test(name));
      return await Promise.all(
        names.map(async (sha256) => {
          const { size, mtimeMs } = await stat(join(this.#folder, sha256));
          return { sha256, bytes: size, writtenMs: mtimeMs };
        }),
      );
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw fileError(error, 'list the artifacts', this.#folder, 'ARTIFACT_UNAVAILABLE');
    }
  }

  async remove(sha256s: readonly string[]): Promise<void> {
    try {
      for (const sha256 of sha256s) await rm(join(this.#folder, sha256), { force: true });
    } catch (error) {
      throw fileError(error, 'remove an artifact', this.#folder, 'ARTIFACT_UNAVAILABLE');
    }
  }
}
