// Announces the tasks of one assignment to the state store (control path). The store refuses a generation older than the
// newest that it has seen: an owner that has lost its partition without knowing must not disturb the next one. A broker
// that lost the group's state restarts the count of generations, and then the rightful owner is refused: it takes over
// once it has been refused for longer than the loss of a partition can stay unknown to a member. If that is wrong, it
// costs the other owner a restart and nothing else: the log fences outputs, and the store fences state by its owner.
import { isCode } from '../../core/errors.ts';
import { TAKE_OVER_MS } from '../../core/task-limits.ts';
import type { StateStore } from '../../ports/state-store.ts';

export class Claim {
  readonly #generation: number;
  readonly #nowMs: () => number;
  #refusedMs: number | null = null;

  /** @param nowMs a monotonic clock */
  constructor(generation: number, nowMs: () => number = () => performance.now()) {
    this.#generation = generation;
    this.#nowMs = nowMs;
  }

  /** @throws FENCED if a newer generation has been announced, for at most TAKE_OVER_MS */
  async announce(store: StateStore): Promise<void> {
    const nowMs = this.#nowMs();
    const takesOver = this.#refusedMs !== null && nowMs - this.#refusedMs >= TAKE_OVER_MS;
    try {
      await store.restore(this.#generation, takesOver);
      this.#refusedMs = null;
    } catch (error) {
      if (isCode(error, 'FENCED')) this.#refusedMs ??= nowMs;
      throw error;
    }
  }
}
