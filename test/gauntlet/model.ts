// Models of a world, whose scores the oracle computes in plain arithmetic, and models that no engine can use.
import { GraphBuilder, type Value } from '../../src/learning/graph-builder.ts';
import type { Topology } from '../../src/index.ts';
import type { ModelManifest } from '../../src/core/reports.ts';
import { makeDriftReference } from '../../src/stats/drift-reference.ts';
import { championManifest } from '../../bench/fleet/champion-manifest.ts';
import { FAR, FIRST_VERSION, weightOf, type ModelNumbers } from './oracle/score.ts';

/** Signatures that a model may have; of a pair the second column is the score. */
export const goodShapes = ['rows', 'column', 'pair', 'with a class'] as const;
/** Signatures, and bytes, that engines refuse. */
export const badShapes = [
  'wrong width',
  'two inputs',
  'fixed rows',
  'no score',
  'two outputs',
  'three columns',
  'no graph',
  'empty',
] as const;

export type Shape = (typeof goodShapes)[number] | (typeof badShapes)[number];

export interface ModelSpec extends ModelNumbers {
  readonly version: string;
  readonly shape: Shape;
}

const FIRST: ModelSpec = { version: FIRST_VERSION, factor: 1, gain: 1, shape: 'rows' };

/** The score as a column [rows]: see `scoreOf` of the oracle. */
function scored(graph: GraphBuilder, x: Value, width: number, { factor, gain }: ModelSpec): Value {
  const known = graph.op('Where', [graph.op('IsNaN', [x]), graph.scalar(0), x]);
  const weights = Float32Array.from({ length: width }, (_, i) => weightOf(i) * factor);
  const sum = graph.op('ReduceSum', [graph.op('Mul', [known, graph.floats(weights)]), graph.ints([1])], {
    keepdims: { int: 0 },
  });
  const half = graph.op('Mul', [graph.op('Softsign', [sum]), graph.scalar(0.5)]);
  const score = graph.op('Add', [half, graph.scalar(0.5)]);
  const isFar = graph.op('Greater', [graph.op('Abs', [sum]), graph.scalar(FAR)]);
  return graph.op('Where', [isFar, graph.op('Mul', [score, graph.scalar(gain)]), score]);
}

function writeOutputs(graph: GraphBuilder, score: Value, shape: Shape): void {
  const column = (): Value => graph.op('Unsqueeze', [score, graph.ints([1])]);
  const pair = (columns: number): void => {
    const both = graph.op('Concat', Array.from({ length: columns }, column), { axis: { int: 1 } });
    graph.output('score', both, 'float32', ['rows', columns]);
  };
  if (shape === 'pair') return pair(2);
  if (shape === 'three columns') return pair(3);
  if (shape === 'column') return graph.output('score', column(), 'float32', ['rows', 1]);
  if (shape === 'no score')
    return graph.output('class', graph.op('Cast', [score], { to: { int: 7 } }), 'int64', ['rows']);
  graph.output('score', score, 'float32', ['rows']);
  if (shape === 'two outputs') graph.output('other', score, 'float32', ['rows']);
  if (shape === 'with a class')
    graph.output('class', graph.op('Cast', [graph.op('Round', [score])], { to: { int: 7 } }), 'int64', [
      'rows',
    ]);
}

function graphBytes(spec: ModelSpec, features: number): Uint8Array {
  const { shape } = spec;
  if (shape === 'empty') return new Uint8Array(0);
  if (shape === 'no graph') return Buffer.from('this is no ONNX file');
  const width = shape === 'wrong width' ? features + 1 : features;
  const graph = new GraphBuilder('world');
  const x = graph.input('features', 'float32', [shape === 'fixed rows' ? 4 : 'rows', width]);
  if (shape === 'two inputs') graph.input('more', 'float32', ['rows', 1]);
  writeOutputs(graph, scored(graph, x, width, spec), shape);
  return graph.build();
}

export function worldModel(
  topology: Topology,
  spec: ModelSpec = FIRST,
): { model: Uint8Array; manifest: ModelManifest } {
  const specs = topology.features?.features ?? [];
  const names = specs.map(({ name }) => name);
  const kinds = specs.map(({ kind }) => kind);
  const none = new Float32Array(specs.length);
  const reference = makeDriftReference(none, 1, names, kinds, Float32Array.of(0.5), 1);
  const model = graphBytes(spec, specs.length);
  return { model, manifest: championManifest(topology, spec.version, reference, model) };
}
