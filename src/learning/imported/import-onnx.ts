// A model that others made as one of this engine's (control path): the features of the topology go in, the score of its task
// comes out. What the file does on its own stays as it is.
import type { FeatureSpec } from '../../core/feature-spec.ts';
import { requireSelfContained } from '../../onnx-format/self-contained.ts';
import { type ModelView, viewModel } from '../../onnx-format/model-view.ts';
import { freeName, ownPrefix, rewriteModel } from '../../onnx-format/rewrite-model.ts';
import { GraphBuilder } from '../graph-builder.ts';
import type { FeatureMap } from './feature-map.ts';
import { feedInputs } from './feed-inputs.ts';
import { FLOAT32, type InputPlan, planInputs } from './model-inputs.ts';
import { chosenOutputs, kindOf, type ModelOutput, modelOutputs, type OutputKind } from './model-outputs.ts';
import { requireKnownOperators } from './known-operators.ts';
import { refuse } from './refuse.ts';
import { scoreOf, type ScoreChoice, type ScoreShape } from './score-graph.ts';

export interface ImportChoices {
  readonly features: FeatureMap | null;
  /** Names of the outputs that are the score; null: the one that can be. */
  readonly output: readonly string[] | null;
  /** What that is; null: what the file shows. */
  readonly scores: OutputKind | null;
  /** The class whose probability is the score of a binary task. */
  readonly positive: string | null;
}

export interface ImportedModel {
  /** `features` [rows, width] Float32 in, a score [rows], or [rows, K], out. The file's own bytes if it is that already. */
  readonly model: Uint8Array;
  /** How the order of the features is known, for people. */
  readonly order: string;
  /** What the score is made of, for people: `probabilities (probability)`. */
  readonly score: string;
  readonly producer: string;
  readonly opsets: ReadonlyMap<string, number>;
  /** Features that feed an input. */
  readonly used: ReadonlySet<string>;
  /** Names of the columns of its inputs by feature, as examples may call them. */
  readonly names: ReadonlyMap<string, readonly string[]>;
  /** Codes of the categories that it knows, by feature: it may score no others. */
  readonly known: ReadonlyMap<string, readonly number[]>;
  /** For people: what they may not expect. */
  readonly notices: readonly string[];
}

const ML = 'ai.onnx.ml';
/** LabelEncoder with numbers as keys. */
const ML_VERSION = 2;
/** Where and IsNaN of strings, bools and numbers. */
const OPSET_MIN = 9;
/** For a file that imports no operators of ai.onnx itself. */
const OPSET = 13;

/** @throws MODEL_INVALID with what to do about it */
export function importOnnx(
  bytes: Uint8Array,
  features: readonly FeatureSpec[],
  shape: ScoreShape,
  choices: ImportChoices,
): ImportedModel {
  requireSelfContained(bytes);
  const view = viewModel(bytes);
  requireKnownOperators(view);
  const plan = planInputs(view, features, choices.features);
  const outputs = modelOutputs(view);
  const chosen = chosenOutputs(outputs, choices.output, choices.scores);
  const [first] = chosen;
  if (first === undefined) return refuse('no output is named', 'Name one with --output.');
  const kind = kindOf(first, choices.scores, shape.isProbability);
  const choice: ScoreChoice = { outputs: chosen, kind, positive: choices.positive };
  const described = {
    order: plan.order,
    score: `${chosen.map(({ name }) => name).join(', ')} (${kind})`,
    producer: view.producer,
    opsets: view.opsets,
    names: namesOf(plan),
    used: new Set(plan.inputs.flatMap(({ columns }) => columns.map(({ feature }) => feature))),
  };
  if (isCanonical(plan, outputs, choice, shape, features.length))
    return { ...described, model: bytes, known: new Map(), notices: [] };
  return { ...described, ...rewritten(bytes, { view, plan, choice, shape, width: features.length }) };
}

/** Inputs of one column, by their feature. */
function namesOf({ inputs }: InputPlan): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const { name, columns } of inputs) {
    const [only] = columns;
    if (only === undefined || columns.length > 1) continue;
    names.set(only.feature, [...(names.get(only.feature) ?? []), name]);
  }
  return names;
}

