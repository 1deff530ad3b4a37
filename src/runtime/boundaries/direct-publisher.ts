// Publishes the results of boundaries in an engine that runs alone (control path).
import { isEnvironmentFault } from '../../core/faults.ts';
import { RESTART_WAITS, retriesWhile } from '../../resilience/retries.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { BoundaryOutput, BoundaryPublisher, BoundaryRecords } from './boundary-output.ts';

export class DirectPublisher implements BoundaryPublisher {
  readonly leads = true;
  readonly #log: EventLog;
  readonly #records: BoundaryRecords;
  readonly #closed = new AbortController();
  readonly #retry = retriesWhile(isEnvironmentFault, RESTART_WAITS);

  constructor(log: EventLog, records: BoundaryRecords) {
    this.#log = log;
    this.#records = records;
  }

  /** Retries until it succeeds: what was decided must be published, and a log that is away comes back. */
  async publish(output: BoundaryOutput): Promise<void> {
    this.#records.record([output]);
    for (const { topic, records } of this.#records.of([output])) {
      await this.#retry.execute(() => this.#log.publish(topic, records), this.#closed.signal);
    }
    this.#records.count([output]);
  }

  close(): Promise<void> {
    this.#closed.abort();
    return Promise.resolve();
  }
}
