// The champion of a world, whose scores the oracle computes in plain arithmetic.
import type { Topology } from '../../src/index.ts';
import type { ModelManifest } from '../../src/core/reports.ts';
import { makeDriftReference } from '../../src/stats/drift-reference.ts';
import { championManifest } from '../support/champion-manifest.ts';
import { softsignModel } from '../support/softsign-model.ts';
import { weightOf } from './oracle/score.ts';

export const CHAMPION = 'v1';

export function worldModel(topology: Topology): { model: Uint8Array; manifest: ModelManifest } {
  const specs = topology.features?.features ?? [];
  const weights = Float32Array.from(specs, (_, i) => weightOf(i));
  const names = specs.map(({ name }) => name);
  const kinds = specs.map(({ kind }) => kind);
  const reference = makeDriftReference(
    new Float32Array(specs.length),
    1,
    names,
    kinds,
    Float32Array.of(0.5),
    1,
  );
  return { model: softsignModel(weights), manifest: championManifest(topology, CHAMPION, reference) };
}
