// A thread that scores, seen from the engine (hot path): for models that would hold the event loop, and for GPUs.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { messageOf, MillraceError } from '../../core/errors.ts';
import { SCORER_CLOSE_MS_MAX, SCORER_LOAD_MS_MAX } from '../../core/limits.ts';
import { moduleBeside } from '../../core/module-url.ts';
import type { ModelSource } from './loaded-model.ts';
import { runTimeOut } from './run-time-out.ts';
import type { Answer, Question, ThreadData } from './scoring-messages.ts';

interface Call {
  readonly resolve: (scores: Float32Array) => void;
  readonly reject: (error: MillraceError) => void;
  readonly endWait: () => void;
}

type Body = Question extends infer Q ? (Q extends Question ? Omit<Q, 'call'> : never) : never;

/**
 * Holds several models. A run that takes too long is given up with MODEL_TIMEOUT: another thread is started with
 * the same models, and the old one ends when its run does, as native code cannot be interrupted; what else was under
 * way in it fails with MODEL_FAILED.
 */
export class ScoringThread {
  readonly #timeoutMs: number;
  readonly #sources = new Map<number, ModelSource>();
  readonly #calls = new Map<number, Call>();
  #worker: Worker | null = null;
  #retired = new Int32Array(new SharedArrayBuffer(4));
  /** Threads that still compute what nobody waits for. */
  readonly #leaving = new Set<Promise<unknown>>();
  /** Resolves when all models are loaded in the present thread; never rejects. */
  #ready: Promise<unknown> = Promise.resolve();
  #nextCall = 0;
  #nextModel = 0;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Gives the model's number. Throws MODEL_INVALID. */
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
    if (worker === null) throw failed('its thread ended');
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
    // A thread that hangs is left behind.
    const bound = new AbortController();
    await Promise.race([Promise.all(this.#leaving), delay(SCORER_CLOSE_MS_MAX, null, bound)]);
    bound.abort();
  }

  #start(): Worker {
    const retired = new Int32Array(new SharedArrayBuffer(4));
    const workerData: ThreadData = { retired };
    const worker = new Worker(moduleBeside(import.meta.url, './scoring-thread-entry'), { workerData });
    // A call's time-out holds the process open while one is under way, nothing else should.
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
    // A load that fails now did not fail before: runs will then say that the model is not loaded.
    this.#ready = Promise.allSettled(loads);
    return worker;
  }

  #ask(worker: Worker, body: Body, timeoutMs: number, transfer: ArrayBuffer[] = []): Promise<Float32Array> {
    const call = this.#nextCall;
    this.#nextCall += 1;
    return new Promise((resolve, reject) => {
      const endWait = runTimeOut(timeoutMs, () => {
        this.#calls.delete(call);
        reject(
          new MillraceError('MODEL_TIMEOUT', `no answer to ${body.kind} within ${timeoutMs} ms`, {
            remedy: 'Raise the time-out, or serve a smaller model.',
          }),
        );
        this.#retire(failed('its thread was restarted after a time-out'));
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

  /** Fails what is under way and tells the thread to end, which it does after its present run. */
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
