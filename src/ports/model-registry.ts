// Port: the model registry.
import type { ModelContent } from '../core/model-content.ts';
import type { ProbeReport } from '../core/probe-report.ts';
import type { ModelManifest, ModelSignature } from '../core/reports.ts';

export interface ModelRegistry {
  /** Writes a version; it must not exist. */
  register(manifest: ModelManifest, model: ModelContent): Promise<void>;
  setStatus(topology: string, version: string, status: ModelManifest['status'], atMs: number): Promise<void>;
  /** Replaces the signature of a version. Throws MODEL_UNKNOWN. */
  setSignature(topology: string, version: string, signature: ModelSignature): Promise<void>;
  /** Replaces what the last probe of the version found. Throws MODEL_UNKNOWN. */
  setProbe(report: ProbeReport): Promise<void>;
  /** What the last probe of the version found; null before one, or if that was of other bytes. Throws MODEL_UNKNOWN. */
  probe(topology: string, version: string): Promise<ProbeReport | null>;
  /** Keeps what the programs wrote that trained the version, as training.log. Throws MODEL_UNKNOWN. */
  setLog(topology: string, version: string, log: string): Promise<void>;
  /** Oldest first. */
  list(topology: string): Promise<readonly ModelManifest[]>;
  /** A large model is a file, whose bytes have the hash of the manifest. Throws MODEL_UNKNOWN. */
  load(topology: string, version: string): Promise<{ manifest: ModelManifest; model: ModelContent }>;
}
