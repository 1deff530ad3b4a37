// A model file as another tool wrote it (control path): what an import needs of it. Nothing large is copied: attributes, which
// hold whole forests, are read one by one, when they are asked for.
import { MillraceError } from '../core/errors.ts';
import { blobs, decodeMessage, int, many, type Message, one, text, texts } from './fields.ts';
import {
  attribute,
  type Attribute,
  type OperatorSetId,
  operatorSetId,
  type StringPair,
  stringPair,
  type ValueInfo,
  valueInfo,
} from './messages.ts';

export interface NodeView {
  readonly opType: string;
  /** '' for ai.onnx. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Null if the node has no such attribute. */
  attribute(name: string): Attribute | null;
}

export interface ModelView {
  readonly irVersion: number;
  /** `skl2onnx 1.20.0`; empty if the file does not say. */
  readonly producer: string;
  /** By domain, '' for ai.onnx. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly nodes: readonly NodeView[];
  /** Those that a run must feed: old exporters list constants as well. */
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

interface RawNode {
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly opType?: string;
  readonly attribute?: readonly Uint8Array[];
  readonly domain?: string;
}
const rawNode: Message<RawNode> = {
  input: [1, texts],
  output: [2, texts],
  opType: [4, text],
  attribute: [5, blobs],
  domain: [7, text],
};

interface Named {
  readonly name?: string;
}
const namedTensor: Message<Named> = { name: [8, text] };
const namedAttribute: Message<Named> = { name: [1, text] };

interface RawGraph {
  readonly node?: readonly RawNode[];
  readonly initializer?: readonly Named[];
  readonly input?: readonly ValueInfo[];
  readonly output?: readonly ValueInfo[];
}
const rawGraph: Message<RawGraph> = {
  node: [1, many(rawNode)],
  initializer: [5, many(namedTensor)],
  input: [11, many(valueInfo)],
  output: [12, many(valueInfo)],
};

interface RawModel {
  readonly irVersion?: number;
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly graph?: RawGraph;
  readonly opsetImport?: readonly OperatorSetId[];
  readonly metadataProps?: readonly StringPair[];
}
const rawModel: Message<RawModel> = {
  irVersion: [1, int],
  producerName: [2, text],
  producerVersion: [3, text],
  graph: [7, one(rawGraph)],
  opsetImport: [8, many(operatorSetId)],
  metadataProps: [14, many(stringPair)],
};

function domainOf(name = ''): string {
  return name === 'ai.onnx' ? '' : name;
}

function nodeView({ opType = '', domain, input = [], output = [], attribute: own = [] }: RawNode): NodeView {
  return {
    opType,
    domain: domainOf(domain),
    inputs: input,
    outputs: output,
    attribute(name) {
      const found = own.find((bytes) => decodeMessage(namedAttribute, bytes).name === name);
      return found === undefined ? null : decodeMessage(attribute, found);
    },
  };
}

/** @throws MODEL_INVALID for bytes that are no model */
export function viewModel(bytes: Uint8Array): ModelView {
  const {
    irVersion = 0,
    producerName,
    producerVersion,
    graph,
    opsetImport,
    metadataProps,
  } = decodeMessage(rawModel, bytes);
  if (graph === undefined)
    throw new MillraceError('MODEL_INVALID', 'the file holds no graph', {
      remedy: 'Export the model as one ONNX file.',
    });
  const opsets = new Map<string, number>();
  for (const { domain, version = 0 } of opsetImport ?? [])
    opsets.set(domainOf(domain), Math.max(version, opsets.get(domainOf(domain)) ?? 0));
  const constants = new Set(graph.initializer?.map(({ name }) => name));
  return {
    irVersion,
    producer: [producerName, producerVersion].filter(Boolean).join(' '),
    opsets,
    metadata: new Map(metadataProps?.map(({ key = '', value = '' }) => [key, value])),
    nodes: graph.node?.map(nodeView) ?? [],
    inputs: graph.input?.filter(({ name }) => !constants.has(name)) ?? [],
    outputs: graph.output ?? [],
  };
}

/** The texts of an attribute of strings; null if there is none. */
export function textsOf(node: NodeView, name: string): readonly string[] | null {
  const strings = node.attribute(name)?.strings;
  return strings?.map((bytes) => Buffer.from(bytes).toString('utf8')) ?? null;
}

/** TensorProto.DataType, by number: the names that people know. */
const TYPE_NAMES: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
};

export function typeName(elemType: number): string {
  return TYPE_NAMES[elemType] ?? `type ${elemType}`;
}
