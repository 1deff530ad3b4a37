// The nodes in front of a model that others made (control path): they cut the vector of features into its inputs, of the types
// that it takes.
import { categoryCode } from '../../core/murmur2.ts';
import type { ModelView } from '../../onnx-format/model-view.ts';
import type { GraphBuilder, Value } from '../graph-builder.ts';
import {
  FLOAT32,
  type InputColumn,
  type InputPlan,
  type ModelInput,
  STRING,
  WHOLE_TYPES,
} from './model-inputs.ts';
import { requireStringValues, stringValuesOf } from './string-values.ts';

export interface Fed {
  /**
   * Float32 [rows, 1] each: not finite in rows that the model has no input for, as an integer cannot be missing. The rows get
   * no score. Empty where every row has one.
   */
  readonly needed: readonly Value[];
  /** Encoders that must not fail for what they do not know. */
  readonly strict: readonly number[];
  /** Codes of the categories that the model knows, by feature. */
  readonly known: ReadonlyMap<string, readonly number[]>;
  /** For people: what a user may not expect. */
  readonly notices: readonly string[];
}

const ML = 'ai.onnx.ml';
/** A code that no category has: codes are 24 bits. */
const NO_CODE = -2;
/** A string that no vocabulary has. */
const UNKNOWN = '\u0000unknown';

export function feedInputs(
  graph: GraphBuilder,
  features: Value,
  width: number,
  plan: InputPlan,
  model: ModelView,
): Fed {
  const feeder = new Feeder(graph, features, model);
  for (const input of plan.inputs) feeder.feed(input, width);
  return feeder;
}

/** A category of a feature, with the code that the feature has for it. */
interface Category {
  readonly text: string;
  readonly code: number;
  /** Its place among the values. */
  readonly place: number;
}

class Feeder implements Fed {
  readonly needed: Value[] = [];
  readonly strict: number[] = [];
  readonly notices: string[] = [];
  readonly known = new Map<string, readonly number[]>();
  readonly #graph: GraphBuilder;
  readonly #features: Value;
  readonly #model: ModelView;

  constructor(graph: GraphBuilder, features: Value, model: ModelView) {
    this.#graph = graph;
    this.#features = features;
    this.#model = model;
  }

  feed(input: ModelInput, width: number): void {
    const graph = this.#graph;
    const { columns, elemType, name, isVector } = input;
    const isPlain = columns.every(({ values, missing }) => values === null && missing === null);
    const codes = columns.filter(({ kind, values }) => kind === 'categorical' && values === null);
    if (elemType !== STRING && codes.length > 0)
      this.notices.push(
        `${codes.map(({ feature }) => feature).join(', ')}: the model gets the codes of the categories, as they are logged`,
      );
    let fed: Value;
    if (elemType === STRING || !isPlain) {
      const parts = columns.map((column) => this.#column(input, column));
      fed = parts.length === 1 ? (parts[0] as Value) : graph.op('Concat', parts, { axis: { int: 1 } });
    } else {
      const isWhole = columns.length === width && columns.every(({ index }, i) => index === i);
      fed = isWhole ? this.#features : this.#cut(columns);
      if (WHOLE_TYPES.has(elemType)) this.needed.push(...columns.map((column) => this.#cut([column])));
    }
    if (isVector) fed = graph.op('Gather', [fed, graph.int(0)], { axis: { int: 1 } });
    if (elemType === FLOAT32 || elemType === STRING) graph.alias(name, fed);
    else graph.alias(name, graph.op('Cast', [fed], { to: { int: elemType } }));
  }

  #cut(columns: readonly InputColumn[]): Value {
    const indices = this.#graph.ints(columns.map(({ index }) => index));
    return this.#graph.op('Gather', [this.#features, indices], { axis: { int: 1 } });
  }

  /** One column, [rows, 1]: a string, or a number that is cast later. */
  #column(input: ModelInput, column: InputColumn): Value {
    const raw = this.#cut([column]);
    if (input.elemType === STRING) return this.#text(input, column, raw);
    const { values, missing } = column;
    const placed = values === null ? raw : this.#place(this.#categories(column, values), raw);
    const filled = missing === null ? placed : this.#filled(placed, missing as number); // checked: the input is no string
    if (WHOLE_TYPES.has(input.elemType)) this.needed.push(filled);
    return filled;
  }

  #filled(raw: Value, missing: number): Value {
    return this.#graph.op('Where', [this.#graph.op('IsNaN', [raw]), this.#graph.scalar(missing), raw]);
  }

  /** The places of the categories among the values; NaN for others. */
  #place(categories: readonly Category[], raw: Value): Value {
    const attributes = {
      keys_floats: { floats: [NO_CODE, ...categories.map(({ code }) => code)] },
      values_floats: { floats: [Number.NaN, ...categories.map(({ place }) => place)] },
      default_float: { float: Number.NaN },
    };
    return this.#graph.op('LabelEncoder', [this.#filled(raw, NO_CODE)], attributes, ML);
  }

  #text({ name }: ModelInput, column: InputColumn, raw: Value): Value {
    const found =
      column.values === null ? requireStringValues(this.#model, name) : stringValuesOf(this.#model, name);
    const categories = this.#categories(column, column.values ?? found?.values ?? []);
    const { missing } = column;
    const coded = this.#filled(raw, typeof missing === 'string' ? categoryCode(missing) : NO_CODE);
    if (found !== null && found.strict.length > 0) {
      for (const strict of found.strict) this.strict.push(strict);
      this.needed.push(this.#place(categories, coded));
    }
    const attributes = {
      keys_floats: { floats: [NO_CODE, ...categories.map(({ code }) => code)] },
      values_strings: { strings: [UNKNOWN, ...categories.map(({ text }) => text)] },
      default_string: { string: UNKNOWN },
    };
    return this.#graph.op('LabelEncoder', [coded], attributes, ML);
  }

  /** Those whose code no other has: the engine cannot tell apart two with the same one, and neither counts as known. */
  #categories({ feature }: InputColumn, values: readonly string[]): readonly Category[] {
    const all = [...new Set(values)].map((text) => ({
      text,
      code: categoryCode(text),
      place: values.indexOf(text),
    }));
    const counts = new Map<number, number>();
    for (const { code } of all) counts.set(code, (counts.get(code) ?? 0) + 1);
    const shared = all.filter(({ code }) => (counts.get(code) ?? 0) > 1).map(({ text }) => text);
    if (shared.length > 0)
      this.notices.push(`${feature}: ${shared.join(', ')} count as unknown, as two categories share a code`);
    const categories = all.filter(({ code }) => counts.get(code) === 1);
    this.known.set(
      feature,
      categories.map(({ code }) => code),
    );
    return categories;
  }
}
