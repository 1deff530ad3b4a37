// The champion of a chaos run: fixed, and made of operations whose result does not depend on the rows beside a row, so
// that a score is the same to the last bit in whatever batch it is computed.
import { CHAMPION } from '../../bench/fleet/setting.ts';
import type { ModelManifest } from '../../src/core/reports.ts';
import { GraphBuilder } from '../../src/learning/graph-builder.ts';
import { makeDriftReference } from '../../src/stats/drift-reference.ts';
import { Random } from '../../src/stats/random.ts';
import type { Topology } from '../../src/topology/define.ts';
import { championManifest } from '../support/champion-manifest.ts';

/** Softsign of a weighted sum, as a share; a missing feature counts as zero. */
export function fixedModel(width: number): Uint8Array {
  const graph = new GraphBuilder('fixed');
  const x = graph.input('features', 'float32', ['rows', width]);
  const known = graph.op('Where', [graph.op('IsNaN', [x]), graph.scalar(0), x]);
  // Categories are hashes of up to 24 bits, numbers reach a thousand: each is brought to about one.
  const weights = Float32Array.from({ length: width }, (_, i) => (i % 2 === 0 ? 0.003 : 1e-7) * (i + 1));
  const weighted = graph.op('Mul', [known, graph.floats(weights)]);
  const sum = graph.op('ReduceSum', [weighted, graph.ints([1])], { keepdims: { int: 0 } });
  const half = graph.op('Mul', [graph.op('Softsign', [sum]), graph.scalar(0.5)]);
  graph.output('score', graph.op('Add', [half, graph.scalar(0.5)]), 'float32', ['rows']);
  return graph.build();
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
  );
}
