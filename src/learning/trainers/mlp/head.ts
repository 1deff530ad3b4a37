// What the outputs of the network mean (control path): the function behind the last layer, the loss with its derivative, and
// the scale of what is predicted.
import type { Objective } from '../../../tasks/task.ts';
import { meanOf } from '../../../stats/mean.ts';
import { sampleQuantile } from '../../../stats/quantile.ts';
import type { GraphBuilder, Value } from '../../graph-builder.ts';
import {
  isProbability,
  objectiveOf,
  rowLoss,
  type QuantileObjective,
  type ValueObjective,
} from '../../objective.ts';
import type { FitContext } from '../../trainer.ts';

/** Mean and deviation of the labels: the network learns them in these units, so that any unit works. */
export interface Target {
  readonly mean: number;
  readonly deviation: number;
}

export interface Head {
  /** Its `delta` is in deviations of the label. */
  readonly objective: Objective;
  readonly target: Target;
}

const AS_IS: Target = { mean: 0, deviation: 1 };

/** @param target of the champion that a fit starts from; null for that of the labels */
export function headOf(task: FitContext['task'], labels: Float32Array, target: Target | null): Head {
  const objective = objectiveOf(task);
  if (isProbability(objective)) return { objective, target: AS_IS };
  const scale = target ?? targetOf(labels);
  return { objective: standardObjective(objective, scale), target: scale };
}

function standardObjective(objective: Objective, { deviation }: Target): Objective {
  if (objective.kind === 'quantiles') {
    const { value } = objective;
    const delta = value.kind === 'huber' ? { kind: value.kind, delta: value.delta / deviation } : value;
    return { ...objective, value: delta };
  }
  return objective.kind === 'huber' ? { kind: 'huber', delta: objective.delta / deviation } : objective;
}

function targetOf(labels: Float32Array): Target {
  const mean = meanOf(labels);
  const squares = labels.reduce((sum, label) => sum + (label - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / labels.length);
  return { mean, deviation: deviation > 0 ? deviation : 1 };
}

/** Labels as the network learns them. */
export function standardLabels({ target }: Head, labels: Float32Array): Float32Array {
  return target === AS_IS ? labels : labels.map((label) => (label - target.mean) / target.deviation);
}

/** The same head for standardised labels. */
export function standardHead(head: Head): Head {
  return { ...head, target: AS_IS };
}

/** What the outputs of a network that has learned nothing are. */
export function initialBias({ objective }: Head, standard: Float32Array, weights: Float32Array): number[] {
  if (objective.kind === 'cross-entropy') return logShares(standard, weights, objective.classes);
  if (objective.kind === 'quantiles') {
    const ascending = standard.toSorted();
    return [0, ...objective.levels.map((level) => sampleQuantile(ascending, level))];
  }
  if (objective.kind !== 'log-loss') return [0];
  const positive = standard.reduce((sum, label, row) => sum + (weights[row] as number) * label, 0);
  const share = positive / weights.reduce((sum, weight) => sum + weight, 0);
  return [Math.log(share / (1 - share))];
}

/** A class that has no row counts as one with half a row of the mean weight. */
function logShares(labels: Float32Array, weights: Float32Array, classes: number): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const half = total / labels.length / 2;
  const sums = Array.from({ length: classes }, () => half);
  for (const [row, label] of labels.entries()) sums[label] = (sums[label] ?? 0) + (weights[row] as number);
  return sums.map((sum) => Math.log(sum / (total + classes * half)));
}

/** Weighted mean loss of outputs for standardised labels. */
export function meanLossOf(
  { objective }: Head,
  outputs: Float32Array,
  standard: Float32Array,
  weights: Float32Array,
): number {
  let [sum, total] = [0, 0];
  for (let i = 0; i < standard.length; i += 1) {
    const weight = weights[i] as number;
    sum += weight * rowLoss(objective, outputs, i, standard[i] as number);
    total += weight;
  }
  return sum / total;
}

/** What a member says, from its last layer [n, outputs]. */
export function addOutput(graph: GraphBuilder, { objective }: Head, last: Value): Value {
  if (objective.kind === 'cross-entropy') return graph.op('Softmax', [last], { axis: { int: 1 } });
  return objective.kind === 'log-loss' ? graph.op('Sigmoid', [last]) : last;
}

