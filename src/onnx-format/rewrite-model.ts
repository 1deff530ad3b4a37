// A model file with another front and another end (control path): nodes before and after its own, with inputs and outputs of
// its graph to match. What the edit does not name stays byte for byte.
import { createHash } from 'node:crypto';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { MillraceError } from '../core/errors.ts';
import { encodeMessage } from './fields.ts';
import * as Onnx from './messages.ts';
import { delimited, rawFields } from './raw-message.ts';

export interface GraphParts {
  readonly node: readonly Onnx.Node[];
  readonly initializer: readonly Onnx.Tensor[];
  readonly input: readonly Onnx.ValueInfo[];
  readonly output: readonly Onnx.ValueInfo[];
}

export interface Rewrite {
  /** In the order in which they run: before the model's own nodes. */
  readonly before: GraphParts;
  readonly after: GraphParts;
  /** Indices of nodes that are left out. */
  readonly dropped: ReadonlySet<number>;
  /** Attributes that are integers and get another value, by the index of their node. */
  readonly changed: ReadonlyMap<number, { readonly attribute: string; readonly int: number }>;
  /** By domain, '' for ai.onnx. */
  readonly opsets: ReadonlyMap<string, number>;
}

const MODEL = { irVersion: 1, graph: 7, opsets: 8 } as const;
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12 } as const;
const NODE_ATTRIBUTE = 5;
/** Before it, constants had to be inputs of the graph. */
const IR_VERSION_MIN = 4;
/** Hexadecimal digits of a hash in names. */
const PREFIX_DIGITS = 16;

/** @throws MODEL_INVALID for bytes that are no model with one graph */
export function rewriteModel(bytes: Uint8Array, irVersion: number, edit: Rewrite): Uint8Array {
  const fields = rawFields(bytes);
  if (fields.filter(({ tag }) => tag === MODEL.graph).length !== 1)
    throw new MillraceError('MODEL_INVALID', 'the file does not hold one graph', {
      remedy: 'Export the model as one ONNX file.',
    });
  const to = new BinaryWriter();
  to.raw(
    encodeMessage(
      { irVersion: Onnx.modelMessage.irVersion },
      { irVersion: Math.max(irVersion, IR_VERSION_MIN) },
    ),
  );
  for (const { tag, whole, body } of fields) {
    if (tag === MODEL.irVersion || tag === MODEL.opsets) continue;
    to.raw(tag === MODEL.graph && body !== null ? delimited(tag, graphOf(body, edit)) : whole);
  }
  for (const [domain, version] of edit.opsets)
    to.raw(delimited(MODEL.opsets, encodeMessage(Onnx.operatorSetId, { domain, version })));
  return to.finish();
}

function graphOf(bytes: Uint8Array, { before, after, dropped, changed }: Rewrite): Uint8Array {
  const to = new BinaryWriter();
  const add = <T extends object>(
    tag: number,
    message: Parameters<typeof encodeMessage<T>>[0],
    values: readonly T[],
  ): void => {
    for (const value of values) to.raw(delimited(tag, encodeMessage(message, value)));
  };
  add(GRAPH.node, Onnx.node, before.node);
  let index = -1;
  for (const { tag, whole, body } of rawFields(bytes)) {
    if (tag === GRAPH.input || tag === GRAPH.output) continue;
    if (tag === GRAPH.node) index += 1;
    const change = tag === GRAPH.node ? changed.get(index) : undefined;
    if (tag === GRAPH.node && dropped.has(index)) continue;
    to.raw(change === undefined || body === null ? whole : delimited(tag, withAttribute(body, change)));
  }
  add(GRAPH.node, Onnx.node, after.node);
  for (const part of [before, after]) {
    add(GRAPH.initializer, Onnx.tensor, part.initializer);
    add(GRAPH.input, Onnx.valueInfo, part.input);
    add(GRAPH.output, Onnx.valueInfo, part.output);
  }
  return to.finish();
}

function withAttribute(
  node: Uint8Array,
  { attribute: name, int }: { attribute: string; int: number },
): Uint8Array {
  const to = new BinaryWriter();
  const own = Buffer.from(delimited(1, Buffer.from(name)));
  for (const { tag, whole, body } of rawFields(node)) {
    const isOld =
      tag === NODE_ATTRIBUTE && body !== null && rawFields(body).some((field) => own.equals(field.whole));
    if (!isOld) to.raw(whole);
  }
  to.raw(
    delimited(NODE_ATTRIBUTE, encodeMessage(Onnx.attribute, { name, i: int, type: Onnx.ATTRIBUTE_TYPE.int })),
  );
  return to.finish();
}

/** Begins names that no value of the model has: a file does not hold its own hash. */
export function ownPrefix(bytes: Uint8Array): string {
  return `millrace_${createHash('sha256').update(bytes).digest('hex').slice(0, PREFIX_DIGITS)}_`;
}

/** `wanted`, unless a text of the file may be the same: then with a prefix of its own. */
export function freeName(bytes: Uint8Array, wanted: string): string {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // A text in the file follows its length.
  const isTaken = file.includes(Buffer.from([wanted.length, ...Buffer.from(wanted)]));
  return isTaken ? ownPrefix(bytes) + wanted : wanted;
}
