// Port: the store of artifacts, such as models that are too large for a record of the log (types only).
import type { Artifact, ModelContent } from '../core/model-content.ts';

/** Some of the bytes of an artifact. */
export interface ArtifactPart {
  /** Of its first byte in the artifact. */
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** An artifact that a store has, or a part of one. */
export interface StoredArtifact {
  /** SHA-256 that it was stored under, hexadecimal. */
  readonly sha256: string;
  /** Bytes that the store has of it. */
  readonly bytes: number;
  /** When the newest of them was written, Unix ms. */
  readonly writtenMs: number;
}

/** The artifacts of one topology. Readers verify what they get: a store may be damaged, and others may write to it. */
export interface ArtifactStore {
  /**
   * Stores bytes under their hash. To store what is there already repairs it.
   * @throws ARTIFACT_UNAVAILABLE, or an error of the log
   */
  write(content: ModelContent, sha256: string): Promise<Artifact>;
  /**
   * What the store has of an artifact, in any order; nothing if it has none.
   * @throws ARTIFACT_UNAVAILABLE, or an error of the log
   */
  read(artifact: Artifact): AsyncIterable<ArtifactPart>;
  /** @throws ARTIFACT_UNAVAILABLE, or an error of the log */
  list(): Promise<readonly StoredArtifact[]>;
  /**
   * Removes artifacts by their hashes.
   * @param writtenMs Unix ms: one that was written later, again perhaps, stays; all are removed by default
   * @throws ARTIFACT_UNAVAILABLE, or an error of the log
   */
  remove(sha256s: readonly string[], writtenMs?: number): Promise<void>;
  /**
   * Removes what writers left that ended before an artifact was whole, and that `list` does not have.
   * @param beforeMs Unix ms: what was begun later stays
   * @throws ARTIFACT_UNAVAILABLE, or an error of the log
   */
  removeUnfinished(beforeMs: number): Promise<void>;
}
