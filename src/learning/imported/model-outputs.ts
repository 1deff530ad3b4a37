// Which output of a model is the score, and what it is (control path): a probability, a logit, a value or the label of a class.
import { type ModelView, type NodeView, textsOf, typeName } from '../../onnx-format/model-view.ts';
import type { ValueInfo } from '../../onnx-format/messages.ts';
import { FLOAT32, FLOAT64, STRING } from './model-inputs.ts';
import { refuse } from './refuse.ts';

export const outputKinds = ['probability', 'logit', 'value', 'label'] as const;
export type OutputKind = (typeof outputKinds)[number];

export interface ModelOutput {
  readonly name: string;
  /** The value of the graph that has it: what a ZipMap takes, or the output itself. */
  readonly value: string;
  readonly elemType: number;
  /** Columns: 0 for [rows]; null if the file leaves it open. */
  readonly width: number | null;
  /** Names of the classes in the order of the columns; null if the file does not say. */
  readonly classes: readonly string[] | null;
  /** The node from which its values come, behind those that only reshape or choose. */
  readonly source: NodeView | null;
}

const FLOAT16 = 10;
export const FLOATS: ReadonlySet<number> = new Set([FLOAT32, FLOAT64, FLOAT16]);
const LABELS: ReadonlySet<number> = new Set([6, 7, 9, STRING]);

/** Operators that leave numbers as they are. */
const PASSES: ReadonlySet<string> = new Set([
  'Identity',
  'Cast',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Slice',
  'Gather',
  'ArrayFeatureExtractor',
  'ZipMap',
]);

/** Operators that leave the shape as it is as well. */
const SAME: ReadonlySet<string> = new Set(['Identity', 'Cast']);

/** Operators whose second output has a column for each class. */
const CLASSIFIERS: ReadonlySet<string> = new Set(['LinearClassifier', 'TreeEnsembleClassifier']);

/** Operators that return several values a row, and the attribute that says how many. */
const TARGETS: Readonly<Record<string, string>> = {
  LinearRegressor: 'targets',
  TreeEnsembleRegressor: 'n_targets',
};

/** Operators of a last layer without an activation: what comes out of them is no probability. */
const LINEAR: ReadonlySet<string> = new Set(['Gemm', 'MatMul', 'Add', 'Conv']);

