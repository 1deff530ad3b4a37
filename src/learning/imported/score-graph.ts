// The nodes behind a model that others made (control path): they make the score of the task of its outputs.
import { STRING } from './model-inputs.ts';
import type { GraphBuilder, Value } from '../graph-builder.ts';
import { FLOATS, type ModelOutput, type OutputKind } from './model-outputs.ts';
import { refuse } from './refuse.ts';

/** What a task's models return. */
export interface ScoreShape {
  /** Scores of a row. */
  readonly width: number;
  /** Whether they are probabilities. */
  readonly isProbability: boolean;
  /** Names of the classes in the order of the scores, if it has some. */
  readonly classes: readonly string[] | null;
}

export interface ScoreChoice {
  readonly outputs: readonly ModelOutput[];
  readonly kind: OutputKind;
  /** The class whose probability is the score of a binary task; null: the second one. */
  readonly positive: string | null;
}

const ML = 'ai.onnx.ml';
const FLOAT = 1;
const INT64 = 7;

/** Pairs of labels of which the second is the positive one, whatever a model is about. */
const ORDERED_PAIRS: readonly string[] = ['0,1', '-1,1', 'false,true', 'False,True'];

/** Float32 [rows] for one score a row, else [rows, width]. @throws MODEL_INVALID */
export function scoreOf(graph: GraphBuilder, choice: ScoreChoice, shape: ScoreShape): Value {
  if (choice.kind === 'label') return labelScore(graph, choice, shape);
  const { value, width, classes } = joined(graph, choice.outputs);
  const single = (column: Value): Value => graph.op('Reshape', [column, graph.ints([-1])]);
  if (shape.width > 1) {
    if (width !== null && width !== shape.width)
      return refuse(
        `the model has ${width || 1} scores a row, and the task ${shape.width}`,
        'Import a model of as many classes or quantiles as the topology declares.',
      );
    const order = orderOf(classes, shape.classes);
    const inOrder =
      order === null ? value : graph.op('Gather', [value, graph.ints(order)], { axis: { int: 1 } });
    return choice.kind === 'logit' && shape.isProbability ? softmax(graph, inOrder, shape.width) : inOrder;
  }
  if (width === null || width <= 1)
    return choice.kind === 'logit' ? graph.op('Sigmoid', [single(value)]) : single(value);
  const column = positiveColumn(width, classes, choice.positive, shape.isProbability);
  const all = choice.kind === 'logit' ? softmax(graph, value, width) : value;
  return graph.op('Gather', [all, graph.int(column)], { axis: { int: 1 } });
}

/** A sum of two columns that is none. */
const NO_SUM = 1e-30;

/**
 * Probabilities of logits. Two columns of which one is the other's negative are one decision value, as scikit-learn exports it: its
 * sigmoid is the probability, and that is the softmax of their halves.
 */
function softmax(graph: GraphBuilder, logits: Value, width: number): Value {
  const whole = (value: Value): Value => graph.op('Softmax', [value], { axis: { int: 1 } });
  if (width !== 2) return whole(logits);
  const ones = graph.op('Reshape', [graph.floats([1, 1]), graph.ints([2, 1])]);
  const size = graph.op('Abs', [graph.op('MatMul', [logits, ones])]);
  const isOne = graph.op('Cast', [graph.op('Less', [size, graph.scalar(NO_SUM)])], { to: { int: FLOAT } });
  const share = graph.op('Sub', [graph.scalar(1), graph.op('Mul', [isOne, graph.scalar(0.5)])]);
  return whole(graph.op('Mul', [logits, share]));
}

interface Columns {
  readonly value: Value;
  readonly width: number | null;
  readonly classes: readonly string[] | null;
}

/** Float32 columns of one output, or of several. */
function joined(graph: GraphBuilder, outputs: readonly ModelOutput[]): Columns {
  const [first] = outputs;
  if (first !== undefined && outputs.length === 1)
    return {
      value: graph.op('Cast', [first.value], { to: { int: FLOAT } }),
      width: first.width,
      classes: first.classes,
    };
  const parts = outputs.map(({ name, value, width }) => {
    if (width !== null && width > 1)
      refuse(`output ${name} has ${width} columns`, 'Name outputs of one column each, or one output.');
    const cast = graph.op('Cast', [value], { to: { int: FLOAT } });
    return graph.op('Reshape', [cast, graph.ints([-1, 1])]);
  });
  return { value: graph.op('Concat', parts, { axis: { int: 1 } }), width: parts.length, classes: null };
}

