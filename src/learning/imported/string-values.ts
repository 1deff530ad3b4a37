// The strings that a model knows at one of its inputs (control path): features have codes of categories, which are mapped back
// to these.
import { type ModelView, type NodeView, textsOf } from '../../onnx-format/model-view.ts';
import { refuse } from './refuse.ts';

export interface StringValues {
  readonly values: readonly string[];
  /** Indices of encoders that fail for a string that they do not know, and with it a whole batch. */
  readonly strict: readonly number[];
}

/** Operators that pass strings on. */
const PASSES: ReadonlySet<string> = new Set([
  'Concat',
  'Identity',
  'Cast',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Gather',
  'Slice',
  'Split',
  'Transpose',
  'ArrayFeatureExtractor',
]);

/** Operators that know their strings, and the attribute that lists them. */
const KNOWS: Readonly<Record<string, string>> = {
  OneHotEncoder: 'cats_strings',
  LabelEncoder: 'keys_strings',
  CategoryMapper: 'cats_strings',
};

/**
 * Follows an input to the encoders that take it. Null if something else takes its strings.
 */
export function stringValuesOf({ nodes, outputs }: ModelView, input: string): StringValues | null {
  const reached = new Set([input]);
  const values = new Set<string>();
  const strict: number[] = [];
  // Nodes are listed in an order in which they can run.
  for (const [index, node] of nodes.entries()) {
    if (!node.inputs.some((name) => reached.has(name))) continue;
    const known = knownBy(node);
    if (known !== null) {
      for (const text of known) values.add(text);
      if (node.opType === 'OneHotEncoder' && node.attribute('zeros')?.i === 0) strict.push(index);
    } else if (PASSES.has(node.opType)) for (const name of node.outputs) reached.add(name);
    else return null;
  }
  if (outputs.some(({ name = '' }) => reached.has(name))) return null;
  return { values: [...values], strict };
}

function knownBy(node: NodeView): readonly string[] | null {
  const attribute = node.domain === 'ai.onnx.ml' ? KNOWS[node.opType] : undefined;
  return attribute === undefined ? null : textsOf(node, attribute);
}

/** @throws MODEL_INVALID where the model's strings are not known */
export function requireStringValues(model: ModelView, input: string): StringValues {
  return (
    stringValuesOf(model, input) ??
    refuse(
      `the strings that input ${input} takes are not in the file`,
      `List them in the map: {"${input}": {"feature": "country", "values": ["DE", "FR"]}}.`,
    )
  );
}
