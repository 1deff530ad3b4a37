// The engine's side of a scoring thread (hot path): for models that would block the event loop, and for GPUs.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { messageOf, MillraceError } from '../../core/errors.ts';
import { SCORER_CLOSE_MS_MAX, SCORER_LOAD_MS_MAX } from '../../core/model-limits.ts';
import { moduleBeside } from '../../core/module-url.ts';
import type { ModelSource } from './loaded-model.ts';
import { runTimeout } from './run-timeout.ts';
import type { Answer, Question, ThreadData } from './scoring-messages.ts';

interface Call {
  readonly resolve: (scores: Float32Array) => void;
  readonly reject: (error: MillraceError) => void;
  readonly endWait: () => void;
}

type Body = Question extends infer Q ? (Q extends Question ? Omit<Q, 'call'> : never) : never;

/**
 * Runs several models. A run that takes too long fails with MODEL_TIMEOUT: a new thread is started with the same models,
 * and the old one exits when its run ends, because native code cannot be interrupted. Other calls in flight in the old
 * thread fail with MODEL_FAILED.
 */
export class ScoringThread {
  readonly #timeoutMs: number;
  readonly #sources = new Map<number, ModelSource>();
  readonly #calls = new Map<number, Call>();
  #worker: Worker | null = null;
  #retired = new Int32Array(new SharedArrayBuffer(4));
  /** Retired threads whose last run has not ended yet. */
  readonly #leaving = new Set<Promise<unknown>>();
  /** Resolves when all models are loaded in the current thread; never rejects. */
  #ready: Promise<unknown> = Promise.resolve();
  #nextCall = 0;
  #nextModel = 0;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Loads a model and returns its number. Throws MODEL_INVALID. */
  async load(source: ModelSource): Promise<number> {
    const model = this.#nextModel;
    this.#nextModel += 1;
    const worker = this.#worker ?? this.#start();
    await this.#ask(worker, { kind: 'load', model, source }, SCORER_LOAD_MS_MAX);
    this.#sources.set(model, source);
    return model;
  }

  /** Writes `rowCount` scores into `into`. Throws MODEL_FAILED or MODEL_TIMEOUT. */
  async run(model: number, features: Float32Array, rowCount: number, into: Float32Array): Promise<void> {
    const source = this.#sources.get(model);
    if (source === undefined) throw failed('the model was closed');
    if (this.#worker === null) this.#start();
    await this.#ready;
    const worker = this.#worker;
    if (worker === null) throw failed('its thread has exited');
    const copy = features.slice(0, rowCount * source.inputWidth);
    const question = { kind: 'run', model, features: copy, rowCount } as const;
    into.set(await this.#ask(worker, question, this.#timeoutMs, [copy.buffer]));
  }

  async unload(model: number): Promise<void> {
    const worker = this.#worker;
    if (!this.#sources.delete(model) || worker === null) return;
    await this.#ask(worker, { kind: 'unload', model }, SCORER_LOAD_MS_MAX);
  }

  async close(): Promise<void> {
    this.#sources.clear();
    this.#retire(failed('the scorer was closed'));
    // A thread that hangs is abandoned.
    const bound = new AbortController();
    await Promise.race([Promise.all(this.#leaving), delay(SCORER_CLOSE_MS_MAX, null, bound)]);
    bound.abort();
  }

  #start(): Worker {
    const retired = new Int32Array(new SharedArrayBuffer(4));
    const workerData: ThreadData = { retired };
    const worker = new Worker(moduleBeside(import.meta.url, './scoring-thread-entry'), { workerData });
    // Only the timeout of a call in flight should keep the process alive.
    worker.unref();
    worker.on('message', (answer: Answer) => this.#settle(answer));
    worker.on('error', (error) => {
      if (this.#worker === worker) this.#retire(failed(`its thread failed: ${messageOf(error)}`));
    });
    this.#worker = worker;
    this.#retired = retired;
    const loads = [...this.#sources].map(([model, source]) =>
      this.#ask(worker, { kind: 'load', model, source }, SCORER_LOAD_MS_MAX),
    );
    // If a load fails here, runs report that the model is not loaded.
    this.#ready = Promise.allSettled(loads);
    return worker;
  }

  #ask(worker: Worker, body: Body, timeoutMs: number, transfer: ArrayBuffer[] = []): Promise<Float32Array> {
    const call = this.#nextCall;
    this.#nextCall += 1;
    return new Promise((resolve, reject) => {
      const endWait = runTimeout(timeoutMs, () => {
        this.#calls.delete(call);
        reject(
          new MillraceError('MODEL_TIMEOUT', `no answer to ${body.kind} within ${timeoutMs} ms`, {
            remedy: 'Raise the timeout, or serve a smaller model.',
          }),
        );
        this.#retire(failed('its thread was restarted after a timeout'));
        if (this.#sources.size > 0) this.#start();
      });
      this.#calls.set(call, { resolve, reject, endWait });
      worker.postMessage({ ...body, call }, transfer);
    });
  }

  #settle({ call, scores, error }: Answer): void {
    const waiting = this.#calls.get(call);
    if (waiting === undefined) return;
    this.#calls.delete(call);
    waiting.endWait();
    if (error === null) waiting.resolve(scores);
    else waiting.reject(new MillraceError(error.code, error.message.replace(/\.$/, '')));
  }

  /** Fails all calls in flight and asks the thread to exit, which it does after its current run. */
  #retire(reason: MillraceError): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const { reject, endWait } of calls) {
      endWait();
      reject(reason);
    }
    const worker = this.#worker;
    if (worker === null) return;
    this.#worker = null;
    const gone = once(worker, 'exit').finally(() => this.#leaving.delete(gone));
    this.#leaving.add(gone);
    Atomics.store(this.#retired, 0, 1);
    const end: Question = { kind: 'end', call: -1 };
    worker.postMessage(end, []);
  }
}

function failed(what: string): MillraceError {
  return new MillraceError('MODEL_FAILED', what);
}
