// Entry of the training thread (control path): one request, one candidate, then it ends.
import { parentPort } from 'node:worker_threads';
import { OnnxGraphRuntime } from '../../adapters/onnx/graph-runtime.ts';
import { OnnxScorers } from '../../adapters/onnx/scorer-factory.ts';
import { messageOf, MillraceError } from '../../core/errors.ts';
import { makeCandidate } from '../../learning/candidate-job.ts';
import type { CandidateRequest } from '../../learning/candidate.ts';
import { loadTrainer } from '../../learning/load-trainer.ts';
import type { FromThread, ToThread } from './messages.ts';
import { TaskClient } from './task-client.ts';

const port = parentPort;
const abort = new AbortController();
const task = new TaskClient((message) => port?.postMessage(message));

async function train(request: CandidateRequest): Promise<FromThread> {
  try {
    // This thread may be blocked: evaluation runs inline, on the CPU like training.
    const scorers = await OnnxScorers.open({ providers: ['cpu'], inlineMsMax: Number.POSITIVE_INFINITY });
    const parts = { load: loadTrainer, runtime: new OnnxGraphRuntime(), scorers, task };
    return { kind: 'candidate', candidate: await makeCandidate(request, parts, abort.signal) };
  } catch (error) {
    const code = error instanceof MillraceError ? error.code : 'TRAINING_FAILED';
    return { kind: 'error', code, message: messageOf(error) };
  }
}

async function serve(request: CandidateRequest): Promise<void> {
  port?.postMessage(await train(request));
  port?.close();
}

port?.on('message', (message: ToThread) => {
  if (message.kind === 'train') void serve(message.request);
  else if (message.kind === 'abort') abort.abort();
  else task.settle(message);
});
