// The part of ONNX's file format that Millrace writes and reads (control path). Names, tags and numbers are those of
// onnx.proto (ONNX 1.13, IR version 8); every field is optional there.
import { blobs, bytes, float, floats, int, ints, many, type Message, one, text, texts } from './fields.ts';

/** TensorProto.DataType. */
export const DATA_TYPE = { float32: 1, int64: 7, bool: 9 } as const;

/** AttributeProto.AttributeType. */
export const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, floats: 6, ints: 7, strings: 8 } as const;

export interface OperatorSetId {
  readonly domain?: string;
  readonly version?: number;
}
export const operatorSetId: Message<OperatorSetId> = { domain: [1, text], version: [2, int] };

export interface StringPair {
  readonly key?: string;
  readonly value?: string;
}
export const stringPair: Message<StringPair> = { key: [1, text], value: [2, text] };

export interface Attribute {
  readonly name?: string;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly floats?: readonly number[];
  readonly ints?: readonly number[];
  readonly strings?: readonly Uint8Array[];
  readonly type?: number;
}
export const attribute: Message<Attribute> = {
  name: [1, text],
  f: [2, float],
  i: [3, int],
  s: [4, bytes],
  floats: [7, floats],
  ints: [8, ints],
  strings: [9, blobs],
  type: [20, int],
};

export interface Node {
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly opType?: string;
  readonly attribute?: readonly Attribute[];
  readonly domain?: string;
}
export const node: Message<Node> = {
  input: [1, texts],
  output: [2, texts],
  opType: [4, text],
  attribute: [5, many(attribute)],
  domain: [7, text],
};

export interface Tensor {
  readonly dims?: readonly number[];
  readonly dataType?: number;
  readonly name?: string;
  /** Little-endian, row-major. */
  readonly rawData?: Uint8Array;
}
export const tensor: Message<Tensor> = {
  dims: [1, ints],
  dataType: [2, int],
  name: [8, text],
  rawData: [9, bytes],
};

/** A size, or the name of one that varies. */
export interface Dimension {
  readonly dimValue?: number;
  readonly dimParam?: string;
}
const dimension: Message<Dimension> = { dimValue: [1, int], dimParam: [2, text] };

export interface Shape {
  readonly dim?: readonly Dimension[];
}
const shape: Message<Shape> = { dim: [1, many(dimension)] };

export interface TensorType {
  readonly elemType?: number;
  readonly shape?: Shape;
}
const tensorType: Message<TensorType> = { elemType: [1, int], shape: [2, one(shape)] };

export interface ValueType {
  readonly tensorType?: TensorType;
}
const valueType: Message<ValueType> = { tensorType: [1, one(tensorType)] };

export interface ValueInfo {
  readonly name?: string;
  readonly type?: ValueType;
}
export const valueInfo: Message<ValueInfo> = { name: [1, text], type: [2, one(valueType)] };

export interface Graph {
  readonly node?: readonly Node[];
  readonly name?: string;
  readonly initializer?: readonly Tensor[];
  readonly input?: readonly ValueInfo[];
  readonly output?: readonly ValueInfo[];
}
const graph: Message<Graph> = {
  node: [1, many(node)],
  name: [2, text],
  initializer: [5, many(tensor)],
  input: [11, many(valueInfo)],
  output: [12, many(valueInfo)],
};

export interface Model {
  readonly irVersion?: number;
  readonly producerName?: string;
  readonly graph?: Graph;
  readonly opsetImport?: readonly OperatorSetId[];
  readonly metadataProps?: readonly StringPair[];
}

/** A model file: `encodeMessage(modelMessage, model)`, `decodeMessage(modelMessage, bytes)`. */
export const modelMessage: Message<Model> = {
  irVersion: [1, int],
  producerName: [2, text],
  graph: [7, one(graph)],
  opsetImport: [8, many(operatorSetId)],
  metadataProps: [14, many(stringPair)],
};