function positiveColumn(
  width: number,
  classes: readonly string[] | null,
  positive: string | null,
  isProbability: boolean,
): number {
  if (positive !== null) {
    const at = (classes ?? Array.from({ length: width }, (_, i) => String(i))).indexOf(positive);
    if (at >= 0) return at;
    return refuse(
      `the model has no class '${positive}'`,
      classes === null
        ? `Its classes have no names: name one of 0 to ${width - 1}.`
        : `Its classes are ${classes.join(', ')}.`,
    );
  }
  if (classes === null && !isProbability)
    return refuse(
      `the task has one score, and the model returns ${width} values a row`,
      `Export a model of that value alone, or name its column with --positive, 0 to ${width - 1}.`,
    );
  const isPair = classes === null ? isProbability : ORDERED_PAIRS.includes(classes.join(','));
  if (width === 2 && isPair) return 1;
  return refuse(
    `the task has one score, and the model has the classes ${(classes ?? [`0 to ${width - 1}`]).join(', ')}`,
    'Name the class whose probability is the score with --positive.',
  );
}

/** Null if the columns are in the task's order, as far as both have names. */
function orderOf(classes: readonly string[] | null, wanted: readonly string[] | null): number[] | null {
  if (classes === null || wanted === null) return null;
  const order = wanted.map((name) => classes.indexOf(name));
  if (!order.includes(-1)) return order.every((at, i) => at === i) ? null : order;
  // Numbers of classes, in the order in which the task names them.
  if (classes.every((name, i) => name === String(i))) return null;
  return refuse(
    `the model has the classes ${classes.join(', ')}, and the task ${wanted.join(', ')}`,
    'Train it on the classes that the topology declares.',
  );
}

/** 1 for the class of a row, 0 for the others. */
function labelScore(graph: GraphBuilder, { outputs, positive }: ScoreChoice, shape: ScoreShape): Value {
  const [label] = outputs;
  if (label === undefined || outputs.length > 1 || FLOATS.has(label.elemType))
    return refuse('a label is one output of integers or strings', 'Name it with --output.');
  const flat = graph.op('Reshape', [label.value, graph.ints([-1])]);
  const is = (name: string): Value => {
    if (label.elemType === STRING) {
      const attributes = {
        keys_strings: { strings: [name] },
        values_floats: { floats: [1] },
        default_float: { float: 0 },
      };
      return graph.op('LabelEncoder', [flat], attributes, ML);
    }
    const number = Number(name);
    if (!Number.isSafeInteger(number))
      refuse(`the labels are numbers, and '${name}' is none`, 'Name a class by its number.');
    const numbers = graph.op('Cast', [flat], { to: { int: INT64 } });
    return graph.op('Cast', [graph.op('Equal', [numbers, graph.int(number)])], { to: { int: FLOAT } });
  };
  const { classes } = label;
  if (shape.width === 1) return is(positiveLabel(label, positive));
  const names = shape.classes ?? classes ?? Array.from({ length: shape.width }, (_, i) => String(i));
  const isNumbered = label.elemType !== STRING && names.some((name) => !Number.isSafeInteger(Number(name)));
  const columns = names.map((name, i) =>
    graph.op('Reshape', [is(isNumbered ? String(i) : name), graph.ints([-1, 1])]),
  );
  return graph.op('Concat', columns, { axis: { int: 1 } });
}

function positiveLabel({ classes, elemType }: ModelOutput, positive: string | null): string {
  if (classes !== null) return classes[positiveColumn(classes.length, classes, positive, true)] ?? '';
  if (positive !== null) return positive;
  if (elemType !== STRING) return '1';
  return refuse(
    'the labels are strings, and the file does not list them',
    'Name the positive one with --positive.',
  );
}
