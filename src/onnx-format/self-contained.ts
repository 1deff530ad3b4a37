// Whether a model file is self-contained (control path). ONNX Runtime opens what a file names: a tensor with external data
// reads any file below the working directory, and operators of other domains than ONNX's run code that ONNX does not
// specify; EPContext of com.microsoft reads files as well. The bytes are walked before a session exists.
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { MillraceError, messageOf } from '../core/errors.ts';
import { MODEL_NESTING_MAX } from '../core/model-limits.ts';

/** Operator domains of the ONNX standard; '' is another spelling of ai.onnx. */
const STANDARD_DOMAINS: ReadonlySet<string> = new Set(['', 'ai.onnx', 'ai.onnx.ml']);

/** ORT's own format, a flatbuffer with this identifier after its first offset: ONNX Runtime recognises it by that. */
const ORT_IDENTIFIER = 'ORTM';

/** Characters of a name from the file that a message shows. */
const SHOWN_LENGTH_MAX = 60;

type MessageName = 'model' | 'training' | 'graph' | 'function' | 'node' | 'attribute' | 'sparse' | 'tensor';

/**
 * The fields of onnx.proto through which a message holds others, by tag. Every occurrence is walked, where protobuf takes
 * the last one or merges them: what any reader may see has been checked.
 */
const CHILDREN: Readonly<Record<MessageName, Readonly<Record<number, MessageName>>>> = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  function: { 7: 'node', 11: 'attribute' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  tensor: {},
};

const NODE_OPERATOR = 4;
const NODE_DOMAIN = 7;
const TENSOR_EXTERNAL_DATA = 13;
const TENSOR_DATA_LOCATION = 14;

/** The operator of a node; protobuf takes the last occurrence of each. */
interface Operator {
  name: string;
  domain: string;
}

class Walk {
  readonly #reader: BinaryReader;

  constructor(bytes: Uint8Array) {
    this.#reader = new BinaryReader(bytes);
  }

  /** Walks one message up to `end`. @throws MODEL_INVALID, or another error where the bytes are no message */
  message(kind: MessageName, end: number, depth: number): void {
    if (depth > MODEL_NESTING_MAX) throw new RangeError(`it is nested deeper than ${MODEL_NESTING_MAX}`);
    const from = this.#reader;
    if (end > from.len) throw new RangeError(`a message ends at byte ${end} of ${from.len}`);
    const operator: Operator = { name: '', domain: '' };
    while (from.pos < end) {
      const [tag, wireType] = from.tag();
      const child = wireType === WireType.LengthDelimited ? CHILDREN[kind][tag] : undefined;
      if (child !== undefined) {
        const length = from.uint32();
        this.message(child, from.pos + length, depth + 1);
      } else if (kind === 'node') this.#nodeField(tag, wireType, operator);
      else if (kind === 'tensor') this.#tensorField(tag, wireType);
      else from.skip(wireType, tag);
    }
    if (from.pos !== end) throw new RangeError(`a message ends at byte ${from.pos}, not ${end}`);
    if (!STANDARD_DOMAINS.has(operator.domain)) throw foreign(operator);
  }

  #nodeField(tag: number, wireType: WireType, operator: Operator): void {
    const isText = wireType === WireType.LengthDelimited;
    if (isText && tag === NODE_OPERATOR) operator.name = textOf(this.#reader);
    else if (isText && tag === NODE_DOMAIN) operator.domain = textOf(this.#reader);
    else this.#reader.skip(wireType, tag);
  }

  #tensorField(tag: number, wireType: WireType): void {
    if (tag === TENSOR_EXTERNAL_DATA) throw external();
    const isLocation = tag === TENSOR_DATA_LOCATION && wireType === WireType.Varint;
    if (!isLocation) this.#reader.skip(wireType, tag);
    else if (Number(this.#reader.int64()) !== 0) throw external();
  }
}

/** Byte for byte: no invalid UTF-8 makes two names equal. */
function textOf(from: BinaryReader): string {
  return Buffer.from(from.bytes()).toString('latin1');
}

function foreign({ domain, name }: Operator): MillraceError {
  const shown = (text: string): string => JSON.stringify(text.slice(0, SHOWN_LENGTH_MAX));
  return new MillraceError('MODEL_INVALID', `operator ${shown(name)} is of the domain ${shown(domain)}`, {
    remedy: 'Export the model with operators of ai.onnx and ai.onnx.ml alone, and inline its functions.',
  });
}

function external(): MillraceError {
  return new MillraceError('MODEL_INVALID', 'a tensor of the model is in another file (external data)', {
    remedy: 'Save the model with all its tensors in one file: onnx.save(model, path).',
  });
}

/**
 * Requires that a model reads nothing but its own bytes and runs operators of ONNX alone, in every subgraph and function.
 * Functions of the file in other domains cannot be called: an operator of ONNX Runtime with their name may run instead.
 * @throws MODEL_INVALID
 */
export function requireSelfContained(model: Uint8Array): void {
  if (Buffer.from(model.subarray(4, 8)).toString('latin1') === ORT_IDENTIFIER)
    throw new MillraceError('MODEL_INVALID', 'the model is in the format of ONNX Runtime, not ONNX', {
      remedy: 'Use the ONNX file that it was converted from.',
    });
  try {
    new Walk(model).message('model', model.length, 0);
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw new MillraceError('MODEL_INVALID', `the bytes are no ONNX model: ${messageOf(cause)}`, {
      remedy: 'Check that it is an ONNX file, and that it is whole.',
      cause,
    });
  }
}
