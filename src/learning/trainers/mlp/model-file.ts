// A trained model as an ONNX file (control path): raw features in, scores out, and back to what a warm start needs.
import { z } from 'zod';
import { invariant } from '../../../core/errors.ts';
import { decodeMessage } from '../../../onnx-format/fields.ts';
import { DATA_TYPE, modelMessage } from '../../../onnx-format/messages.ts';
import { addEncoding } from '../encoding/encode-graph.ts';
import { embeddingOffsets, encodingFromJson, encodingToJson } from '../encoding/encoding.ts';
import type { Encoding } from '../encoding/encoding.ts';
import { addScore } from './forward-graph.ts';
import { GraphBuilder } from '../../graph-builder.ts';
import { isProbability } from '../../objective.ts';
import type { Head, Target } from './head.ts';
import { EMBEDDING } from './network-shape.ts';
import type { NetworkShape } from './network-shape.ts';
import { nth } from '../../nth.ts';

const METADATA_ENCODING = 'millrace.encoding';
const METADATA_TARGET = 'millrace.target';

/** What a warm start reads from a champion. */
export interface TrainedModel {
  readonly encoding: Encoding;
  /** Parameters by name. */
  readonly parameters: ReadonlyMap<string, Float32Array>;
  /** The scale of the labels; null for probabilities. */
  readonly target: Target | null;
}

/**
 * The model that serves: `features` [n, width] Float32 with NaN where missing, `score` [n] Float32. Each parameter is
 * an initializer under its name; the encoding is a metadata property.
 */
export function buildModel(
  encoding: Encoding,
  shape: NetworkShape,
  theta: Float32Array,
  head: Head,
): Uint8Array {
  const graph = new GraphBuilder('millrace_model');
  const features = graph.input('features', 'float32', ['n', encoding.features.length]);
  const encoded = addEncoding(graph, encoding, features);
  const parameters = new Map(
    shape.parameters.map(({ name, dims, offset, size }) => [
      name,
      graph.initializer(name, { type: 'float32', data: theta.slice(offset, offset + size), dims }),
    ]),
  );
  addScore(graph, shape, parameters, encoded, head);
  const target = isProbability(head.objective) ? {} : { [METADATA_TARGET]: JSON.stringify(head.target) };
  return graph.build({ [METADATA_ENCODING]: encodingToJson(encoding), ...target });
}

/** Null for a model that this trainer did not make: it can be compared with, not started from. */
export function readModel(model: Uint8Array): TrainedModel | null {
  const { metadataProps = [], graph } = decodeMessage(modelMessage, model);
  const metadata = new Map(metadataProps.map(({ key, value }) => [key, value]));
  const encoding = encodingFromJson(metadata.get(METADATA_ENCODING) ?? '');
  if (encoding === null) return null;
  const parameters = new Map<string, Float32Array>();
  for (const { name, rawData, dataType } of graph?.initializer ?? []) {
    if (dataType !== DATA_TYPE.float32 || !rawData || !name) continue;
    // A copy: raw bytes inside a file are not aligned.
    parameters.set(name, new Float32Array(Uint8Array.from(rawData).buffer));
  }
  const target = metadata.get(METADATA_TARGET);
  return { encoding, parameters, target: target === undefined ? null : targetOf(target) };
}

const targetSchema = z.object({ mean: z.number(), deviation: z.number().positive() });

function targetOf(json: string): Target | null {
  try {
    return targetSchema.parse(JSON.parse(json));
  } catch {
    return null;
  }
}

/**
 * The champion's parameters in `shape`, the shape of `encoding`, which is the champion's with longer vocabularies: a
 * category that is new begins at its feature's unknown row.
 */
export function warmParameters(
  champion: TrainedModel,
  encoding: Encoding,
  shape: NetworkShape,
): Float32Array {
  const theta = new Float32Array(shape.size);
  for (const { name, offset, size, dims } of shape.parameters) {
    const old = champion.parameters.get(name);
    invariant(old !== undefined, `the champion has ${name}`);
    const into = theta.subarray(offset, offset + size);
    if (name === EMBEDDING) copyTable(into, old, champion.encoding, encoding, nth(dims, 1));
    else into.set(old);
  }
  return theta;
}

/** Rows keep their place within their feature: an extended vocabulary only grows behind. */
function copyTable(
  into: Float32Array,
  from: Float32Array,
  oldEncoding: Encoding,
  newEncoding: Encoding,
  width: number,
): void {
  const oldOffsets = embeddingOffsets(oldEncoding);
  const newOffsets = embeddingOffsets(newEncoding);
  for (let feature = 0; feature + 1 < newOffsets.length; feature += 1) {
    const oldStart = nth(oldOffsets, feature);
    const oldRows = nth(oldOffsets, feature + 1) - oldStart;
    const newStart = nth(newOffsets, feature);
    const newRows = nth(newOffsets, feature + 1) - newStart;
    for (let row = 0; row < newRows; row += 1) {
      const source = (oldStart + (row < oldRows ? row : 0)) * width;
      into.set(from.subarray(source, source + width), (newStart + row) * width);
    }
  }
}
