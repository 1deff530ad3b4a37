// Whether a model can be used at all, by its size alone (control path): known before it is read whole.
import { MillraceError } from '../../core/errors.ts';
import {
  ARTIFACT_BYTES_MAX,
  MODEL_TRIAL_BYTES_MAX,
  MODEL_TRIAL_MEMORY_FACTOR,
} from '../../core/model-limits.ts';

const MIB = 1_048_576;

function mib(bytes: number): string {
  return `${Math.ceil(bytes / MIB).toLocaleString('en-US')} MiB`;
}

/**
 * @param memoryBytes that this machine, or the container, has
 * @throws MODEL_INVALID with the arithmetic
 */
export function requirePossibleSize(bytes: number, memoryBytes: number, where: string): void {
  if (bytes > ARTIFACT_BYTES_MAX)
    throw new MillraceError(
      'MODEL_INVALID',
      `the model has ${bytes.toLocaleString('en-US')} bytes, and an ONNX file has at most ${ARTIFACT_BYTES_MAX.toLocaleString('en-US')}, as any message of Protobuf`,
      {
        where,
        remedy: 'Export it smaller: with float16 or int8 weights, fewer trees or narrower embeddings.',
      },
    );
  const needed = bytes * MODEL_TRIAL_MEMORY_FACTOR + MODEL_TRIAL_BYTES_MAX;
  if (needed <= memoryBytes) return;
  throw new MillraceError(
    'MODEL_INVALID',
    `its trial may take ${MODEL_TRIAL_MEMORY_FACTOR} x ${mib(bytes)} + ${mib(MODEL_TRIAL_BYTES_MAX)} = ${mib(needed)} of memory, and there are ${mib(memoryBytes)}`,
    { where, remedy: 'Import it on a machine like those of the engines, with that much memory.' },
  );
}