/** Whether an engine can use the file as it is: then its bytes stay those of which others have the hash. */
function isCanonical(
  { inputs }: InputPlan,
  outputs: readonly ModelOutput[],
  { outputs: chosen, kind, positive }: ScoreChoice,
  shape: ScoreShape,
  width: number,
): boolean {
  const [input] = inputs;
  const [score] = chosen;
  if (input === undefined || score === undefined || inputs.length + chosen.length > 2) return false;
  const isVector =
    input.elemType === FLOAT32 &&
    !input.isVector &&
    input.columns.length === width &&
    input.columns.every(
      ({ index, values, missing }, i) => index === i && values === null && missing === null,
    );
  const isScore =
    score.elemType === FLOAT32 &&
    score.value === score.name &&
    (kind === 'probability' || kind === 'value') &&
    (shape.width === 1 ? score.width === 0 || score.width === 1 : score.width === shape.width) &&
    (shape.width === 1 || score.classes === null || shape.classes === null) &&
    positive === null;
  return (
    isVector && isScore && outputs.every(({ name, elemType }) => name === score.name || elemType === INT64)
  );
}

const INT64 = 7;
/** Up to it every integer is a number of its own. */
const WHOLE_MAX = 2 ** 53;

interface RewriteParts {
  readonly view: ModelView;
  readonly plan: InputPlan;
  readonly choice: ScoreChoice;
  readonly shape: ScoreShape;
  readonly width: number;
}

function rewritten(
  bytes: Uint8Array,
  { view, plan, choice, shape, width }: RewriteParts,
): Pick<ImportedModel, 'model' | 'known' | 'notices'> {
  const prefix = ownPrefix(bytes);
  const front = new GraphBuilder('front', `${prefix}in_`);
  const features = front.input(freeName(bytes, 'features'), 'float32', ['rows', width]);
  const fed = feedInputs(front, features, width, plan, view);
  const back = new GraphBuilder('back', `${prefix}out_`);
  const own = scoreOf(back, choice, shape);
  const score = fed.needed.length === 0 ? own : withNeeded(back, own, fed.needed, shape.width);
  back.output(
    freeName(bytes, 'score'),
    score,
    'float32',
    shape.width === 1 ? ['rows'] : ['rows', shape.width],
  );
  const [before, after] = [front.parts(), back.parts()];
  const dropped = new Set(view.nodes.flatMap(({ opType }, i) => (opType === 'ZipMap' ? [i] : [])));
  const changed = new Map(fed.strict.map((node) => [node, { attribute: 'zeros', int: 1 }]));
  const isRecoded = [...before.node, ...after.node].some(({ opType }) => opType === 'LabelEncoder');
  const needsWhere = before.node.some(({ opType }) => opType === 'Where') || fed.needed.length > 0;
  const opsets = opsetsFor(view, isRecoded, needsWhere);
  const model = rewriteModel(bytes, view.irVersion, { before, after, dropped, changed, opsets });
  return { model, known: fed.known, notices: fed.notices };
}

/** The score of rows where all that is needed is finite; NaN in others, which the engine replaces by the fallback. */
function withNeeded(graph: GraphBuilder, score: string, needed: readonly string[], width: number): string {
  const all = needed.length === 1 ? (needed[0] as string) : graph.op('Concat', needed, { axis: { int: 1 } });
  const isFinite = graph.op('Cast', [graph.op('Less', [graph.op('Abs', [all]), graph.scalar(WHOLE_MAX)])], {
    to: { int: FLOAT32 },
  });
  const ones = graph.op('Reshape', [graph.floats(needed.map(() => 1)), graph.ints([-1, 1])]);
  const lacks = graph.op('Less', [graph.op('MatMul', [isFinite, ones]), graph.scalar(needed.length - 0.5)]);
  const rows = width === 1 ? graph.op('Gather', [lacks, graph.int(0)], { axis: { int: 1 } }) : lacks;
  return graph.op('Where', [rows, graph.scalar(Number.NaN), score]);
}

function opsetsFor(
  { opsets, nodes }: ModelView,
  isRecoded: boolean,
  needsWhere: boolean,
): Map<string, number> {
  const needed = new Map(opsets);
  const own = opsets.get('') ?? OPSET;
  if (needsWhere && own < OPSET_MIN)
    refuse(
      `the model uses operators of ONNX ${own}, which have none for missing values`,
      `Export it with target_opset ${OPSET} or newer.`,
    );
  needed.set('', own);
  const ml = opsets.get(ML) ?? ML_VERSION;
  if (!isRecoded) return needed;
  // Between the first two versions LabelEncoder alone has changed.
  if (ml < ML_VERSION && nodes.some(({ opType, domain }) => domain === ML && opType === 'LabelEncoder'))
    refuse(
      `the model uses the first version of ${ML}, whose LabelEncoder has no numbers as keys`,
      `Export it with target_opset={"": ${OPSET}, "${ML}": ${ML_VERSION}}.`,
    );
  return needed.set(ML, Math.max(ml, ML_VERSION));
}
