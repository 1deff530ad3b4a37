// Entry of a scoring thread (hot path): answers questions one after the other.
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf, MillraceError } from '../../core/errors.ts';
import { BATCH_ROWS_MAX } from '../../core/event-limits.ts';
import { loadModel } from './loaded-model.ts';
import type { LoadedModel } from './loaded-model.ts';
import type { Answer, Question, ThreadData } from './scoring-messages.ts';

const port = parentPort;
const { retired } = workerData as ThreadData;
const models = new Map<number, LoadedModel>();
const nothing = new Float32Array(0);

async function answer(question: Question): Promise<Float32Array> {
  if (question.kind === 'load') {
    const { source } = question;
    const model = await loadModel(source);
    // A GPU compiles its programs in the first run, which can exceed the timeout of a run.
    if (source.provider !== 'cpu') await model.tryRows(BATCH_ROWS_MAX);
    models.set(question.model, model);
    return nothing;
  }
  if (question.kind === 'end') return nothing;
  const model = models.get(question.model);
  if (model === undefined) throw new MillraceError('MODEL_FAILED', 'the model is not loaded in its thread');
  if (question.kind === 'unload') {
    models.delete(question.model);
    await model.close();
    return nothing;
  }
  const scores = new Float32Array(question.rowCount * model.outputs);
  await model.run(question.features, question.rowCount, scores);
  return scores;
}

async function end(): Promise<void> {
  for (const model of models.values()) await model.close();
  models.clear();
  port?.close();
}

// One question at a time, in order: two runs on one GPU must not overlap.
async function answerAfter(previous: Promise<void>, question: Question): Promise<void> {
  await previous;
  if (Atomics.load(retired, 0) === 1) {
    await end();
    return;
  }
  const { call } = question;
  try {
    const scores = await answer(question);
    const reply: Answer = { call, scores, error: null };
    port?.postMessage(reply, scores === nothing ? [] : [scores.buffer as ArrayBuffer]);
  } catch (error) {
    const code = error instanceof MillraceError ? error.code : 'MODEL_FAILED';
    const reply: Answer = { call, scores: nothing, error: { code, message: messageOf(error) } };
    port?.postMessage(reply);
  }
}

let last: Promise<void> = Promise.resolve();
port?.on('message', (question: Question) => {
  last = answerAfter(last, question);
});
