// Which sources a merge need not wait for (control path): those whose tasks have come to the end of the log, and of which it
// has heard nothing for a while. The end is looked up before each time that the merge goes on without a source, so a source
// that has events which its task has not sent is always waited for, whether its task is slow, restarts or is away.
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { EventLog } from '../../ports/event-log.ts';
import { markedTopic, plainTopic } from './marked-topic.ts';
import type { Merger } from './merger.ts';

/** A topic whose partitions are all sources. */
export interface SourceTopic {
  readonly topic: string;
  readonly partitions: number;
}

type SourceLog = Pick<EventLog, 'ends' | 'partitionCounts' | 'topicId'>;

export class SourceEnds {
  readonly #log: SourceLog;
  readonly #topics: readonly SourceTopic[];
  /** Whether other topologies may fill the merged topic too. */
  readonly #isShared: boolean;
  /** Partitions that each topic has. */
  readonly #counts = new Map<string, number>();
  /** Each topic with the mark that it has now. */
  readonly #marked = new Map<string, string>();
  readonly #waitMs: number;
  readonly #clock: () => number;

  /**
   * @param isShared whether other topics than these may be sources
   * @param waitMs for how long a source that has caught up is waited for
   * @param clock monotonic, ms
   */
  constructor(
    log: SourceLog,
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
      await this.#lookUp(topic);
      this.#addAll(merger, topic);
    }
  }

  #addAll(merger: Merger, topic: string): void {
    const marked = this.#marked.get(topic) ?? topic;
    const count = this.#counts.get(topic) ?? 0;
    for (let partition = 0; partition < count; partition++) merger.source({ topic: marked, partition });
  }

  async #lookUp(topic: string): Promise<void> {
    const count = (await this.#log.partitionCounts([topic])).get(topic) ?? 0;
    if (count > 0) this.#marked.set(topic, markedTopic(topic, await this.#log.topicId(topic)));
    this.#counts.set(topic, Math.max(count, this.#counts.get(topic) ?? 0));
  }

  /** Whether the partition is known to be a source. */
  isKnown({ topic: marked, partition }: TopicPartition): boolean {
    const topic = plainTopic(marked);
    return this.#marked.get(topic) === marked && partition < (this.#counts.get(topic) ?? 0);
  }

  /** Whether it is a partition of an earlier topic of a known name. */
  isFormer({ topic: marked }: TopicPartition): boolean {
    const known = this.#marked.get(plainTopic(marked));
    return known !== undefined && known !== marked;
  }

  /**
   * The same as `isKnown` for one that may have been added, or whose topic may have been created again: what the merge has of
   * the earlier one is dropped.
   */
  async learn(source: TopicPartition, merger: Merger): Promise<boolean> {
    const topic = plainTopic(source.topic);
    const isDeclared = this.#topics.some((one) => one.topic === topic);
    if (!this.#isShared && !isDeclared) return false;
    await this.#lookUp(topic);
    if (!this.#marked.has(topic)) return false;
    merger.drop((one) => this.isFormer(one));
    // The tasks of all its partitions start over.
    if (isDeclared) this.#addAll(merger, topic);
    return this.isKnown(source);
  }

  /** Marks the sources that need not be waited for now; false if there is none. */
  async markQuiet(merger: Merger): Promise<boolean> {
    const due = merger.sources.filter(
      ({ head, progress, heardMs }) =>
        head === undefined && progress !== null && this.#clock() - heardMs >= this.#waitMs,
    );
    let isAny = false;
    for (const [topic, sources] of Map.groupBy(due, (source) => plainTopic(source.topic))) {
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
