// Trains in a thread of its own (control path), so that scoring goes on: one thread a job, gone when it is done.
import { Worker } from 'node:worker_threads';
import { messageOf, MillraceError } from '../../core/errors.ts';
import { moduleBeside } from '../../core/module-url.ts';
import type { Candidate, Trainer, TrainRequest } from '../../ports/trainer.ts';
import type { TrainerAnswer, TrainerQuestion } from './trainer-worker.ts';

/**
 * A Trainer for the event loop. It takes the training set's arrays over: they are empty for the caller afterwards, as
 * copying some hundred MiB would hold the loop. An aborted job ends at its next training step.
 */
export class WorkerTrainer implements Trainer {
  readonly #closing = new AbortController();
  readonly #jobs = new Set<Promise<unknown>>();

  async train(request: TrainRequest, signal: AbortSignal): Promise<Candidate> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    if (either.aborted) throw new MillraceError('TRAINING_FAILED', 'training was aborted');
    const job = runJob(request, either);
    // What the caller hears of a failure, close need not hear again.
    const settled = Promise.allSettled([job]).finally(() => this.#jobs.delete(settled));
    this.#jobs.add(settled);
    const answer = await job;
    if (answer.kind === 'candidate') return answer.candidate;
    throw new MillraceError(answer.code, answer.message.replace(/\.$/, ''));
  }

  /** Aborts what is under way, which fails with TRAINING_FAILED, and waits until its threads are gone. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#jobs);
  }
}

/** Resolves with the answer when the thread is gone. */
function runJob(request: TrainRequest, signal: AbortSignal): Promise<TrainerAnswer> {
  const worker = new Worker(moduleBeside(import.meta.url, './trainer-worker'));
  const post = (question: TrainerQuestion, transfer: ArrayBuffer[] = []): void =>
    worker.postMessage(question, transfer);
  const abort = (): void => post({ kind: 'abort' });
  signal.addEventListener('abort', abort, { once: true });
  return new Promise<TrainerAnswer>((resolve, reject) => {
    let answer: TrainerAnswer | null = null;
    const fail = (what: string, cause?: unknown): void =>
      reject(new MillraceError('TRAINING_FAILED', what, { where: request.version, cause }));
    worker.once('message', (message: TrainerAnswer) => (answer = message));
    worker.once('error', (error) => fail(`the training thread failed: ${messageOf(error)}`, error));
    worker.once('exit', () => {
      if (answer === null) fail('the training thread ended without an answer');
      else resolve(answer);
    });
    post({ kind: 'train', request }, buffersOf(request));
  }).finally(() => signal.removeEventListener('abort', abort));
}

/** Each once: two of the arrays may lie in one buffer. */
function buffersOf({ trainingSet }: TrainRequest): ArrayBuffer[] {
  const { features, labels, scores, eventTimeMs } = trainingSet;
  const buffers = [features, labels, scores, eventTimeMs].map(({ buffer }) => buffer as ArrayBuffer);
  return [...new Set(buffers)];
}
