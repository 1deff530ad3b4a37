// Which sources a merge need not wait for (control path): those whose tasks have come to the end of the log, and of which it
// has heard nothing for a while. The end is looked up before each time that the merge goes on without a source, so a source
// that has events which its task has not sent is always waited for, whether its task is slow, restarts or is away.
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Merger } from './merger.ts';

/** A topic whose partitions are all sources. */
export interface SourceTopic {
  readonly topic: string;
  readonly partitions: number;
}

export class SourceEnds {
  readonly #log: Pick<EventLog, 'ends' | 'partitionCounts'>;
  readonly #topics: readonly SourceTopic[];
  /** Whether other topologies may fill the merged topic too. */
  readonly #isShared: boolean;
  /** Partitions that each topic has. */
  readonly #counts = new Map<string, number>();
  readonly #waitMs: number;
  readonly #clock: () => number;

  /**
   * @param isShared whether other topics than these may be sources
   * @param waitMs for how long a source that has caught up is waited for
   * @param clock monotonic, ms
   */
  constructor(
    log: Pick<EventLog, 'ends' | 'partitionCounts'>,
    topics: readonly SourceTopic[],
    isShared: boolean,
    waitMs: number,
    clock: () => number,
  ) {
    this.#log = log;
    this.#topics = topics;
    this.#isShared = isShared;
    this.#waitMs = waitMs;
    this.#clock = clock;
  }

  /** Adds every partition of the topics to the merge; those of a topic that is not there yet as they are declared. */
  async add(merger: Merger): Promise<void> {
    for (const { topic, partitions } of this.#topics) {
      this.#counts.set(topic, partitions);
      await this.#count(topic);
      const count = this.#counts.get(topic) ?? 0;
      for (let partition = 0; partition < count; partition++) merger.source({ topic, partition });
    }
  }

  async #count(topic: string): Promise<void> {
    const count = (await this.#log.partitionCounts([topic])).get(topic) ?? 0;
    this.#counts.set(topic, Math.max(count, this.#counts.get(topic) ?? 0));
  }

  /** Whether the partition is known to be a source. */
  isKnown({ topic, partition }: TopicPartition): boolean {
    return partition < (this.#counts.get(topic) ?? 0);
  }

  /** The same for one that may have been added. */
  async learn(source: TopicPartition): Promise<boolean> {
    if (!this.#isShared && !this.#counts.has(source.topic)) return false;
    await this.#count(source.topic);
    return this.isKnown(source);
  }

  /** Marks the sources that need not be waited for now; false if there is none. */
  async markQuiet(merger: Merger): Promise<boolean> {
    const due = merger.sources.filter(
      ({ head, progress, heardMs }) =>
        head === undefined && progress !== null && this.#clock() - heardMs >= this.#waitMs,
    );
    let isAny = false;
    for (const [topic, sources] of Map.groupBy(due, ({ topic }) => topic)) {
      const ends = await this.#log.ends(topic);
      for (const source of sources) {
        const end = ends[source.partition]?.end ?? 0; // a partition that has just been added
        source.isQuiet = end <= (source.progress?.offsetNext ?? -1);
        isAny ||= source.isQuiet;
      }
    }
    return isAny;
  }

  /** Until a source that is waited for may be quiet, ms. */
  waitMs(heardMs: number): number {
    return this.#waitMs - (this.#clock() - heardMs);
  }
}
