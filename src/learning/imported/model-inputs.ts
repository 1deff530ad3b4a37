// Which features feed which columns of a model's inputs (control path): by the map that a user gives, by names that the file
// has, or in the order of the topology.
import type { FeatureSpec } from '../../core/feature-spec.ts';
import { suggestion } from '../../core/unknown-keys.ts';
import type { ValueInfo } from '../../onnx-format/messages.ts';
import { type ModelView, typeName } from '../../onnx-format/model-view.ts';
import { columnSource, type ColumnSource, type FeatureMap } from './feature-map.ts';
import { refuse } from './refuse.ts';

export interface InputColumn extends ColumnSource {
  /** Place of the feature in the vector. */
  readonly index: number;
  readonly kind: FeatureSpec['kind'];
}

export interface ModelInput {
  readonly name: string;
  /** TensorProto.DataType. */
  readonly elemType: number;
  /** Whether it is [rows], not [rows, columns]. */
  readonly isVector: boolean;
  readonly columns: readonly InputColumn[];
}

export interface InputPlan {
  readonly inputs: readonly ModelInput[];
  /** How the order of the features is known, for people. */
  readonly order: string;
}

export const STRING = 8;
export const FLOAT32 = 1;
export const FLOAT64 = 11;
/** Types that hold no NaN: integers and bool. */
export const WHOLE_TYPES: ReadonlySet<number> = new Set([2, 3, 4, 5, 6, 7, 9, 12, 13]);
/** Those that a Float32 can be cast to, and strings. */
const FED_TYPES: ReadonlySet<number> = new Set([...WHOLE_TYPES, FLOAT32, FLOAT64, 10, STRING]);

/** Metadata in which people, and some exporters, write the names of the columns. */
const NAME_KEYS = ['feature_names', 'features', 'feature_names_in_', 'input_features', 'columns'] as const;

interface Declared {
  readonly name: string;
  readonly elemType: number;
  readonly isVector: boolean;
  /** Null if the file leaves it open. */
  readonly width: number | null;
}

const MAP_REMEDY =
  'Name the features of its columns, in order: --features map.json with {"INPUT": ["feature", ...]}.';

/** @throws MODEL_INVALID with the remedy */
export function planInputs(
  model: ModelView,
  features: readonly FeatureSpec[],
  map: FeatureMap | null,
): InputPlan {
  const declared = model.inputs.map(declaredInput);
  const [first] = declared;
  if (first === undefined) return refuse('the model has no input', 'Export it with its features as inputs.');
  refuseUnknownKeys(model, declared, map);
  const names = declared.length === 1 ? columnNames(model) : null;
  const orders = new Set<string>();
  const inputs = declared.map((input) => {
    const { order, sources } = sourcesOf(input, declared.length === 1, { features, map, names });
    orders.add(order);
    if (input.width !== null && sources.length !== input.width)
      return refuse(
        `input ${input.name} has ${input.width} columns, and ${sources.length} features are named for it`,
        MAP_REMEDY,
      );
    const columns = sources.map((source) => columnOf(source, input, features));
    return { name: input.name, elemType: input.elemType, isVector: input.isVector, columns };
  });
  return { inputs, order: [...orders].join(', ') };
}

function declaredInput({ name = '', type }: ValueInfo): Declared {
  const tensor = type?.tensorType;
  const elemType = tensor?.elemType ?? 0;
  if (tensor === undefined)
    return refuse(`input ${name} is no tensor`, 'Export the model with tensors as inputs.');
  if (!FED_TYPES.has(elemType))
    return refuse(
      `input ${name} is ${typeName(elemType)}, which no feature can feed`,
      'Export it as float32, float64, an integer type, bool or string.',
    );
  const dims = tensor.shape?.dim;
  if (dims === undefined) return { name, elemType, isVector: false, width: null };
  const [rows, width] = dims;
  if (dims.length !== 1 && dims.length !== 2)
    return refuse(`input ${name} has ${dims.length} dimensions`, 'Export it as [rows, columns].');
  if (rows?.dimValue !== undefined && rows.dimValue > 0)
    return refuse(
      `input ${name} has a fixed number of rows, ${rows.dimValue}`,
      'Export it with a dynamic batch dimension: dynamic_shapes or dynamic_axes in torch.onnx.export, None in initial_types.',
    );
  if (dims.length === 1) return { name, elemType, isVector: true, width: 1 };
  return { name, elemType, isVector: false, width: width?.dimValue || null };
}