/** The outputs that can be scores or labels. @throws MODEL_INVALID for a sequence or a map that no ZipMap makes */
export function modelOutputs(model: ModelView): ModelOutput[] {
  const makers = new Map(model.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  return model.outputs.map((output) => outputOf(output, makers));
}

function outputOf({ name = '', type }: ValueInfo, makers: ReadonlyMap<string, NodeView>): ModelOutput {
  const maker = makers.get(name);
  const source = sourceOf(name, makers);
  if (maker?.opType === 'ZipMap') {
    const classes = classesOf(maker);
    return {
      name,
      value: maker.inputs[0] ?? '',
      elemType: FLOAT32,
      width: classes?.length ?? null,
      classes,
      source,
    };
  }
  const tensor = type?.tensorType;
  if (tensor === undefined)
    return refuse(
      `output ${name} is a sequence or a map that no ZipMap makes`,
      'Export tensors: skl2onnx has options={"zipmap": False}.',
    );
  const dims = tensor.shape?.dim;
  const declared = dims === undefined ? null : dims.length === 1 ? 0 : dims[1]?.dimValue || null;
  if (dims !== undefined && dims.length !== 1 && dims.length !== 2)
    return refuse(`output ${name} has ${dims.length} dimensions`, 'Export one row of scores for each row.');
  const classes = source === null ? null : classesOf(source);
  const made = madeWidth(name, makers);
  const width = made === undefined ? declared : made;
  return { name, value: name, elemType: tensor.elemType ?? 0, width, classes, source };
}

/**
 * Columns as the operator makes them, as exporters declare other ones: of LinearSVC one in place of two, of RidgeClassifier two in
 * place of one. Null if it does not say; undefined where the declaration counts.
 */
function madeWidth(output: string, makers: ReadonlyMap<string, NodeView>): number | null | undefined {
  let name = output;
  let node = makers.get(name);
  for (let left = makers.size; node !== undefined && SAME.has(node.opType) && left > 0; left -= 1) {
    name = node.inputs[0] ?? '';
    node = makers.get(name);
  }
  if (node === undefined) return undefined;
  if (node.opType === 'ArrayFeatureExtractor') return null;
  const targets = TARGETS[node.opType];
  if (targets !== undefined) return node.attribute(targets)?.i ?? 1;
  const isScores = CLASSIFIERS.has(node.opType) && node.outputs[1] === name;
  return isScores ? (classesOf(node)?.length ?? undefined) : undefined;
}

function sourceOf(output: string, makers: ReadonlyMap<string, NodeView>): NodeView | null {
  let node = makers.get(output);
  // Each step goes to a node before this one: at most as many steps as there are nodes.
  for (let left = makers.size; node !== undefined && PASSES.has(node.opType) && left > 0; left -= 1)
    node = makers.get(node.inputs[0] ?? '');
  return node ?? null;
}

function classesOf(node: NodeView): readonly string[] | null {
  const texts = textsOf(node, 'classlabels_strings') ?? textsOf(node, 'classlabels_string');
  if (texts !== null && texts.length > 0) return texts;
  const numbers = node.attribute('classlabels_int64s')?.ints ?? node.attribute('classlabels_ints')?.ints;
  return numbers === undefined || numbers.length === 0 ? null : numbers.map(String);
}

/**
 * The outputs that a user names, or the one that can be the score.
 * @returns more than one if the columns of the score are outputs of their own
 * @throws MODEL_INVALID
 */
export function chosenOutputs(
  outputs: readonly ModelOutput[],
  names: readonly string[] | null,
  kind: OutputKind | null,
): readonly ModelOutput[] {
  const listed = outputs.map(({ name, elemType }) => `${name} (${typeName(elemType)})`).join(', ');
  if (names !== null)
    return names.map(
      (wanted) =>
        outputs.find(({ name }) => name === wanted) ??
        refuse(`the model has no output '${wanted}'`, `Its outputs are ${listed}.`),
    );
  const ofType = (types: ReadonlySet<number>): ModelOutput[] =>
    outputs.filter(({ elemType }) => types.has(elemType));
  const floats = kind === 'label' ? [] : ofType(FLOATS);
  const candidates = floats.length > 0 ? floats : ofType(LABELS);
  const named = candidates.filter(({ name }) => /prob/i.test(name));
  const [only] = named.length === 1 ? named : candidates;
  if (only !== undefined && (candidates.length === 1 || named.length === 1)) return [only];
  return refuse(
    `the score may be any of the outputs ${listed}`,
    'Name it with --output; several names, separated by commas, are columns of one score.',
  );
}

/**
 * What an output is, as far as the file shows.
 * @param isProbability whether the task's scores are probabilities
 * @throws MODEL_INVALID where a wrong guess would give wrong scores
 */
export function kindOf(output: ModelOutput, given: OutputKind | null, isProbability: boolean): OutputKind {
  const kind = given ?? shownKind(output, isProbability);
  if (kind !== 'label') refuseSupportVectors(output);
  return kind;
}

/** ONNX Runtime says of a row that belongs to the second class that its decision value is negative, against scikit-learn. */
function refuseSupportVectors({ name, source, classes }: ModelOutput): void {
  if (source?.opType !== 'SVMClassifier' || classes?.length !== 2 || !isUntransformed(source)) return;
  refuse(
    `output ${name} has the decision values of an SVMClassifier, whose sign does not tell which of two classes is meant`,
    'Export it with options={"raw_scores": True} (skl2onnx) and --scores logit, with probabilities (CalibratedClassifierCV), or take the class alone: --scores label.',
  );
}

function shownKind(output: ModelOutput, isProbability: boolean): OutputKind {
  const { name, elemType, source } = output;
  if (elemType === STRING || (isProbability && LABELS.has(elemType))) return 'label';
  if (!isProbability) return 'value';
  refuseSupportVectors(output);
  const isRaw =
    source !== null &&
    (LINEAR.has(source.opType) ||
      (['LinearClassifier', 'SVMClassifier'].includes(source.opType) && isUntransformed(source)));
  if (!isRaw) return 'probability';
  return refuse(
    `output ${name} comes out of ${source.opType} without an activation, so it is hardly a probability`,
    'Say what it is with --scores logit, or with --scores probability; --scores label takes the class alone.',
  );
}

function isUntransformed(node: NodeView): boolean {
  const { s } = node.attribute('post_transform') ?? {};
  const isCalibrated = (node.attribute('prob_a')?.floats?.length ?? 0) > 0;
  return !isCalibrated && (s === undefined || Buffer.from(s).toString() === 'NONE');
}
