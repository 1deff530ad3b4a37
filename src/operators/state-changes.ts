// What a stage changed in its keyed state since the last barrier (once a barrier): its own keys in, the epoch's out.
import type { StateDelta } from '../core/state-delta.ts';

/**
 * The changes of one stage at one barrier. Deletes apply first, then puts, then appends, each in the order of the calls.
 * Event times and times to live say how long a key is of use: the store may forget it `ttlMs` after `eventTimeMs`.
 */
export class StateChanges {
  readonly #stage: string;
  readonly #within: string;
  readonly #prefix: string;
  readonly #delta: StateDelta;

  /**
   * @param stage id whose keys these are
   * @param within prefix of the keys among those of the stage
   */
  constructor(stage: string, delta: StateDelta, within = '') {
    this.#stage = stage;
    this.#within = within;
    this.#prefix = statePrefix(stage) + within;
    this.#delta = delta;
  }

  /** The same for keys that begin with a prefix: of a part of the stage. */
  under(prefix: string): StateChanges {
    return new StateChanges(this.#stage, this.#delta, this.#within + prefix);
  }

  /**
   * Replaces what the store has for the key.
   * @param ttlMs of event time; null to keep the key forever
   * @param served vector of the online store, Float32 little-endian; null if the stage serves none
   */
  put(
    key: string,
    state: Uint8Array,
    eventTimeMs: number,
    ttlMs: number | null,
    served: Uint8Array | null = null,
  ): void {
    this.#delta.puts.push({ key: this.#prefix + key, state, served, eventTimeMs, ttlMs });
  }

  /** Adds bytes at the end of what the store has for the key. */
  append(key: string, bytes: Uint8Array, eventTimeMs: number, ttlMs: number | null): void {
    this.#delta.appends.push({ key: this.#prefix + key, bytes, eventTimeMs, ttlMs });
  }

  delete(key: string): void {
    this.#delta.deletes.push(this.#prefix + key);
  }
}

/** What the store puts before a stage's own keys. */
export function statePrefix(stage: string): string {
  return `${stage}:`;
}
