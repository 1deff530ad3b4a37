// The encoding as a piece of ONNX graph (control path): one definition, in the model that serves and in training.
import { embeddingOffsets, numericWidth } from './encoding.ts';
import { MISSING_CODE } from '../../category-code.ts';
import type { Encoding, NumericEncoding } from './encoding.ts';
import { GraphBuilder } from '../../graph-builder.ts';
import type { Value } from '../../graph-builder.ts';
import { nth } from '../../nth.ts';

export interface EncodedValues {
  /** Float32 [n, numericWidth]; null where no feature is numeric. */
  readonly numeric: Value | null;
  /** int64 [n, categorical features]: rows of the embedding table; null where no feature is categorical. */
  readonly categories: Value | null;
}

/** Adds the encoding of `features`, Float32 [n, width] with NaN where missing. */
export function addEncoding(graph: GraphBuilder, encoding: Encoding, features: Value): EncodedValues {
  return {
    numeric: encoding.numeric.length === 0 ? null : addNumeric(graph, encoding, features),
    categories: encoding.categorical.length === 0 ? null : addCategories(graph, encoding, features),
  };
}

/** The encoding alone as a model: `features` in, `numeric` and `categories` out, those that there are. */
export function buildEncoder(encoding: Encoding): Uint8Array {
  const graph = new GraphBuilder('encoder');
  const features = graph.input('features', 'float32', ['n', encoding.features.length]);
  const { numeric, categories } = addEncoding(graph, encoding, features);
  if (numeric !== null) graph.output('numeric', numeric, 'float32', ['n', numericWidth(encoding)]);
  if (categories !== null) {
    graph.output('categories', categories, 'int64', ['n', encoding.categorical.length]);
  }
  return graph.build();
}

function addNumeric(graph: GraphBuilder, encoding: Encoding, features: Value): Value {
  const { numeric, clipDeviations } = encoding;
  const raw = columns(graph, features, numeric);
  const missing = graph.op('IsNaN', [raw]);
  const transformed = addSignedLog(graph, raw, numeric);
  const centred = graph.op('Sub', [transformed, graph.floats(numeric.map((feature) => feature.mean))]);
  const standard = graph.op('Div', [centred, graph.floats(numeric.map((feature) => feature.deviation))]);
  const clipped = graph.op('Clip', [standard, graph.scalar(-clipDeviations), graph.scalar(clipDeviations)]);
  const values = graph.op('Where', [missing, graph.scalar(0), clipped]);
  const indicators = numeric.flatMap(({ indicator }, i) => (indicator ? [i] : []));
  if (indicators.length === 0) return values;
  const chosen = graph.op('Gather', [missing, graph.ints(indicators)], { axis: { int: 1 } });
  const ones = graph.op('Cast', [chosen], { to: { int: 1 } });
  return graph.op('Concat', [values, ones], { axis: { int: 1 } });
}

/**
 * asinh(x / scale) of the columns behind the plain ones: about sign(x) ln(2 |x| / scale) far from 0, x / scale near it. ONNX Runtime computes it
 * value by value. Not so its Log, whose last few values of a tensor go through other code and may differ in the last
 * bit: then a row's score would depend on the batch that it comes in.
 */
function addSignedLog(graph: GraphBuilder, raw: Value, numeric: readonly NumericEncoding[]): Value {
  const plainCount = numeric.filter((feature) => !feature.signedLog).length;
  if (plainCount === numeric.length) return raw;
  const scales = graph.floats(numeric.slice(plainCount).map(({ logScale }) => logScale));
  const asinh = (values: Value): Value => graph.op('Asinh', [graph.op('Div', [values, scales])]);
  if (plainCount === 0) return asinh(raw);
  const slice = (from: number, to: number): Value =>
    graph.op('Slice', [raw, graph.ints([from]), graph.ints([to]), graph.ints([1])]);
  const logged = asinh(slice(plainCount, numeric.length));
  return graph.op('Concat', [slice(0, plainCount), logged], { axis: { int: 1 } });
}

/** Each code becomes its row in the table: a hash look-up, whatever the vocabulary's size. */
function addCategories(graph: GraphBuilder, encoding: Encoding, features: Value): Value {
  const offsets = embeddingOffsets(encoding);
  const rows = encoding.categorical.map((feature, i) => {
    const raw = columns(graph, features, [feature]);
    const missing = graph.op('IsNaN', [raw]);
    const code = graph.op('Where', [missing, graph.scalar(MISSING_CODE), raw]);
    const unknownRow = nth(offsets, i);
    const attributes = {
      // A vocabulary may be empty, an attribute may not: no real code is negative and no missing one is -2.
      keys_floats: { floats: [-2, ...feature.vocabulary] },
      values_floats: { floats: [unknownRow, ...feature.vocabulary.map((_, k) => unknownRow + 1 + k)] },
      default_float: { float: unknownRow },
    };
    return graph.op('LabelEncoder', [code], attributes, 'ai.onnx.ml');
  });
  const joined = rows.length === 1 ? nth(rows, 0) : graph.op('Concat', rows, { axis: { int: 1 } });
  return graph.op('Cast', [joined], { to: { int: 7 } });
}

function columns(
  graph: GraphBuilder,
  features: Value,
  chosen: ReadonlyArray<{ readonly column: number }>,
): Value {
  return graph.op('Gather', [features, graph.ints(chosen.map(({ column }) => column))], { axis: { int: 1 } });
}
