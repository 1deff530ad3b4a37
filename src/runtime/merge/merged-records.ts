// Deletes the records before a merge that it needs no more (control path).
import { messageOf } from '../../core/errors.ts';
import { MERGE_TRUNCATE_MS } from '../../core/merge-limits.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

export class MergedRecords {
  readonly #log: Pick<EventLog, 'deleteRecords'>;
  readonly #at: TopicPartition;
  readonly #telemetry: Pick<Telemetry, 'raise' | 'clear'>;
  readonly #clock: () => number;
  #deletedBelow = 0;
  #deletedMs: number;
  /** Where the first row that waits is, as of the last commit. */
  neededFrom = 0;

  /** @param clock monotonic, ms */
  constructor(
    log: Pick<EventLog, 'deleteRecords'>,
    at: TopicPartition,
    telemetry: Pick<Telemetry, 'raise' | 'clear'>,
    clock: () => number,
  ) {
    this.#log = log;
    this.#at = at;
    this.#telemetry = telemetry;
    this.#clock = clock;
    this.#deletedMs = clock();
  }

  async deleteIfDue(): Promise<void> {
    if (this.#clock() - this.#deletedMs >= MERGE_TRUNCATE_MS) await this.delete();
  }

  /** A topic that grows is no reason to stop. */
  async delete(): Promise<void> {
    this.#deletedMs = this.#clock();
    if (this.neededFrom <= this.#deletedBelow) return;
    const { topic, partition } = this.#at;
    try {
      await this.#log.deleteRecords(topic, partition, this.neededFrom);
      this.#deletedBelow = this.neededFrom;
      this.#telemetry.clear('records_kept', topic);
    } catch (error) {
      this.#telemetry.raise('records_kept', topic, messageOf(error));
    }
  }
}
