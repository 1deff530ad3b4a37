// An election by a topic of one partition (control path): the group member that owns the partition leads until it is
// revoked. After a recoverable external failure it restarts from its last commit.
import type { Subscription } from 'rxjs';
import { messageOf } from '../../core/errors.ts';
import { RESTART_WAITS, retriesWhile } from '../../resilience/retries.ts';
import type { Assignment, EventLog } from '../../ports/event-log.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { isRestartable } from '../recovery/restartable.ts';

interface ElectionParts {
  readonly log: EventLog;
  readonly groupId: string;
  readonly topic: string;
  readonly telemetry: Telemetry;
  /** `ends` aborts when another engine is elected, and when this engine closes. Called again after a recoverable failure. */
  readonly lead: (assignment: Assignment, ends: AbortSignal) => Promise<void>;
}

export class Election {
  readonly #parts: ElectionParts;
  #subscription: Subscription | null = null;
  #term: Promise<void> = Promise.resolve();
  readonly #closed = new AbortController();

  constructor(parts: ElectionParts) {
    this.#parts = parts;
  }

  /** Stands for election. */
  start(): void {
    const { log, groupId, topic, telemetry } = this.#parts;
    this.#subscription = log.subscribe({ groupId, topic }).subscribe({
      next: (assignment) => {
        this.#term = this.#term.then(() => this.#serve(assignment));
      },
      error: (error: unknown) =>
        telemetry.error('this engine cannot be elected', { group: groupId, why: messageOf(error) }),
    });
  }

  async #serve(assignment: Assignment): Promise<void> {
    const { groupId, telemetry, lead } = this.#parts;
    const ends = AbortSignal.any([assignment.revoked, this.#closed.signal]);
    const terms = retriesWhile(isRestartable, RESTART_WAITS, ({ message }, pauseMs) =>
      telemetry.warn('the elected engine restarts', { group: groupId, why: message, pauseMs }),
    );
    try {
      await terms.execute(async () => {
        if (!ends.aborted) await lead(assignment, ends);
      }, ends);
    } catch (error) {
      if (!ends.aborted)
        telemetry.error('the elected engine failed', { group: groupId, why: messageOf(error) });
    } finally {
      assignment.released();
    }
  }

  /** Ends the term, if there is one. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#subscription?.unsubscribe();
    await this.#term;
  }
}
