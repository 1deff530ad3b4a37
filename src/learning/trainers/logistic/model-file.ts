// A linear model as an ONNX file (control path): raw features in, scores out.
import { GraphBuilder, type Value } from '../../graph-builder.ts';
import { addEncoding } from '../encoding/encode-graph.ts';
import type { Encoding } from '../encoding/encoding.ts';
import type { LabelNoise } from './label-noise.ts';
import { outputSize } from './penalised-loss.ts';

/** What the linear outputs mean. */
export type Output =
  | { readonly kind: 'probability'; readonly noise?: LabelNoise }
  | { readonly kind: 'classes'; readonly classes: number }
  | {
      readonly kind: 'value';
      /** The unit of the value: the linear output times `scale` plus `offset`, within `low` and `high`. */
      readonly scale: number;
      readonly offset: number;
      readonly low: number;
      readonly high: number;
    };

export interface LinearModel {
  readonly encoding: Encoding;
  readonly numericWidth: number;
  readonly tableRows: number;
  /** As penalised-loss.ts lays it out. */
  readonly theta: Float64Array;
  readonly output: Output;
}

/** `features` [n, width] Float32 with NaN where missing, `score` [n] Float32, of classes [n, K]. */
export function buildModel(model: LinearModel): Uint8Array {
  const { encoding, numericWidth, tableRows, output } = model;
  const outputs = output.kind === 'classes' ? output.classes : 1;
  const graph = new GraphBuilder('linear_model');
  const features = graph.input('features', 'float32', ['n', encoding.features.length]);
  const { numeric, categories } = addEncoding(graph, encoding, features);
  const coefficients = (name: string, from: number, count: number): Value =>
    graph.initializer(name, {
      type: 'float32',
      data: coefficientsOf(model, from, count, outputs),
      dims: [count, outputs],
    });
  const terms: Value[] = [];
  if (numeric !== null)
    terms.push(graph.op('MatMul', [numeric, coefficients('numeric.weight', 0, numericWidth)]));
  if (categories !== null) {
    const table = coefficients('category.weight', numericWidth, tableRows);
    const own = graph.op('Gather', [table, categories]);
    terms.push(graph.op('ReduceSum', [own, graph.ints([1])], { keepdims: { int: 0 } }));
  }
  const sum = terms.reduce((all, term) => graph.op('Add', [all, term]));
  const intercepts = graph.floats(coefficientsOf(model, outputSize(model) - 1, 1, outputs));
  const linear = graph.op('Add', [sum, intercepts]);
  if (output.kind === 'classes') {
    const shares = graph.op('Softmax', [linear], { axis: { int: 1 } });
    graph.output('score', shares, 'float32', ['n', outputs]);
    return graph.build();
  }
  const value =
    output.kind === 'probability' ? addProbability(graph, output, linear) : addUnit(graph, output, linear);
  graph.output('score', graph.op('Reshape', [value, graph.ints([-1])]), 'float32', ['n']);
  return graph.build();
}

/** Coefficients [from, from + count) of each output, row-major [count, outputs]. */
function coefficientsOf(model: LinearModel, from: number, count: number, outputs: number): Float32Array {
  const size = outputSize(model);
  const data = new Float32Array(count * outputs);
  for (let k = 0; k < outputs; k += 1)
    for (let i = 0; i < count; i += 1) data[i * outputs + k] = model.theta[k * size + from + i] as number;
  return data;
}

function addProbability(
  graph: GraphBuilder,
  { noise }: Extract<Output, { kind: 'probability' }>,
  linear: Value,
): Value {
  const share = graph.op('Sigmoid', [linear]);
  if (noise === undefined) return share;
  const above = graph.op('Mul', [share, graph.scalar(noise.high - noise.low)]);
  return graph.op('Add', [above, graph.scalar(noise.low)]);
}

function addUnit(graph: GraphBuilder, output: Extract<Output, { kind: 'value' }>, linear: Value): Value {
  const scaled = graph.op('Mul', [linear, graph.scalar(output.scale)]);
  const value = graph.op('Add', [scaled, graph.scalar(output.offset)]);
  const bound = (limit: number): Value => (Number.isFinite(limit) ? graph.scalar(limit) : '');
  if (!Number.isFinite(output.low) && !Number.isFinite(output.high)) return value;
  return graph.op('Clip', [value, bound(output.low), bound(output.high)]);
}
