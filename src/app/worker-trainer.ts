// Trains in a thread of its own (control path), so that scoring goes on: one thread a job, gone when it is done.
import { Worker } from 'node:worker_threads';
import { messageOf, MillraceError } from '../core/errors.ts';
import type { Candidate, Trainer, TrainRequest } from '../ports/trainer.ts';
import type { TrainerAnswer } from './trainer-worker.ts';

/**
 * A Trainer for the event loop. It takes the training set's arrays over: they are empty for the caller afterwards, as
 * copying some hundred MiB would hold the loop. An aborted job ends its thread at once.
 */
export class WorkerTrainer implements Trainer {
  readonly #workers = new Set<Worker>();

  async train(request: TrainRequest, signal: AbortSignal): Promise<Candidate> {
    if (signal.aborted) throw aborted(signal);
    const worker = new Worker(new URL('./trainer-worker.ts', import.meta.url));
    this.#workers.add(worker);
    const abort = (): void => void worker.terminate();
    signal.addEventListener('abort', abort, { once: true });
    try {
      const answer = await ask(worker, request);
      if (answer.kind === 'candidate') return answer.candidate;
      throw new MillraceError(answer.code, answer.message.replace(/\.$/, ''));
    } catch (error) {
      throw signal.aborted ? aborted(signal) : error;
    } finally {
      signal.removeEventListener('abort', abort);
      this.#workers.delete(worker);
      await worker.terminate();
    }
  }

  /** Ends what is under way: it fails with TRAINING_FAILED. */
  async close(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.terminate()));
  }
}

function ask(worker: Worker, request: TrainRequest): Promise<TrainerAnswer> {
  const { features, labels, scores, eventTimeMs } = request.trainingSet;
  // A set: two of the arrays may lie in one buffer.
  const buffers = new Set([features, labels, scores, eventTimeMs].map(({ buffer }) => buffer as ArrayBuffer));
  return new Promise((resolve, reject) => {
    const fail = (what: string, cause?: unknown): void =>
      reject(new MillraceError('TRAINING_FAILED', what, { where: request.version, cause }));
    worker.once('message', resolve);
    worker.once('error', (error) => fail(`the training thread failed: ${messageOf(error)}`, error));
    worker.once('exit', () => fail('the training thread was ended'));
    worker.postMessage(request, [...buffers]);
  });
}

function aborted(signal: AbortSignal): MillraceError {
  return new MillraceError('TRAINING_FAILED', 'training was aborted', { cause: signal.reason });
}
