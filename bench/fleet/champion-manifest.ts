// The manifest of a champion without a training (control path).
import { createHash } from 'node:crypto';
import type { DriftReference, ModelManifest } from '../../src/core/reports.ts';
import type { Topology } from '../../src/index.ts';

/**
 * @param reference what drift is compared with
 * @param model the bytes that it is the manifest of
 */
export function championManifest(
  { name, features }: Topology,
  version: string,
  reference: DriftReference,
  model: Uint8Array,
): ModelManifest {
  const { rowCount } = reference;
  return {
    topology: name,
    version,
    status: 'champion',
    parent: null,
    createdMs: 0,
    trainedAtMs: 0,
    reason: 'given',
    why: 'given',
    interval: { fromMs: 0, toMs: 0 },
    rows: { train: rowCount, validation: 0, gate: 0 },
    metrics: { candidate: { n: rowCount, logLoss: 0.7, auc: 0.5 }, champion: null },
    task: 'binary',
    trainer: { name: 'given', params: {} },
    gate: { share: 0.3, confidence: 0.9, tolerance: 0, refit: true },
    newestRowMs: 0,
    features: features?.features ?? [],
    environment: {},
    sha256: createHash('sha256').update(model).digest('hex'),
    seconds: 0,
    reference,
  };
}
