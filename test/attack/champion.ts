// The model of an attacked engine, and what drift is measured against.
import type { DriftReference } from '../../src/core/reports.ts';
import type { Topology } from '../../src/index.ts';
import { fixedManifest, fixedModel } from '../chaos/model.ts';

export function championModel(width: number): Uint8Array {
  return fixedModel(width);
}

export function championReference(topology: Topology): DriftReference {
  return fixedManifest(topology).reference;
}
