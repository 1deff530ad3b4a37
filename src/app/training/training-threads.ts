// Trains in threads (control path), so that scoring continues: one thread per job, gone when the job is done.
import { Worker } from 'node:worker_threads';
import { messageOf, MillraceError } from '../../core/errors.ts';
import { moduleBeside } from '../../core/module-url.ts';
import type { Candidate, CandidateRequest, CandidateRunner } from '../../learning/candidate.ts';
import type { TaskCalls } from '../../learning/task-calls.ts';
import type { FromThread, ToThread } from './messages.ts';

/**
 * A CandidateRunner for the event loop. It takes over the training set's arrays, which are empty for the caller
 * afterwards: copying some hundred MiB would block the loop. An aborted job ends at its next training step.
 */
export class TrainingThreads implements CandidateRunner {
  readonly #closing = new AbortController();
  readonly #jobs = new Set<Promise<unknown>>();

  async run(request: CandidateRequest, task: TaskCalls, signal: AbortSignal): Promise<Candidate> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    if (either.aborted) throw new MillraceError('TRAINING_FAILED', 'training was aborted');
    const job = runJob(request, task, either);
    // The caller gets the failure; close only waits.
    const settled = Promise.allSettled([job]).finally(() => this.#jobs.delete(settled));
    this.#jobs.add(settled);
    const answer = await job;
    if (answer.kind === 'candidate') return answer.candidate;
    throw new MillraceError(answer.code, answer.message.replace(/\.$/, ''));
  }

  /** Aborts the jobs under way, which fail with TRAINING_FAILED, and waits until their threads are gone. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#jobs);
  }
}

type Answer = Exclude<FromThread, { readonly kind: 'call' }>;

/** Resolves with the answer when the thread is gone. */
function runJob(request: CandidateRequest, task: TaskCalls, signal: AbortSignal): Promise<Answer> {
  const worker = new Worker(moduleBeside(import.meta.url, './training-thread'));
  const post = (message: ToThread, transfer: ArrayBuffer[] = []): void =>
    worker.postMessage(message, transfer);
  const abort = (): void => post({ kind: 'abort' });
  signal.addEventListener('abort', abort, { once: true });
  return new Promise<Answer>((resolve, reject) => {
    let answer: Answer | null = null;
    const fail = (what: string, cause?: unknown): void =>
      reject(new MillraceError('TRAINING_FAILED', what, { where: request.version, cause }));
    worker.on('message', (message: FromThread) => {
      if (message.kind !== 'call') {
        answer = message;
        return;
      }
      answerCall(task, message)
        .then(post)
        .catch(async (error: unknown) => {
          // What no thread can be sent: the trainer would wait for it forever.
          fail(`the task's answer to ${message.name} cannot be sent: ${messageOf(error)}`, error);
          await worker.terminate();
        });
    });
    worker.once('error', (error) => fail(`the training thread failed: ${messageOf(error)}`, error));
    worker.once('exit', () => {
      if (answer === null) fail('the training thread ended without an answer');
      else resolve(answer);
    });
    post({ kind: 'train', request }, buffersOf(request));
  }).finally(() => signal.removeEventListener('abort', abort));
}

async function answerCall(
  task: TaskCalls,
  { id, name, args }: Extract<FromThread, { readonly kind: 'call' }>,
): Promise<ToThread> {
  const [first = new Float32Array(0), second = new Float32Array(0)] = args;
  try {
    const judges = name === 'assess' || name === 'losses';
    const value = await (judges ? task[name](first, second) : task[name](first));
    return { kind: 'result', id, value };
  } catch (error) {
    return { kind: 'failed', id, message: messageOf(error) };
  }
}

/** Each once: two of the arrays may lie in one buffer. */
function buffersOf({ trainingSet }: CandidateRequest): ArrayBuffer[] {
  const { features, labels, scores, eventTimeMs, identities } = trainingSet;
  const texts = identities === undefined ? [] : Object.values(identities);
  const arrays = [features, labels, scores, eventTimeMs];
  const buffers = [...arrays, ...texts.flatMap(({ bytes, bounds }) => [bytes, bounds])].map(
    ({ buffer }) => buffer as ArrayBuffer,
  );
  return [...new Set(buffers)];
}
