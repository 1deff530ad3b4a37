// The champion of a chaos run.
import { CHAMPION } from '../../bench/fleet/setting.ts';
import type { ModelManifest } from '../../src/core/reports.ts';
import { makeDriftReference } from '../../src/stats/drift-reference.ts';
import { Random } from '../../src/stats/random.ts';
import type { Topology } from '../../src/topology/define.ts';
import { championManifest } from '../../bench/fleet/champion-manifest.ts';
import { softsignModel } from '../support/softsign-model.ts';

export function fixedModel(width: number): Uint8Array {
  // Categories are hashes of up to 24 bits, numbers reach a thousand: each is brought to about a hundredth, for a score that
  // differs by the features and is as good as the base rate.
  return softsignModel(
    Float32Array.from({ length: width }, (_, i) => (i % 2 === 0 ? 0.000_03 : 1e-9) * (i + 1)),
  );
}

const REFERENCE_ROWS = 1_000;

/** Its manifest, with a made-up reference that the events drift from: reports of all kinds come at each boundary. */
export function fixedManifest(topology: Topology): ModelManifest {
  const specs = topology.features?.features ?? [];
  const random = new Random(1);
  const matrix = Float32Array.from({ length: REFERENCE_ROWS * specs.length }, () => random.nextDouble());
  const scores = Float32Array.from({ length: REFERENCE_ROWS }, () => random.nextDouble());
  const names = specs.map((spec) => spec.name);
  const kinds = specs.map(({ kind }) => kind);
  return championManifest(
    topology,
    CHAMPION,
    makeDriftReference(matrix, REFERENCE_ROWS, names, kinds, scores, 1),
    fixedModel(specs.length),
  );
}
