// Port: the model registry.
import type { ModelManifest, ModelSignature } from '../core/reports.ts';

export interface ModelRegistry {
  /** Writes a version; it must not exist. */
  register(manifest: ModelManifest, model: Uint8Array): Promise<void>;
  setStatus(topology: string, version: string, status: ModelManifest['status'], atMs: number): Promise<void>;
  /** Replaces the signature of a version. Throws MODEL_UNKNOWN. */
  setSignature(topology: string, version: string, signature: ModelSignature): Promise<void>;
  /** Oldest first. */
  list(topology: string): Promise<readonly ModelManifest[]>;
  /** Throws MODEL_UNKNOWN. */
  load(topology: string, version: string): Promise<{ manifest: ModelManifest; model: Uint8Array }>;
}
