// Builds ONNX graphs (control path): values are names, `op` adds a node and gives the name of what comes out.
import { encodeMessage } from '../onnx-format/fields.ts';
import { ATTRIBUTE_TYPE, DATA_TYPE, modelMessage } from '../onnx-format/messages.ts';
import type * as Onnx from '../onnx-format/messages.ts';
import type { Tensor } from '../ports/scorer.ts';

/** The operator set used: 18 has ScatterND with reduction and ReduceSum with axes as an input. */
const OPSET = 18;
/** LabelEncoder with float keys. */
const OPSET_ML = 2;
/** IR version of opset 18's release. */
const IR_VERSION = 8;

/** Name of a value in the graph. */
export type Value = string;

export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly strings: readonly string[] }
  | { readonly floats: readonly number[] };

/**
 * An ONNX graph in the making. Nodes come out in the order in which they were added, which is a valid one to run.
 *
 * @example
 * ```ts
 * const graph = new GraphBuilder('twice');
 * const x = graph.input('x', 'float32', ['n']);
 * graph.output('y', graph.op('Mul', [x, graph.scalar(2)]), 'float32', ['n']);
 * const bytes = graph.build();
 * ```
 */
export class GraphBuilder {
  readonly #name: string;
  readonly #nodes: Onnx.Node[] = [];
  readonly #initializers: Onnx.Tensor[] = [];
  readonly #inputs: Onnx.ValueInfo[] = [];
  readonly #outputs: Onnx.ValueInfo[] = [];
  readonly #constants = new Map<string, Value>();
  readonly #prefix: string;
  #values = 0;

  /** @param prefix of the names of its values, for nodes that are put into another graph */
  constructor(name: string, prefix = '') {
    this.#name = name;
    this.#prefix = prefix;
  }

  /** A graph input; a dimension is a size or the name of one that varies. */
  input(name: string, type: Tensor['type'], dims: ReadonlyArray<number | string>): Value {
    this.#inputs.push(valueInfo(name, type, dims));
    return name;
  }

  /** Makes `value` an output of the graph under `name`. */
  output(name: string, value: Value, type: Tensor['type'], dims: ReadonlyArray<number | string>): void {
    this.alias(name, value);
    this.#outputs.push(valueInfo(name, type, dims));
  }

  /** Gives a value a second name. */
  alias(name: string, value: Value): void {
    this.#nodes.push({ opType: 'Identity', input: [value], output: [name] });
  }

  /** A constant tensor that keeps its name in the file. */
  initializer(name: string, tensor: Tensor): Value {
    const { type, data, dims } = tensor;
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#initializers.push({ name, dataType: DATA_TYPE[type], dims: [...dims], rawData });
    return name;
  }

  /** A Float32 scalar constant. */
  scalar(value: number): Value {
    return this.#constant(`f${value}`, { type: 'float32', data: Float32Array.of(value), dims: [] });
  }

  /** A Float32 vector constant. */
  floats(values: ArrayLike<number>): Value {
    const data = Float32Array.from(values);
    return this.initializer(this.#next('floats'), { type: 'float32', data, dims: [data.length] });
  }

  /** An int64 vector constant: axes, shapes, indices. */
  ints(values: readonly number[]): Value {
    const data = BigInt64Array.from(values, BigInt);
    return this.#constant(`i${values.join()}`, { type: 'int64', data, dims: [values.length] });
  }

  /** An int64 scalar constant: an index that takes its axis away. */
  int(value: number): Value {
    return this.#constant(`s${value}`, { type: 'int64', data: BigInt64Array.of(BigInt(value)), dims: [] });
  }

  /** Adds a node with one output. */
  op(
    opType: string,
    inputs: readonly Value[],
    attributes: Record<string, Attribute> = {},
    domain = '',
  ): Value {
    const output = this.#next(opType);
    this.#add(opType, inputs, [output], attributes, domain);
    return output;
  }

  /** Cuts a vector into parts of the given lengths. */
  split(value: Value, lengths: readonly number[]): Value[] {
    const outputs = lengths.map(() => this.#next('Split'));
    this.#add('Split', [value, this.ints(lengths)], outputs, { axis: { int: 0 } }, '');
    return outputs;
  }

  /** The `count` values of each row, [n, count], in ascending order. */
  sorted(value: Value, count: number): Value {
    const outputs = [this.#next('TopK'), this.#next('TopK')];
    const attributes = { axis: { int: 1 }, largest: { int: 0 }, sorted: { int: 1 } };
    this.#add('TopK', [value, this.ints([count])], outputs, attributes, '');
    return outputs[0] as Value;
  }

  /** The model file, with `metadata` as its metadata properties. */
  build(metadata: Readonly<Record<string, string>> = {}): Uint8Array {
    return encodeMessage(modelMessage, {
      irVersion: IR_VERSION,
      producerName: 'millrace',
      opsetImport: [
        { domain: '', version: OPSET },
        { domain: 'ai.onnx.ml', version: OPSET_ML },
      ],
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
      graph: { name: this.#name, ...this.parts() },
    });
  }

  /** What has been added, to be put into another graph. */
  parts(): Required<Pick<Onnx.Graph, 'node' | 'initializer' | 'input' | 'output'>> {
    return {
      node: this.#nodes,
      initializer: this.#initializers,
      input: this.#inputs,
      output: this.#outputs,
    };
  }

  #add(
    opType: string,
    input: readonly Value[],
    output: Value[],
    attributes: Record<string, Attribute>,
    domain: string,
  ): void {
    const attribute = Object.entries(attributes).map(([name, value]) => attributeOf(name, value));
    this.#nodes.push({ opType, domain, input: [...input], output, attribute });
  }

  #constant(key: string, tensor: Tensor): Value {
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const value = this.initializer(this.#next('constant'), tensor);
    this.#constants.set(key, value);
    return value;
  }

  #next(prefix: string): Value {
    this.#values += 1;
    return `${this.#prefix}${prefix}_${this.#values}`;
  }
}

function valueInfo(name: string, type: Tensor['type'], dims: ReadonlyArray<number | string>): Onnx.ValueInfo {
  const dim = dims.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: DATA_TYPE[type], shape: { dim } } } };
}

function attributeOf(name: string, value: Attribute): Onnx.Attribute {
  if ('int' in value) return { name, type: ATTRIBUTE_TYPE.int, i: value.int };
  if ('float' in value) return { name, type: ATTRIBUTE_TYPE.float, f: value.float };
  if ('string' in value) return { name, type: ATTRIBUTE_TYPE.string, s: Buffer.from(value.string) };
  if ('strings' in value) {
    const strings = value.strings.map((text) => Buffer.from(text));
    return { name, type: ATTRIBUTE_TYPE.strings, strings };
  }
  if ('ints' in value) return { name, type: ATTRIBUTE_TYPE.ints, ints: [...value.ints] };
  return { name, type: ATTRIBUTE_TYPE.floats, floats: [...value.floats] };
}
