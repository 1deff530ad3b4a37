// The artifacts of one topology on this machine (control path): stored in the store of the fleet, fetched into a folder as
// files, each under its hash and only once its bytes have that hash.
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isCode, messageOf, MillraceError } from '../../core/errors.ts';
import { fileError, systemCode } from '../../core/file-errors.ts';
import {
  type Artifact,
  type ModelContent,
  type ModelFile,
  sha256Of,
  sha256OfFile,
} from '../../core/model-content.ts';
import type { ArtifactStore } from '../../ports/artifact-store.ts';
import { Coverage } from './coverage.ts';

/** Of a file that is being written: no hash begins so. */
const TEMPORARY = '.part-';

/** What a reader of model updates needs. */
export interface ArtifactSource {
  /**
   * The artifact as a file of this machine, verified.
   * @throws ARTIFACT_UNAVAILABLE if it is missing or damaged, or its store is away; DISK_FULL
   */
  fetch(artifact: Artifact): Promise<ModelFile>;
}

export class Artifacts implements ArtifactSource {
  readonly #store: ArtifactStore;
  readonly #folder: string;
  readonly #fetches = new Map<string, Promise<ModelFile>>();
  #files = 0;

  /** @param folder of this topology's artifacts on this machine */
  constructor(store: ArtifactStore, folder: string) {
    this.#store = store;
    this.#folder = folder;
  }

  get store(): ArtifactStore {
    return this.#store;
  }

  /**
   * Removes artifacts, from the store and from this machine.
   * @param writtenMs Unix ms: what was written later, again perhaps, stays in the store; all are removed by default
   */
  async remove(sha256s: readonly string[], writtenMs?: number): Promise<void> {
    await this.#store.remove(sha256s, writtenMs);
    for (const sha256 of sha256s) await rm(join(this.#folder, sha256), { force: true });
  }

  /**
   * Removes the files of this machine that no engine needs any more: an artifact is fetched again if it is.
   * @param beforeMs Unix ms: what was written later stays
   */
  async removeFiles(isNeeded: (sha256: string) => boolean, beforeMs: number): Promise<void> {
    try {
      for (const name of await readdir(this.#folder)) {
        const path = join(this.#folder, name);
        if (!isNeeded(name) && (await stat(path)).mtimeMs <= beforeMs) await rm(path, { force: true });
      }
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return;
      throw fileError(error, 'remove the file of an artifact', this.#folder, 'ARTIFACT_UNAVAILABLE');
    }
  }

  /** Stores bytes for the fleet. @param sha256 of the content */
  put(content: ModelContent, sha256: string = sha256Of(content)): Promise<Artifact> {
    return this.#store.write(content, sha256);
  }

  fetch(artifact: Artifact): Promise<ModelFile> {
    const { sha256 } = artifact;
    const fetching = this.#fetches.get(sha256);
    if (fetching !== undefined) return fetching;
    const fetched = this.#fetch(artifact).finally(() => this.#fetches.delete(sha256));
    this.#fetches.set(sha256, fetched);
    return fetched;
  }

  async #fetch(artifact: Artifact): Promise<ModelFile> {
    const path = join(this.#folder, artifact.sha256);
    try {
      if (await isWhole(path, artifact)) return { ...artifact, path };
      await mkdir(this.#folder, { recursive: true });
      await this.#download(artifact, path);
      return { ...artifact, path };
    } catch (error) {
      if (isCode(error, 'ARTIFACT_UNAVAILABLE') || isCode(error, 'DISK_FULL')) throw error;
      if (error instanceof MillraceError) throw unavailable(artifact, messageOf(error), error);
      throw fileError(error, 'write the file of an artifact', path, 'ARTIFACT_UNAVAILABLE');
    }
  }

  async #download(artifact: Artifact, path: string): Promise<void> {
    this.#files += 1;
    const part = join(this.#folder, `${TEMPORARY}${process.pid}-${this.#files}`);
    try {
      await this.#write(artifact, part, 'first');
      let sha256 = await sha256OfFile(part);
      if (sha256 !== artifact.sha256) {
        // Some of it may have been written again.
        await this.#write(artifact, part, 'newest');
        sha256 = await sha256OfFile(part);
      }
      if (sha256 !== artifact.sha256) throw unavailable(artifact, `it is damaged: its SHA-256 is ${sha256}`);
      await rename(part, path);
    } finally {
      await rm(part, { force: true });
    }
  }

  /** Of parts that are in the store twice it takes the first, which ends the reading, or the newest. */
  async #write(artifact: Artifact, part: string, wanted: 'first' | 'newest'): Promise<void> {
    const covered = new Coverage();
    const file = await open(part, 'w');
    try {
      for await (const { position, bytes } of this.#store.read(artifact)) {
        if (position + bytes.length > artifact.bytes) continue;
        await file.write(bytes, 0, bytes.length, position);
        covered.add(position, bytes.length);
        if (wanted === 'first' && covered.end === artifact.bytes) break;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    if (covered.end < artifact.bytes)
      throw unavailable(artifact, `it is missing, but for its first ${covered.end} bytes`);
  }
}

async function isWhole(path: string, { bytes, sha256 }: Artifact): Promise<boolean> {
  const size = await stat(path).then(
    (found) => found.size,
    () => -1,
  );
  return size === bytes && (await sha256OfFile(path)) === sha256;
}

function unavailable({ sha256, bytes }: Artifact, what: string, cause?: unknown): MillraceError {
  return new MillraceError('ARTIFACT_UNAVAILABLE', `the artifact cannot be fetched: ${what}`, {
    where: `${sha256}, ${bytes} bytes`,
    remedy: 'Promote the version again from a registry that has it: millrace models promote.',
    cause,
  });
}

/** Where there is no store: for what never comes from one. */
export const NO_ARTIFACTS: ArtifactSource = {
  fetch: (artifact) => Promise.reject(unavailable(artifact, 'there is no store')),
};