function columnNames({ metadata }: ModelView): readonly string[] | null {
  for (const key of NAME_KEYS) {
    const text = metadata.get(key);
    if (text === undefined) continue;
    try {
      const names: unknown = JSON.parse(text);
      if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
    } catch {
      return text.split(',').map((name) => name.trim());
    }
  }
  return null;
}

function refuseUnknownKeys(model: ModelView, inputs: readonly Declared[], map: FeatureMap | null): void {
  if (!(map instanceof Map)) return;
  const known = [
    ...inputs.map(({ name }) => name),
    ...(inputs.length === 1 ? (columnNames(model) ?? []) : []),
  ];
  for (const name of map.keys())
    if (!known.includes(name))
      refuse(
        `the model has no input '${name}'${suggestion(name, known)}`,
        `Its inputs are ${known.join(', ')}.`,
      );
}

interface Known {
  readonly features: readonly FeatureSpec[];
  readonly map: FeatureMap | null;
  readonly names: readonly string[] | null;
}

interface Sources {
  readonly order: string;
  readonly sources: readonly ColumnSource[];
}

function sourcesOf(input: Declared, isOnly: boolean, { features, map, names }: Known): Sources {
  const order = 'by the map';
  if (Array.isArray(map)) {
    if (isOnly) return { order, sources: map };
    return refuse('the model has several inputs, and the map is an array', MAP_REMEDY);
  }
  const mapped = map instanceof Map ? map.get(input.name) : undefined;
  if (mapped !== undefined) return { order, sources: mapped };
  if (names !== null) {
    const given = (name: string): ColumnSource | undefined =>
      map instanceof Map ? map.get(name)?.[0] : undefined;
    const sources = names.map((name) => given(name) ?? columnSource(featureNamed(name, features)));
    return { order: 'by the names in the file', sources };
  }
  const isNamed = input.width === 1 && (!isOnly || features.some(({ name }) => isAlike(name, input.name)));
  if (isNamed)
    return {
      order: 'by the names of the inputs',
      sources: [columnSource(featureNamed(input.name, features))],
    };
  if (isOnly && (input.width === null || input.width === features.length))
    return {
      order: 'as declared, as the file has no names',
      sources: features.map(({ name }) => columnSource(name)),
    };
  const columns = input.width === null ? 'an open number of' : input.width;
  return refuse(
    `input ${input.name} has ${columns} columns without names, and the topology has ${features.length} features`,
    MAP_REMEDY,
  );
}

/** Exporters replace what is no letter, digit or underscore. */
function plain(name: string): string {
  return name.replace(/[^A-Za-z0-9]/g, '_').toLowerCase();
}

function isAlike(a: string, b: string): boolean {
  return plain(a) === plain(b);
}

function featureNamed(name: string, features: readonly FeatureSpec[]): string {
  const exact = features.find((feature) => feature.name === name);
  if (exact !== undefined) return exact.name;
  const [alike, ...others] = features.filter((feature) => isAlike(feature.name, name));
  if (alike !== undefined && others.length === 0) return alike.name;
  const known = features.map((feature) => feature.name);
  return refuse(
    `the topology has no feature '${name}'${suggestion(name, known)}`,
    `Map it with --features: {"${name}": "feature"}.`,
  );
}

function columnOf(source: ColumnSource, input: Declared, features: readonly FeatureSpec[]): InputColumn {
  const index = features.findIndex(({ name }) => name === source.feature);
  const known = features.map(({ name }) => name);
  const spec = features[index];
  if (spec === undefined)
    return refuse(
      `the topology has no feature '${source.feature}'${suggestion(source.feature, known)}`,
      `Its features are ${known.join(', ')}.`,
    );
  const takesText = input.elemType === STRING || source.values !== null;
  if (takesText && spec.kind !== 'categorical')
    return refuse(
      `input ${input.name} takes categories, and the feature ${spec.name} is a number`,
      'Name a categorical feature, or export the model with a number there.',
    );
  const isTextMissing = typeof source.missing === 'string';
  if (source.missing !== null && isTextMissing !== (input.elemType === STRING))
    return refuse(
      `the missing value of ${spec.name} is ${JSON.stringify(source.missing)}, and input ${input.name} is ${typeName(input.elemType)}`,
      'Give a string for a string input, and a number for any other.',
    );
  return { ...source, index, kind: spec.kind };
}
