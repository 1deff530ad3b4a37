// Follows the topic of data keys for records that no engine wrote (control path): compaction would keep such a record, and
// remove the key that an engine wrote before it.
import type { Subscription } from 'rxjs';
import { messageOf } from '../../core/errors.ts';
import { RESTART_MS_MAX } from '../../core/task-limits.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { untransactedFault } from '../own-records.ts';

export class DisplacedKeys {
  readonly #log: Pick<EventLog, 'tail'>;
  readonly #topic: string;
  readonly #telemetry: Pick<Telemetry, 'raise' | 'clear'>;
  readonly #displaced: (partition: number, recordKey: string) => void;
  #subscription: Subscription | null = null;
  #retry: NodeJS.Timeout | null = null;

  /** @param displaced called with the key of such a record, again for each of them */
  constructor(
    log: Pick<EventLog, 'tail'>,
    topic: string,
    telemetry: Pick<Telemetry, 'raise' | 'clear'>,
    displaced: (partition: number, recordKey: string) => void,
  ) {
    this.#log = log;
    this.#topic = topic;
    this.#telemetry = telemetry;
    this.#displaced = displaced;
    // What the topic has by now is read with the keys of each partition.
    this.#follow('latest');
  }

  close(): void {
    this.#subscription?.unsubscribe();
    if (this.#retry !== null) clearTimeout(this.#retry);
  }

  #follow(from: 'earliest' | 'latest'): void {
    this.#subscription = this.#log.tail(this.#topic, from).subscribe({
      next: (raw) => {
        this.#telemetry.clear('log_unavailable', this.#topic);
        for (let row = 0; row < raw.count; row++) {
          if (untransactedFault(raw, row) === null) continue;
          this.#displaced(raw.origin.partition, raw.keys.at(row)?.toString() ?? '');
        }
      },
      error: (error: unknown) => {
        this.#telemetry.raise('log_unavailable', this.#topic, messageOf(error));
        // From the start, as it is not known what came meanwhile.
        this.#retry = setTimeout(() => this.#follow('earliest'), RESTART_MS_MAX).unref();
      },
    });
  }
}
