// Models that no engine could use by their size alone.
import t from 'tap';
import { requirePossibleSize } from '../../../src/runtime/models/model-size.ts';

const MIB = 1_048_576;

t.test('a model may take what its trial may take', (t) => {
  const needed = 4 * 500 * MIB + 768 * MIB;
  requirePossibleSize(500 * MIB, needed, 'model.onnx');
  t.throws(() => requirePossibleSize(500 * MIB, needed - 1, 'model.onnx'), {
    code: 'MODEL_INVALID',
    where: 'model.onnx',
    message: /4 x 500 MiB \+ 768 MiB = 2,768 MiB of memory, and there are 2,768 MiB/,
  });
  t.end();
});

t.test('no ONNX file is larger than a message of Protobuf', (t) => {
  requirePossibleSize(2 ** 31 - 1, Number.MAX_SAFE_INTEGER, 'model.onnx');
  t.throws(() => requirePossibleSize(2 ** 31, Number.MAX_SAFE_INTEGER, 'model.onnx'), {
    code: 'MODEL_INVALID',
    message: /has 2,147,483,648 bytes, and an ONNX file has at most 2,147,483,647/,
    remedy: /float16/,
  });
  t.end();
});
