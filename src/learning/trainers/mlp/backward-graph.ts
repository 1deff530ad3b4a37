// The gradients of a batch as a piece of ONNX graph (control path): back-propagation, written out.
import type { EncodedValues } from '../encoding/encode-graph.ts';
import type { LayerTape } from './forward-graph.ts';
import type { GraphBuilder, Value } from '../../graph-builder.ts';
import { biasName, EMBEDDING, weightName } from './network-shape.ts';
import type { NetworkShape } from './network-shape.ts';
import { nth } from '../../nth.ts';

/**
 * Gradients by parameter name. `logitGradients` holds d loss / d logit, [n, 1], of each member.
 * Source of the rules: I. Goodfellow, Y. Bengio, A. Courville, "Deep Learning" (2016), section 6.5.
 */
export function addGradients(
  graph: GraphBuilder,
  shape: NetworkShape,
  encoded: EncodedValues,
  members: ReadonlyArray<readonly LayerTape[]>,
  logitGradients: readonly Value[],
): Map<string, Value> {
  const gradients = new Map<string, Value>();
  const intoEmbeddings = members.map((tapes, member) => {
    const first = addMemberGradients(graph, shape, member, tapes, nth(logitGradients, member), gradients);
    return encoded.categories === null ? '' : addEmbeddedGradient(graph, shape, nth(tapes, 0), first);
  });
  if (encoded.categories !== null) {
    const total = intoEmbeddings.length === 1 ? nth(intoEmbeddings, 0) : graph.op('Sum', intoEmbeddings);
    gradients.set(EMBEDDING, addTableGradient(graph, shape, encoded.categories, total));
  }
  return gradients;
}

/** Adds one member's gradients and gives that of its first layer's pre-activation. */
function addMemberGradients(
  graph: GraphBuilder,
  shape: NetworkShape,
  member: number,
  tapes: readonly LayerTape[],
  logitGradient: Value,
  gradients: Map<string, Value>,
): Value {
  let gradient = logitGradient;
  for (let layer = tapes.length - 1; layer >= 0; layer -= 1) {
    const tape = tapes[layer];
    if (tape === undefined) break;
    gradients.set(
      weightName(member, layer),
      graph.op('Gemm', [tape.input, gradient], { transA: { int: 1 } }),
    );
    const sum = graph.op('ReduceSum', [gradient, graph.ints([0])], { keepdims: { int: 0 } });
    gradients.set(biasName(member, layer), sum);
    const below = tapes[layer - 1];
    if (below === undefined) break;
    let intoInput = graph.op('Gemm', [gradient, tape.weight], { transB: { int: 1 } });
    if (below.dropout !== null) intoInput = graph.op('Mul', [intoInput, below.dropout]);
    gradient = addActivationGradient(graph, shape, below.preActivation, intoInput);
  }
  return gradient;
}

function addActivationGradient(graph: GraphBuilder, shape: NetworkShape, z: Value, gradient: Value): Value {
  const zero = graph.scalar(0);
  if (shape.activation === 'relu') return graph.op('Where', [graph.op('Greater', [z, zero]), gradient, zero]);
  // d silu / dz = s (1 + z (1 - s)) with s = sigmoid(z)
  const one = graph.scalar(1);
  const s = graph.op('Sigmoid', [z]);
  const inner = graph.op('Add', [one, graph.op('Mul', [z, graph.op('Sub', [one, s])])]);
  return graph.op('Mul', [gradient, graph.op('Mul', [s, inner])]);
}

/** Through the first layer's weights of the embedded columns alone: [n, categories * size]. */
function addEmbeddedGradient(
  graph: GraphBuilder,
  shape: NetworkShape,
  first: LayerTape,
  gradient: Value,
): Value {
  const from = graph.ints([shape.numericWidth]);
  const to = graph.ints([shape.numericWidth + shape.categoryCount * shape.embeddingSize]);
  const weight = graph.op('Slice', [first.weight, from, to, graph.ints([0])]);
  return graph.op('Gemm', [gradient, weight], { transB: { int: 1 } });
}

/** Adds each row's gradient to the embedding row that it looked up. */
function addTableGradient(
  graph: GraphBuilder,
  shape: NetworkShape,
  categories: Value,
  gradient: Value,
): Value {
  const { embeddingRows, embeddingSize } = shape;
  const zeros = graph.initializer('embedding_zeros', {
    type: 'float32',
    data: new Float32Array(embeddingRows * embeddingSize),
    dims: [embeddingRows, embeddingSize],
  });
  const indices = graph.op('Reshape', [categories, graph.ints([-1, 1])]);
  const updates = graph.op('Reshape', [gradient, graph.ints([-1, embeddingSize])]);
  return graph.op('ScatterND', [zeros, indices, updates], { reduction: { string: 'add' } });
}
