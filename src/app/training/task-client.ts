// The task of a training, in the training thread (control path): each call goes to the engine's thread and back.
import { MillraceError } from '../../core/errors.ts';
import type { Assessment, TaskCalls } from '../../learning/task-calls.ts';
import type { Baseline } from '../../tasks/task.ts';
import type { FromThread, TaskFunction, ToThread } from './messages.ts';

export class TaskClient implements TaskCalls {
  readonly #post: (message: FromThread) => void;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #calls = 0;

  constructor(post: (message: FromThread) => void) {
    this.#post = post;
  }

  async shortage(labels: Float32Array): Promise<string | null> {
    return (await this.#call('shortage', labels)) as string | null;
  }

  async baseline(labels: Float32Array): Promise<Baseline> {
    return (await this.#call('baseline', labels)) as Baseline;
  }

  async assess(scores: Float32Array, labels: Float32Array): Promise<Assessment> {
    return (await this.#call('assess', scores, labels)) as Assessment;
  }

  async losses(scores: Float32Array, labels: Float32Array): Promise<Float64Array> {
    return (await this.#call('losses', scores, labels)) as Float64Array;
  }

  /** Takes the answer to a call. */
  settle(answer: Extract<ToThread, { readonly id: number }>): void {
    const call = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.kind === 'result') call?.resolve(answer.value);
    else
      call?.reject(new MillraceError('TRAINING_FAILED', `a function of the task failed: ${answer.message}`));
  }

  /** The types of the results are those of TaskCalls, which the other side calls. */
  #call(name: TaskFunction, ...args: Float32Array[]): Promise<unknown> {
    const id = this.#calls++;
    const call = Promise.withResolvers<unknown>();
    this.#waiting.set(id, call);
    // Copies: of a view the whole buffer would be sent.
    this.#post({ kind: 'call', id, name, args: args.map((values) => values.slice()) });
    return call.promise;
  }
}
