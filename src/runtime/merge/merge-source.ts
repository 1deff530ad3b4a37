// One source of a merge (hot path, once a group): a partition of a topic that is repartitioned, with its rows that wait.
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import { plainTopic } from './marked-topic.ts';
import type { GroupRows, Progress } from './row-group.ts';

/** A group whose rows are not all released. */
export interface QueuedGroup {
  /** Offset of its record in the topic before the merge. */
  readonly place: number;
  readonly count: number;
  /** Of its record. */
  readonly bytes: number;
  /** Null while it is in the log alone. */
  rows: GroupRows | null;
}

export class MergeSource implements TopicPartition {
  /** With its mark. */
  readonly topic: string;
  readonly partition: number;
  /** Without the mark. */
  readonly name: string;
  /** Unknown before its task has written anything: the merge waits for it. */
  progress: Progress | null = null;
  /** When the merge last heard of it, monotonic, ms. */
  heardMs: number;
  /** Whether it has nothing that the merge could wait for; for one round of the merge. */
  isQuiet = false;
  /** Rows of the first group that are released. */
  released = 0;
  #groups: QueuedGroup[] = [];
  #first = 0;

  constructor({ topic, partition }: TopicPartition, heardMs: number) {
    this.topic = topic;
    this.partition = partition;
    this.name = partitionName({ topic: plainTopic(topic), partition });
    this.heardMs = heardMs;
  }

  get head(): QueuedGroup | undefined {
    return this.#groups[this.#first];
  }

  /** In their order. */
  get groups(): readonly QueuedGroup[] {
    return this.#first === 0 ? this.#groups : this.#groups.slice(this.#first);
  }

  /** The watermark that every row which is still to be released has at least, ms; null if that is unknown. */
  get leastMs(): number | null {
    const { head } = this;
    if (head === undefined) return this.progress?.watermarkMs ?? null;
    return head.rows?.watermarksMs[this.released] ?? null;
  }

  push(group: QueuedGroup): void {
    this.#groups.push(group);
  }

  /** The first group is released. */
  shift(): void {
    this.released = 0;
    this.#first += 1;
    if (this.#first * 2 < this.#groups.length) return;
    this.#groups = this.#groups.slice(this.#first);
    this.#first = 0;
  }
}
