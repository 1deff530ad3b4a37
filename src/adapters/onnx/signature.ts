// The signature that a model must have (control path): checked when it is loaded, never when it runs.
import type { InferenceSession } from 'onnxruntime-node';
import { MillraceError } from '../../core/errors.ts';

export interface Signature {
  readonly input: string;
  readonly output: string;
  /** How the rows of the output are read. */
  readonly layout: OutputLayout;
}

/** [n], [n, 1], [n, 2] of which column 1 is the score, or [n, outputs]. */
export type OutputLayout = 'vector' | 'column' | 'pairs' | 'matrix';

type Metadata = InferenceSession.ValueMetadata;
type TensorMetadata = InferenceSession.TensorValueMetadata;

/**
 * One Float32 input [rows, inputWidth]; one Float32 output [rows], [rows, 1] or [rows, 2] (probabilities of both
 * classes), or [rows, outputs] where a row has several. Additional int64 outputs (a predicted class) are ignored. Throws MODEL_INVALID with the remedy.
 */
export function checkSignature(
  inputs: readonly Metadata[],
  outputs: readonly Metadata[],
  inputWidth: number,
  outputCount: number,
  where: string,
): Signature {
  const refuse = (what: string, remedy: string): never => {
    throw new MillraceError('MODEL_INVALID', what, { where, remedy });
  };
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) {
    return refuse(
      `the model has ${inputs.length} inputs, not 1`,
      'Export it with all features in one tensor.',
    );
  }
  if (!input.isTensor || input.type !== 'float32') {
    return refuse(
      `input ${describe(input)} is not float32`,
      'Export it with a FloatTensorType input [None, width].',
    );
  }
  checkInputShape(input, inputWidth, refuse);
  const other = outputs.find((output) => !output.isTensor);
  if (other !== undefined) {
    return refuse(
      `output ${other.name} is a sequence or a map (ZipMap), not a tensor`,
      'Convert with zipmap=False (skl2onnx: options={"zipmap": False}).',
    );
  }
  const scores = outputs.filter((output) => output.isTensor && output.type === 'float32') as TensorMetadata[];
  const [score] = scores;
  const strange = outputs.find((output) => output.isTensor && !['float32', 'int64'].includes(output.type));
  if (score === undefined || scores.length > 1 || strange !== undefined) {
    const listed = outputs.map(describe).join(', ');
    return refuse(
      `the outputs are ${listed}, not one float32`,
      'Export only the score or probability tensor.',
    );
  }
  return { input: input.name, output: score.name, layout: checkOutputShape(score, outputCount, refuse) };
}

type Refuse = (what: string, remedy: string) => never;

function checkInputShape(input: TensorMetadata, inputWidth: number, refuse: Refuse): void {
  const [rows, width] = input.shape;
  if (input.shape.length !== 2)
    refuse(`input ${describe(input)} does not have 2 dimensions`, 'Export it as [None, width].');
  if (typeof rows === 'number') {
    refuse(
      `input ${describe(input)} has a fixed number of rows`,
      'Export it with a dynamic batch dimension.',
    );
  }
  if (typeof width === 'number' && width !== inputWidth) {
    refuse(
      `input ${describe(input)} does not match the topology's ${inputWidth} features`,
      'Train it on the features that the topology declares, in their order.',
    );
  }
}

function checkOutputShape(output: TensorMetadata, outputs: number, refuse: Refuse): OutputLayout {
  const [rows, width] = output.shape;
  if (typeof rows === 'number') {
    refuse(
      `output ${describe(output)} has a fixed number of rows`,
      'Export it with a dynamic batch dimension.',
    );
  }
  if (outputs > 1) {
    if (output.shape.length === 2 && (width === outputs || typeof width === 'string')) return 'matrix';
    return refuse(
      `output ${describe(output)} does not have ${outputs} scores a row`,
      `Export [rows, ${outputs}]: a probability for each class, or the value and its quantiles, in the order that the task declares.`,
    );
  }
  if (output.shape.length === 1) return 'vector';
  if (output.shape.length === 2 && width === 1) return 'column';
  if (output.shape.length === 2 && width === 2) return 'pairs';
  return refuse(
    `output ${describe(output)} is not one score per row`,
    'Export [rows], [rows, 1], or [rows, 2] with the probability of the positive class second.',
  );
}

function describe(value: Metadata): string {
  return value.isTensor
    ? `${value.name} ${value.type} [${value.shape.join(', ')}]`
    : `${value.name} (not a tensor)`;
}
