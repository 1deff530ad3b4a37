// What a partition knows of state that its store has lost (control path). It lives as long as the assignment: found in one
// attempt of the task, acted on when the next one restores.
//
// A key's state depends on every event that the stages before let through, so the only exact way to rebuild one key is to
// pass all events of the span through the pipeline again: the whole partition is rebuilt, once for all keys that are
// known to be lost. Where the log no longer reaches back far enough that would cost the sound keys their past, so they
// stay, and a lost key starts empty.
import { MillraceError } from '../../core/errors.ts';
import { REBUILDS_MAX } from '../../core/task-limits.ts';
import { keysText, StateLost } from '../../core/lost-state.ts';
import type { StateStore } from '../../ports/state-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

export class StateDamage {
  readonly #topology: string;
  readonly #where: string;
  readonly #telemetry: Telemetry;
  readonly #keys = new Set<string>();
  /** Whether a lost key starts empty, as the log cannot restore it. */
  #isTolerant = false;
  /** Rebuilds since one was completed. */
  #rebuilds = 0;

  /** @param where topic and partition */
  constructor(topology: string, where: string, telemetry: Telemetry) {
    this.#topology = topology;
    this.#where = where;
    this.#telemetry = telemetry;
  }

  /** Keys that are known to be lost. */
  get keys(): readonly string[] {
    return [...this.#keys];
  }

  found(keys: readonly string[]): void {
    for (const key of keys) this.#keys.add(key);
  }

  /** Runs a request to the store; a loss is noted for the next attempt, or accepted and the request repeated. */
  async request<T>(store: Pick<StateStore, 'forget'>, request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof StateLost)) throw error;
      await this.lost(store, error);
      return request();
    }
  }

  /** Notes a loss and throws it, or makes the keys count as never written. */
  async lost(store: Pick<StateStore, 'forget'>, error: StateLost): Promise<void> {
    this.found(error.keys);
    if (!this.#isTolerant || error.keys.length === 0) throw error;
    await this.accept(store);
  }

  /** The log cannot restore the keys: from now on a lost key starts empty. */
  async accept(store: Pick<StateStore, 'forget'>): Promise<void> {
    this.#isTolerant = true;
    const { keys } = this;
    this.#keys.clear();
    await store.forget(keys);
    this.#telemetry.count('state_keys_lost_total', keys.length, { topology: this.#topology });
    this.incomplete(`keys that start empty: ${keysText(keys)}`);
  }

  /** What the log no longer has the events for. */
  incomplete(reason: string): void {
    this.#telemetry.raise('state_incomplete', this.#where, reason);
  }

  /** A rebuild starts. @throws STORE_LOSES_STATE if too many have started and none was completed */
  rebuilds(from: number | null, until: number): void {
    this.#rebuilds += 1;
    if (this.#rebuilds > REBUILDS_MAX) {
      throw new MillraceError(
        'STORE_LOSES_STATE',
        `${REBUILDS_MAX} rebuilds were lost before they were done`,
        {
          where: this.#where,
          remedy: 'Give the state store more memory, and set maxmemory-policy noeviction in Redis.',
        },
      );
    }
    const { keys } = this;
    this.#keys.clear();
    this.#telemetry.count('state_rebuilds_total', 1, { topology: this.#topology });
    this.#raise(keys.length === 0 ? 'the partition' : keysText(keys), from, until);
  }

  /** A rebuild that was interrupted goes on. */
  continues(from: number, until: number): void {
    this.#raise('the partition, before a restart', from, until);
  }

  #raise(what: string, from: number | null, until: number): void {
    const events = `offsets ${from ?? 'from the earliest'} to ${until}`;
    this.#telemetry.raise(
      'state_rebuilt',
      this.#where,
      `lost: ${what}; events that are read again: ${events}`,
    );
  }

  /** The task has passed everything that was committed: its state is what it was. */
  completed(): void {
    this.#rebuilds = 0;
    this.#telemetry.clear('state_rebuilt', this.#where);
  }

  /** The partition leaves this process. */
  close(): void {
    this.#telemetry.clear('state_rebuilt', this.#where);
    this.#telemetry.clear('state_incomplete', this.#where);
  }
}
