// ONNX files byte by byte against onnx-proto, which is generated from onnx.proto by protobufjs.
import fc from 'fast-check';
import onnxProto from 'onnx-proto';
import t from 'tap';
import { decodeMessage, encodeMessage } from '../../src/onnx-format/fields.ts';
import { ATTRIBUTE_TYPE, DATA_TYPE, type Model, modelMessage } from '../../src/onnx-format/messages.ts';
import { isCode } from '../../src/core/errors.ts';

const { onnx } = onnxProto;

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const int = fc.oneof(fc.integer(), fc.maxSafeInteger());
const float = fc.float({ noNaN: true });
const bytes = fc.uint8Array({ maxLength: 300 });
/** Fields may be missing. Repeated fields are not empty, because protobufjs does not write empty ones. */
const some = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(item, { minLength: 1, maxLength: 4 });
const message = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<Partial<T>> =>
  fc.record(fields, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<Partial<T>>; // fc names it otherwise

const attribute = message({
  name: text,
  f: float,
  i: int,
  s: bytes,
  floats: some(float),
  ints: some(int),
  strings: some(bytes),
  type: fc.constantFrom(...Object.values(ATTRIBUTE_TYPE)),
});
const node = message({
  input: some(text),
  output: some(text),
  opType: text,
  attribute: some(attribute),
  domain: text,
});
const tensor = message({
  dims: some(fc.nat()),
  dataType: fc.constantFrom(...Object.values(DATA_TYPE)),
  name: text,
  rawData: bytes,
});
const dimension = fc.oneof(message({ dimValue: fc.nat() }), message({ dimParam: text }));
const valueInfo = message({
  name: text,
  type: message({ tensorType: message({ elemType: fc.nat(16), shape: message({ dim: some(dimension) }) }) }),
});
const model: fc.Arbitrary<Model> = message({
  irVersion: int,
  producerName: text,
  graph: message({
    node: some(node),
    name: text,
    initializer: some(tensor),
    input: some(valueInfo),
    output: some(valueInfo),
  }),
  opsetImport: some(message({ domain: text, version: int })),
  metadataProps: some(message({ key: text, value: text })),
});

t.test('numbers are those of onnx.proto', async (t) => {
  const { DataType } = onnx.TensorProto;
  t.strictSame(DATA_TYPE, { float32: DataType.FLOAT, int64: DataType.INT64, bool: DataType.BOOL });
  const { FLOAT, INT, STRING, FLOATS, INTS, STRINGS } = onnx.AttributeProto.AttributeType;
  t.strictSame(ATTRIBUTE_TYPE, {
    float: FLOAT,
    int: INT,
    string: STRING,
    floats: FLOATS,
    ints: INTS,
    strings: STRINGS,
  });
});

t.test('writes the bytes that onnx-proto writes', async (t) => {
  fc.assert(
    fc.property(model, (value) => {
      const own = encodeMessage(modelMessage, value);
      // onnx-proto's types want mutable arrays.
      const reference = onnx.ModelProto.encode(value as onnxProto.onnx.IModelProto).finish();
      return Buffer.compare(own, reference) === 0;
    }),
  );
  t.pass('100 models');
});

t.test('writes no tag for numbers of which there are none', async (t) => {
  const value = { graph: { initializer: [{ dims: [], dataType: DATA_TYPE.float32 }] } };
  t.strictSame(encodeMessage(modelMessage, value), Uint8Array.from(onnx.ModelProto.encode(value).finish()));
});

t.test('reads what was written', async (t) => {
  fc.assert(
    fc.property(model, (value) => {
      t.strictSame(decodeMessage(modelMessage, encodeMessage(modelMessage, value)), value);
    }),
    { numRuns: 30 },
  );
});

t.test('skips fields that it does not know, and reads repeated numbers that are not packed', async (t) => {
  const written = onnx.ModelProto.encode({
    producerVersion: '9',
    docString: 'of another tool',
    graph: { name: 'g', docString: 'doc', initializer: [{ name: 'w', doubleData: [1, 2], dims: [2] }] },
    trainingInfo: [{ initialization: { name: 'i' } }],
  }).finish();
  t.strictSame(decodeMessage(modelMessage, written), {
    graph: { name: 'g', initializer: [{ dims: [2], name: 'w' }] },
  });
  // Field 7, a graph of 6 bytes: field 5, a tensor of 4 bytes: dims 3 and 4, a tag each.
  const unpacked = Uint8Array.of(0x3a, 6, 0x2a, 4, 0x08, 3, 0x08, 4);
  t.strictSame(decodeMessage(modelMessage, unpacked), { graph: { initializer: [{ dims: [3, 4] }] } });
});

t.test('damaged bytes are refused as MODEL_INVALID or read, never anything else', async (t) => {
  const decode = (from: Uint8Array): boolean => {
    try {
      decodeMessage(modelMessage, from);
    } catch (error) {
      return isCode(error, 'MODEL_INVALID');
    }
    return true;
  };
  const damaged = fc
    .tuple(model, fc.nat(), fc.nat(255), fc.nat())
    .map(([value, at, byte, length]): Uint8Array => {
      const whole = encodeMessage(modelMessage, value);
      whole[at % Math.max(1, whole.length)] = byte;
      return whole.subarray(0, length % (whole.length + 1));
    });
  fc.assert(fc.property(damaged, decode), { numRuns: 1_000 });
  const isInvalid = { code: 'MODEL_INVALID' };
  t.throws(() => decodeMessage(modelMessage, Uint8Array.of(0x3a, 9, 1)), isInvalid, 'longer than the bytes');
  t.throws(() => decodeMessage(modelMessage, Uint8Array.of(0x38, 1)), isInvalid, 'a number for a graph');
});
