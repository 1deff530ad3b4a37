// Entry of the training thread (control path): one request, one candidate, then it ends.
import { parentPort } from 'node:worker_threads';
import { GraphTrainer } from '../../learning/trainers/mlp/trainer.ts';
import { OnnxGraphRuntime } from '../../adapters/onnx/graph-runtime.ts';
import { OnnxScorers } from '../../adapters/onnx/scorer-factory.ts';
import { messageOf, MillraceError } from '../../core/errors.ts';
import type { ErrorCode } from '../../core/errors.ts';
import type { Candidate, TrainRequest } from '../../ports/trainer.ts';

export type TrainerAnswer =
  | { readonly kind: 'candidate'; readonly candidate: Candidate }
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly message: string };

export type TrainerQuestion =
  | { readonly kind: 'train'; readonly request: TrainRequest }
  /** A thread must end by itself: Worker.terminate aborts the whole process while ONNX Runtime computes in it. */
  | { readonly kind: 'abort' };

const port = parentPort;
const abort = new AbortController();

async function train(request: TrainRequest): Promise<TrainerAnswer> {
  try {
    // This thread is there to be blocked: evaluation runs inline, on the CPU like training.
    const scorers = await OnnxScorers.open({ providers: ['cpu'], inlineMsMax: Number.POSITIVE_INFINITY });
    const trainer = new GraphTrainer(new OnnxGraphRuntime(), scorers);
    const candidate = await trainer.train(request, abort.signal);
    return { kind: 'candidate', candidate };
  } catch (error) {
    const code = error instanceof MillraceError ? error.code : 'TRAINING_FAILED';
    return { kind: 'error', code, message: messageOf(error) };
  }
}

async function serve(request: TrainRequest): Promise<void> {
  port?.postMessage(await train(request));
  port?.close();
}

port?.on('message', (question: TrainerQuestion) => {
  if (question.kind === 'train') void serve(question.request);
  else abort.abort();
});
