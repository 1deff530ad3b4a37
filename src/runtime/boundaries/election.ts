// An election by a topic of one partition (control path): the group member that owns the partition leads until it is
// revoked. After a recoverable external failure it restarts from its last commit.
import type { Subscription } from 'rxjs';
import { isEnvironmentFault } from '../../core/faults.ts';
import { RESTART_MS_MAX } from '../../core/task-limits.ts';
import { RESTART_WAITS, retriesWhile } from '../../resilience/retries.ts';
import type { Assignment, EventLog } from '../../ports/event-log.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

/** A term that lasts longer than the longest pause between two attempts has recovered. */
const STEADY_MS = 2 * RESTART_MS_MAX;

interface ElectionParts {
  readonly log: EventLog;
  readonly groupId: string;
  readonly topic: string;
  readonly telemetry: Telemetry;
  /** `ends` aborts when another engine is elected, and when this engine closes. Called again after a recoverable failure. */
  readonly lead: (assignment: Assignment, ends: AbortSignal) => Promise<void>;
  /** Called with an error that a restart would meet again: the process must end. */
  readonly failed: (error: Error) => void;
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
    const { log, groupId, topic } = this.#parts;
    this.#subscription = log.subscribe({ groupId, topic }).subscribe({
      next: (assignment) => {
        this.#term = this.#term.then(() => this.#serve(assignment));
      },
      error: (error: Error) => this.#parts.failed(error),
    });
  }

  async #serve(assignment: Assignment): Promise<void> {
    const { groupId, telemetry, lead } = this.#parts;
    const ends = AbortSignal.any([assignment.revoked, this.#closed.signal]);
    const terms = retriesWhile(isEnvironmentFault, RESTART_WAITS, ({ message }) =>
      telemetry.raise('task_restarting', groupId, message),
    );
    const leads = (): void => telemetry.clear('task_restarting', groupId);
    try {
      await terms.execute(async () => {
        if (ends.aborted) return;
        const lasting = setTimeout(leads, STEADY_MS).unref();
        await lead(assignment, ends).finally(() => clearTimeout(lasting));
      }, ends);
    } catch (error) {
      // Any other engine that is elected would fail alike.
      if (!ends.aborted) this.#parts.failed(error as Error); // whatever `lead` throws
    } finally {
      leads();
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
