// Removes the artifacts that no update names any more, while an engine runs (control path): from the store in the engine that has
// the first partition, so that one of a fleet does it, and from its own folder in each.
import { COLLECTION_EVERY_MS, COLLECTION_FIRST_MS } from '../../core/artifact-limits.ts';
import { messageOf } from '../../core/errors.ts';
import type { StoredArtifact } from '../../ports/artifact-store.ts';
import type { Actor, Audit } from '../../ports/audit.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { type CollectionParts, removeUnfinished, removeUnnamedFiles, unnamedArtifacts } from './collect.ts';

export interface CollectorParts extends CollectionParts {
  readonly topology: string;
  /** The partitions that this process has. */
  readonly partitions: () => readonly number[];
  readonly audit: Audit;
  readonly by: Actor;
  readonly telemetry: Pick<Telemetry, 'info' | 'warn'>;
}

/**
 * Removes from the store what no update names.
 * @returns what was removed
 * @throws ARTIFACT_UNAVAILABLE, or an error of the log
 */
export async function collect(
  parts: CollectionParts & Pick<CollectorParts, 'topology' | 'audit' | 'by'>,
): Promise<readonly StoredArtifact[]> {
  const { artifacts, topology, audit, by } = parts;
  const unnamed = await unnamedArtifacts(parts);
  const sha256s = unnamed.artifacts.map(({ sha256 }) => sha256);
  if (sha256s.length > 0) {
    const subject = `artifacts of ${topology}`;
    await audit.record({ ...by, action: 'collection', subject, before: { sha256s }, after: null });
    await artifacts.remove(sha256s, unnamed.writtenMs);
  }
  await removeUnfinished(parts);
  return unnamed.artifacts;
}

export class ArtifactCollector {
  readonly #parts: CollectorParts;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: CollectorParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#next(COLLECTION_FIRST_MS);
  }

  /** Resolves when a collection in progress has ended. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#running;
  }

  /** Never rejects: what was not removed is found again by the next one. */
  async run(): Promise<void> {
    const { partitions, telemetry, topology } = this.#parts;
    try {
      if (partitions().includes(0)) {
        const removed = await collect(this.#parts);
        if (removed.length > 0)
          telemetry.info('artifacts that no update names were removed', {
            topology,
            sha256s: removed.map(({ sha256 }) => sha256),
          });
      }
      await removeUnnamedFiles(this.#parts);
    } catch (error) {
      telemetry.warn('artifacts that no update names stay', { topology, why: messageOf(error) });
    }
  }

  #next(waitMs: number): void {
    this.#timer = setTimeout(() => {
      this.#running = this.#runAndGoOn();
    }, waitMs).unref();
  }

  async #runAndGoOn(): Promise<void> {
    await this.run();
    if (this.#timer !== null) this.#next(COLLECTION_EVERY_MS);
  }
}
