// Entry of the child process that tries one execution provider (control path): `node probe-entry.ts cuda`.
import * as ort from 'onnxruntime-node';
import { encodeMessage } from '../../onnx-format/fields.ts';
import { DATA_TYPE, modelMessage } from '../../onnx-format/messages.ts';
import { openSession, providers } from './session.ts';

/** y = relu(x), which every provider supports. */
function tinyModel(): Uint8Array {
  const elemType = DATA_TYPE.float32;
  const vector = { tensorType: { elemType, shape: { dim: [{ dimValue: 2 }] } } };
  return encodeMessage(modelMessage, {
    irVersion: 8,
    opsetImport: [{ domain: '', version: 18 }],
    graph: {
      name: 'probe',
      node: [{ opType: 'Relu', input: ['x'], output: ['y'] }],
      input: [{ name: 'x', type: vector }],
      output: [{ name: 'y', type: vector }],
    },
  });
}

const provider = providers.find((name) => name === process.argv[2]);
if (provider === undefined) throw new Error(`no provider ${process.argv[2]}`);
const session = await openSession(tinyModel(), provider);
const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.of(-1, 2), [2]) });
if (y?.data[0] !== 0 || y.data[1] !== 2) throw new Error(`relu(-1, 2) returned ${String(y?.data)}`);
// Exits without cleaning up: a GPU library may hang while it is unloaded.
process.exit(0);