/** Outputs in the unit of the label. */
export function addScale(graph: GraphBuilder, { target }: Head, standard: Value): Value {
  if (target === AS_IS) return standard;
  const scaled = graph.op('Mul', [standard, graph.scalar(target.deviation)]);
  return graph.op('Add', [scaled, graph.scalar(target.mean)]);
}

/** The loss of each row, [n, 1], and its derivative by the last layer, [n, outputs]; `labels` [n, 1] are standardised. */
export function addRowLoss(graph: GraphBuilder, { objective }: Head, last: Value, labels: Value): RowLoss {
  if (objective.kind === 'cross-entropy') return addCrossEntropy(graph, objective.classes, last, labels);
  if (objective.kind === 'log-loss') {
    // softplus(z) - z y
    const loss = graph.op('Sub', [graph.op('Softplus', [last]), graph.op('Mul', [last, labels])]);
    return { loss, gradient: graph.op('Sub', [graph.op('Sigmoid', [last]), labels]) };
  }
  if (objective.kind === 'quantiles') return addQuantiles(graph, objective, last, labels);
  return addValueLoss(graph, objective, last, labels);
}

interface RowLoss {
  readonly loss: Value;
  readonly gradient: Value;
}

function addValueLoss(graph: GraphBuilder, objective: ValueObjective, last: Value, labels: Value): RowLoss {
  const error = graph.op('Sub', [last, labels]);
  if (objective.kind === 'squared')
    return {
      loss: graph.op('Mul', [graph.scalar(0.5), graph.op('Mul', [error, error])]),
      gradient: error,
    };
  // With g, the error within the bounds, the loss is g (error - g / 2) in both parts.
  const { delta } = objective;
  const gradient = graph.op('Clip', [error, graph.scalar(-delta), graph.scalar(delta)]);
  const half = graph.op('Mul', [gradient, graph.scalar(0.5)]);
  return { loss: graph.op('Mul', [gradient, graph.op('Sub', [error, half])]), gradient };
}

/** The first column is the value. The derivative of a pinball loss is 1 - level above the label, and -level below it. */
function addQuantiles(
  graph: GraphBuilder,
  { value, levels }: QuantileObjective,
  last: Value,
  labels: Value,
): RowLoss {
  const columns = (from: number, to: number): Value =>
    graph.op('Slice', [last, graph.ints([from]), graph.ints([to]), graph.ints([1])]);
  const ofValue = addValueLoss(graph, value, columns(0, 1), labels);
  const error = graph.op('Sub', [columns(1, 1 + levels.length), labels]);
  const isAbove = graph.op('Cast', [graph.op('Greater', [error, graph.scalar(0)])], { to: { int: 1 } });
  const gradient = graph.op('Sub', [isAbove, graph.floats(levels)]);
  const pinball = graph.op('ReduceSum', [graph.op('Mul', [error, gradient]), graph.ints([1])], {
    keepdims: { int: 1 },
  });
  return {
    loss: graph.op('Add', [ofValue.loss, pinball]),
    gradient: graph.op('Concat', [ofValue.gradient, gradient], { axis: { int: 1 } }),
  };
}

/** The derivative of softmax and cross-entropy together: the probabilities less the label's. */
function addCrossEntropy(
  graph: GraphBuilder,
  classes: number,
  last: Value,
  labels: Value,
): { readonly loss: Value; readonly gradient: Value } {
  const numbers = graph.floats(Float32Array.from({ length: classes }, (_, k) => k));
  const isLabel = graph.op('Cast', [graph.op('Equal', [labels, numbers])], { to: { int: 1 } });
  const logs = graph.op('LogSoftmax', [last], { axis: { int: 1 } });
  const ofLabel = graph.op('ReduceSum', [graph.op('Mul', [isLabel, logs]), graph.ints([1])], {
    keepdims: { int: 1 },
  });
  const gradient = graph.op('Sub', [graph.op('Softmax', [last], { axis: { int: 1 } }), isLabel]);
  return { loss: graph.op('Neg', [ofLabel]), gradient };
}
