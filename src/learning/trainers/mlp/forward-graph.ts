// The network's forward pass as a piece of ONNX graph (control path), for scoring and for training alike.
import { invariant } from '../../../core/errors.ts';
import type { GraphBuilder, Value } from '../../graph-builder.ts';
import type { EncodedValues } from '../encoding/encode-graph.ts';
import { addOutput, addScale, type Head } from './head.ts';
import { biasName, EMBEDDING, layerCount, weightName } from './network-shape.ts';
import type { NetworkShape } from './network-shape.ts';
import { nth } from '../../nth.ts';

/** Values of the parameters by name. */
export type ParameterValues = ReadonlyMap<string, Value>;

/** What the backward pass needs of a hidden or output layer. */
export interface LayerTape {
  readonly weight: Value;
  readonly input: Value;
  /** Before the activation, [n, width]. */
  readonly preActivation: Value;
  /** What the activation is multiplied by, [n, width]; null without dropout. */
  readonly dropout: Value | null;
}

export function parameterOf(parameters: ParameterValues, name: string): Value {
  const value = parameters.get(name);
  invariant(value !== undefined, `there is a parameter ${name}`);
  return value;
}

/** The network's input [n, numeric + embeddings]. */
export function addInputLayer(
  graph: GraphBuilder,
  shape: NetworkShape,
  parameters: ParameterValues,
  encoded: EncodedValues,
): Value {
  const { numeric, categories } = encoded;
  if (categories === null) {
    invariant(numeric !== null, 'a network has inputs');
    return numeric;
  }
  const rows = graph.op('Gather', [parameterOf(parameters, EMBEDDING), categories]);
  const width = shape.categoryCount * shape.embeddingSize;
  const embedded = graph.op('Reshape', [rows, graph.ints([-1, width])]);
  return numeric === null ? embedded : graph.op('Concat', [numeric, embedded], { axis: { int: 1 } });
}

/** One member's dense layers; the last tape's `preActivation` is [n, outputs]. */
export function addMember(
  graph: GraphBuilder,
  shape: NetworkShape,
  parameters: ParameterValues,
  member: number,
  input: Value,
  dropout: ReadonlyArray<Value | null> = [],
): LayerTape[] {
  const tapes: LayerTape[] = [];
  let value = input;
  for (let layer = 0; layer < layerCount(shape); layer += 1) {
    const weight = parameterOf(parameters, weightName(member, layer));
    const bias = parameterOf(parameters, biasName(member, layer));
    const preActivation = graph.op('Gemm', [value, weight, bias]);
    const factor = dropout[layer] ?? null;
    tapes.push({ weight, input: value, preActivation, dropout: factor });
    if (layer === shape.hidden.length) break;
    value = addActivation(graph, shape, preActivation);
    if (factor !== null) value = graph.op('Mul', [value, factor]);
  }
  return tapes;
}

/** What the model returns, as an output of the graph: the mean of the members. */
export function addScore(
  graph: GraphBuilder,
  shape: NetworkShape,
  parameters: ParameterValues,
  encoded: EncodedValues,
  head: Head,
): void {
  const input = addInputLayer(graph, shape, parameters, encoded);
  const outputs = Array.from({ length: shape.members }, (_, member) =>
    addOutput(graph, head, nth(addMember(graph, shape, parameters, member, input), -1).preActivation),
  );
  const mean = outputs.length === 1 ? nth(outputs, 0) : graph.op('Mean', outputs);
  const scaled = addScale(graph, head, mean);
  if (shape.outputs > 1) graph.output('score', scaled, 'float32', ['n', shape.outputs]);
  else graph.output('score', graph.op('Reshape', [scaled, graph.ints([-1])]), 'float32', ['n']);
}

function addActivation(graph: GraphBuilder, shape: NetworkShape, value: Value): Value {
  if (shape.activation === 'relu') return graph.op('Relu', [value]);
  return graph.op('Mul', [value, graph.op('Sigmoid', [value])]);
}
