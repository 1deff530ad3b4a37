// One training step as one ONNX graph (control path): forward pass, loss, gradients and AdamW.
import type { MlpParams } from './params.ts';
import { addGradients } from './backward-graph.ts';
import type { EncodedValues } from '../encoding/encode-graph.ts';
import { addInputLayer, addMember, parameterOf } from './forward-graph.ts';
import type { LayerTape } from './forward-graph.ts';
import { GraphBuilder } from '../../graph-builder.ts';
import type { Value } from '../../graph-builder.ts';
import { addRowLoss, type Head } from './head.ts';
import type { NetworkShape } from './network-shape.ts';
import { nth } from '../../nth.ts';

export const ADAM_BETA_1 = 0.9;
export const ADAM_BETA_2 = 0.999;
const ADAM_EPS = 1e-8;

/**
 * Inputs: `numeric` [n, numericWidth], `categories` [n, categoryCount] (those that there are), `labels` [n, 1],
 * `weights` [n, 1] (a row's share of the loss: 1/n each for their mean), `keep` [n, members * sum(hidden)] bool (with
 * dropout: false drops a unit), `theta`, `m`, `v` [size] (parameters and Adam's moments), and scalars `rate` (learning
 * rate), `correction1` and `correction2` (1 / (1 - beta^step)).
 * Outputs: `theta_next`, `m_next`, `v_next` [size], `loss` [] (weighted loss before the step).
 */
export function buildStepGraph(shape: NetworkShape, params: MlpParams, head: Head): Uint8Array {
  const graph = new GraphBuilder('training_step');
  const encoded = addEncodedInputs(graph, shape);
  const labels = graph.input('labels', 'float32', ['n', 1]);
  const weights = graph.input('weights', 'float32', ['n', 1]);
  const theta = graph.input('theta', 'float32', [shape.size]);
  const parameters = addUnpacking(graph, shape, theta);
  const input = addInputLayer(graph, shape, parameters, encoded);
  const factors = params.dropout > 0 ? addDropout(graph, shape, params.dropout) : [];
  const members = Array.from({ length: shape.members }, (_, member) =>
    addMember(graph, shape, parameters, member, input, factors[member]),
  );
  const { loss, gradients } = addLoss(graph, head, members, labels, weights);
  const byName = addGradients(graph, shape, encoded, members, gradients);
  const flat = shape.parameters.map(({ name }) =>
    graph.op('Reshape', [parameterOf(byName, name), graph.ints([-1])]),
  );
  addAdamW(graph, shape, params.weightDecay, theta, graph.op('Concat', flat, { axis: { int: 0 } }));
  graph.output('loss', loss, 'float32', []);
  return graph.build();
}

/** The encoded matrices as graph inputs, those that there are. */
export function addEncodedInputs(graph: GraphBuilder, shape: NetworkShape): EncodedValues {
  return {
    numeric: shape.numericWidth === 0 ? null : graph.input('numeric', 'float32', ['n', shape.numericWidth]),
    categories:
      shape.categoryCount === 0 ? null : graph.input('categories', 'int64', ['n', shape.categoryCount]),
  };
}

/** Cuts the flat vector into parameters by name. */
export function addUnpacking(graph: GraphBuilder, shape: NetworkShape, theta: Value): Map<string, Value> {
  const parts = graph.split(
    theta,
    shape.parameters.map(({ size }) => size),
  );
  return new Map(
    shape.parameters.map(({ name, dims }, i) => [
      name,
      graph.op('Reshape', [nth(parts, i), graph.ints([...dims])]),
    ]),
  );
}

/** Per member and hidden layer: 0 where a unit is dropped, 1 / (1 - dropout) where it is kept. */
function addDropout(graph: GraphBuilder, shape: NetworkShape, dropout: number): Value[][] {
  const width = shape.members * shape.hidden.reduce((sum, size) => sum + size, 0);
  const keep = graph.input('keep', 'bool', ['n', width]);
  const ones = graph.op('Cast', [keep], { to: { int: 1 } });
  const factors = graph.op('Mul', [ones, graph.scalar(1 / (1 - dropout))]);
  let from = 0;
  return Array.from({ length: shape.members }, () =>
    shape.hidden.map((size) => {
      const slice = [factors, graph.ints([from]), graph.ints([from + size]), graph.ints([1])];
      from += size;
      return graph.op('Slice', slice);
    }),
  );
}

/** Weighted loss as the members' mean, and its derivative by each member's last layer. */
function addLoss(
  graph: GraphBuilder,
  head: Head,
  members: ReadonlyArray<readonly LayerTape[]>,
  labels: Value,
  weights: Value,
): { loss: Value; gradients: Value[] } {
  const share = members.length === 1 ? weights : graph.op('Div', [weights, graph.scalar(members.length)]);
  const losses: Value[] = [];
  const gradients: Value[] = [];
  for (const tapes of members) {
    const each = addRowLoss(graph, head, nth(tapes, -1).preActivation, labels);
    losses.push(graph.op('ReduceSum', [graph.op('Mul', [share, each.loss])], { keepdims: { int: 0 } }));
    gradients.push(graph.op('Mul', [share, each.gradient]));
  }
  return { loss: losses.length === 1 ? nth(losses, 0) : graph.op('Sum', losses), gradients };
}

/**
 * Source: I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization" (ICLR 2019), with the order of operations
 * and the place of epsilon of torch.optim.AdamW.
 */
function addAdamW(
  graph: GraphBuilder,
  shape: NetworkShape,
  weightDecay: number,
  theta: Value,
  gradient: Value,
): void {
  const m = graph.input('m', 'float32', [shape.size]);
  const v = graph.input('v', 'float32', [shape.size]);
  const rate = graph.input('rate', 'float32', []);
  const correction1 = graph.input('correction1', 'float32', []);
  const correction2 = graph.input('correction2', 'float32', []);
  const mix = (old: Value, fresh: Value, beta: number): Value =>
    graph.op('Add', [
      graph.op('Mul', [old, graph.scalar(beta)]),
      graph.op('Mul', [fresh, graph.scalar(1 - beta)]),
    ]);
  const mNext = mix(m, gradient, ADAM_BETA_1);
  const vNext = mix(v, graph.op('Mul', [gradient, gradient]), ADAM_BETA_2);
  const root = graph.op('Sqrt', [graph.op('Mul', [vNext, correction2])]);
  const scaled = graph.op('Mul', [mNext, graph.op('Mul', [rate, correction1])]);
  const update = graph.op('Div', [scaled, graph.op('Add', [root, graph.scalar(ADAM_EPS)])]);
  let start = theta;
  if (weightDecay > 0) {
    const decay = new Float32Array(shape.size);
    for (const { decays, offset, size } of shape.parameters) {
      if (decays) decay.fill(weightDecay, offset, offset + size);
    }
    const kept = graph.op('Sub', [graph.scalar(1), graph.op('Mul', [rate, graph.floats(decay)])]);
    start = graph.op('Mul', [theta, kept]);
  }
  graph.output('theta_next', graph.op('Sub', [start, update]), 'float32', [shape.size]);
  graph.output('m_next', mNext, 'float32', [shape.size]);
  graph.output('v_next', vNext, 'float32', [shape.size]);
}
