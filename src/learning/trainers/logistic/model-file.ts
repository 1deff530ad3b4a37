// A linear model as an ONNX file (control path): raw features in, scores out.
import { GraphBuilder, type Value } from '../../graph-builder.ts';
import { addEncoding } from '../encoding/encode-graph.ts';
import type { Encoding } from '../encoding/encoding.ts';
import { outputSize } from './penalised-loss.ts';

/** What the linear outputs mean. */
export interface Output {
  readonly kind: 'probability' | 'value';
  /** The unit of a value: the linear output times `scale` plus `offset`, within `low` and `high`. */
  readonly scale: number;
  readonly offset: number;
  readonly low: number;
  readonly high: number;
}

export interface LinearModel {
  readonly encoding: Encoding;
  readonly numericWidth: number;
  readonly tableRows: number;
  /** As penalised-loss.ts lays it out, of one output. */
  readonly theta: Float64Array;
  readonly output: Output;
}

/** `features` [n, width] Float32 with NaN where missing, `score` [n] Float32. */
export function buildModel(model: LinearModel): Uint8Array {
  const { encoding, theta, numericWidth, tableRows, output } = model;
  const graph = new GraphBuilder('linear_model');
  const features = graph.input('features', 'float32', ['n', encoding.features.length]);
  const { numeric, categories } = addEncoding(graph, encoding, features);
  const terms: Value[] = [];
  if (numeric !== null) {
    const data = Float32Array.from(theta.subarray(0, numericWidth));
    const weights = graph.initializer('numeric.weight', { type: 'float32', data, dims: [numericWidth, 1] });
    terms.push(graph.op('MatMul', [numeric, weights]));
  }
  if (categories !== null) {
    const data = Float32Array.from(theta.subarray(numericWidth, numericWidth + tableRows));
    const table = graph.initializer('category.weight', { type: 'float32', data, dims: [tableRows] });
    terms.push(graph.op('ReduceSum', [graph.op('Gather', [table, categories]), graph.ints([1])]));
  }
  const sum = terms.reduce((all, term) => graph.op('Add', [all, term]));
  const linear = graph.op('Add', [sum, graph.scalar(theta[outputSize(model) - 1] as number)]);
  graph.output(
    'score',
    graph.op('Reshape', [addMeaning(graph, output, linear), graph.ints([-1])]),
    'float32',
    ['n'],
  );
  return graph.build();
}

function addMeaning(graph: GraphBuilder, output: Output, linear: Value): Value {
  if (output.kind === 'probability') return graph.op('Sigmoid', [linear]);
  const scaled = graph.op('Mul', [linear, graph.scalar(output.scale)]);
  const value = graph.op('Add', [scaled, graph.scalar(output.offset)]);
  const bound = (limit: number): Value => (Number.isFinite(limit) ? graph.scalar(limit) : '');
  if (!Number.isFinite(output.low) && !Number.isFinite(output.high)) return value;
  return graph.op('Clip', [value, bound(output.low), bound(output.high)]);
}
