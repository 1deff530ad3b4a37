// A model with a calibration map behind its score, as one ONNX file (control path). What the file does on its own stays byte for
// byte, so that its parameters are found in it.
import { DATA_TYPE } from '../../onnx-format/messages.ts';
import { viewModel } from '../../onnx-format/model-view.ts';
import { freeName, ownPrefix, rewriteModel } from '../../onnx-format/rewrite-model.ts';
import { GraphBuilder, type Value } from '../graph-builder.ts';
import { SCORE_MAX, SCORE_MIN, type CalibrationMap, type IsotonicMap } from './calibration.ts';
import type { IntervalMap } from './interval-map.ts';

/** Asinh, IsNaN, and operators that repeat a number along an axis. */
const OPSET_MIN = 9;
/** Slice and Clip with inputs, and TopK from the least. */
const INTERVAL_OPSET_MIN = 11;

/**
 * The model whose scores are those of `file`, mapped; null if its operators are too old for that. Missing scores stay missing.
 * @param file one Float32 output, besides integers which are left out
 */
export function calibratedModel(file: Uint8Array, map: CalibrationMap, outputs: number): Uint8Array | null {
  const view = viewModel(file);
  const least = map.kind === 'interval' ? INTERVAL_OPSET_MIN : OPSET_MIN;
  if ((view.opsets.get('') ?? 0) < least) return null;
  const score = view.outputs.find(({ type }) => type?.tensorType?.elemType === DATA_TYPE.float32);
  if (score?.name === undefined) return null;
  const graph = new GraphBuilder('calibration', `${ownPrefix(file)}calibration_`);
  const raw = outputs === 1 ? graph.op('Reshape', [score.name, graph.ints([-1, 1])]) : score.name;
  const value = addMap(graph, map, raw, outputs);
  const known = graph.op('Where', [graph.op('IsNaN', [raw]), raw, value]);
  const shaped = outputs === 1 ? graph.op('Reshape', [known, graph.ints([-1])]) : known;
  graph.output(freeName(file, 'calibrated'), shaped, 'float32', outputs === 1 ? ['n'] : ['n', outputs]);
  return rewriteModel(file, view.irVersion, {
    before: { node: [], initializer: [], input: view.inputs, output: [] },
    after: graph.parts(),
    dropped: new Set(),
    changed: new Map(),
    opsets: view.opsets,
  });
}

function addMap(graph: GraphBuilder, map: CalibrationMap, scores: Value, outputs: number): Value {
  switch (map.kind) {
    case 'platt': {
      const scaled = graph.op('Mul', [addLogits(graph, scores), graph.scalar(map.slope)]);
      return graph.op('Sigmoid', [graph.op('Add', [scaled, graph.scalar(map.intercept)])]);
    }
    case 'isotonic':
      return addSegments(graph, map, scores);
    case 'interval':
      return addInterval(graph, map, scores, outputs);
    case 'temperature': {
      const scaled = graph.op('Mul', [addLogs(graph, scores), graph.scalar(1 / map.temperature)]);
      return graph.op('Softmax', [scaled], { axis: { int: 1 } });
    }
    case 'prior': {
      const factored = graph.op('Add', [addLogs(graph, scores), graph.floats(map.logFactors)]);
      return graph.op('Softmax', [factored], { axis: { int: 1 } });
    }
  }
}

// ONNX Runtime computes Log in blocks whose ends may differ in the last bit, so that a score would depend on the batch that its row
// comes in. Asinh it computes value by value, and asinh(sinh(x)) is x: sinh(log p) is (p - 1/p) / 2, sinh(logit p) is
// (2p - 1) / (2p (1 - p)).

function addLogs(graph: GraphBuilder, scores: Value): Value {
  const p = graph.op('Max', [scores, graph.scalar(SCORE_MIN)]);
  const twice = graph.op('Sub', [p, graph.op('Div', [graph.scalar(1), p])]);
  return graph.op('Asinh', [graph.op('Div', [twice, graph.scalar(2)])]);
}

function addLogits(graph: GraphBuilder, scores: Value): Value {
  const [one, two] = [graph.scalar(1), graph.scalar(2)];
  const bounded = graph.op('Max', [scores, graph.scalar(SCORE_MIN)]);
  const p = graph.op('Min', [bounded, graph.scalar(SCORE_MAX)]);
  const above = graph.op('Sub', [graph.op('Mul', [p, two]), one]);
  const below = graph.op('Mul', [graph.op('Mul', [p, two]), graph.op('Sub', [one, p])]);
  return graph.op('Asinh', [graph.op('Div', [above, below])]);
}

/** As widened() has it. */
function addInterval(graph: GraphBuilder, map: IntervalMap, scores: Value, outputs: number): Value {
  const columns = (matrix: Value, from: number, to: number): Value =>
    graph.op('Slice', [matrix, graph.ints([from]), graph.ints([to]), graph.ints([1])]);
  const quantiles = graph.sorted(columns(scores, 1, outputs), outputs - 1);
  const [from, to] = [map.from, map.to].map((k) => columns(quantiles, k, k + 1)) as [Value, Value];
  const middle = graph.op('Mul', [graph.op('Add', [from, to]), graph.scalar(0.5)]);
  const margin = graph.scalar(map.margin);
  const lower = graph.op('Min', [graph.op('Sub', [from, margin]), middle]);
  const upper = graph.op('Max', [graph.op('Add', [to, margin]), middle]);
  const below = map.from > 0 ? [graph.op('Min', [columns(quantiles, 0, map.from), lower])] : [];
  const within =
    map.to - map.from > 1
      ? [graph.op('Max', [graph.op('Min', [columns(quantiles, map.from + 1, map.to), upper]), lower])]
      : [];
  const above =
    map.to < outputs - 2 ? [graph.op('Max', [columns(quantiles, map.to + 1, outputs - 1), upper])] : [];
  const all = [columns(scores, 0, 1), ...below, lower, ...within, upper, ...above];
  const joined = graph.op('Concat', all, { axis: { int: 1 } });
  return graph.op('Clip', [joined, graph.scalar(map.low), graph.scalar(map.high)]);
}

/** The first probability, and of each segment between knots its slope times how far the score is into it. */
function addSegments(graph: GraphBuilder, { scores, probabilities }: IsotonicMap, raw: Value): Value {
  const first = graph.scalar(probabilities[0] as number);
  if (scores.length === 1) return graph.op('Add', [graph.op('Mul', [raw, graph.scalar(0)]), first]);
  const starts = scores.subarray(0, -1);
  const widths = starts.map((start, i) => (scores[i + 1] as number) - start);
  const slopes = widths.map(
    (width, i) => ((probabilities[i + 1] as number) - (probabilities[i] as number)) / width,
  );
  const into = graph.op('Max', [graph.op('Sub', [raw, graph.floats(starts)]), graph.scalar(0)]);
  const within = graph.op('Min', [into, graph.floats(widths)]);
  const column = graph.op('Reshape', [graph.floats(slopes), graph.ints([-1, 1])]);
  return graph.op('Add', [graph.op('MatMul', [within, column]), first]);
}
