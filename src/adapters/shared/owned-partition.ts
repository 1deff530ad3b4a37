// A partition that a member of a group owns (control path): reading it, and giving it up in order. Both logs share this.
import type { Observable } from 'rxjs';
import type { RawBatch } from '../../core/batch.ts';
import { REVOKE_MS_MAX } from '../../core/task-limits.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { Assignment } from '../../ports/event-log.ts';

/** A reader of one partition, open until it is stopped. */
export interface PartitionSource {
  records(): Observable<RawBatch>;
  pause(): void;
  resume(): void;
  stop(): void;
}

export type PartitionGrant = TopicPartition & Pick<Assignment, 'generation' | 'rebalancingSinceMs'>;

export class OwnedPartition implements Assignment {
  readonly topic: string;
  readonly partition: number;
  readonly generation: number;
  readonly rebalancingSinceMs: number;
  readonly revoked: AbortSignal;
  readonly #read: (offset: number | null, topicId: string | null) => PartitionSource;
  readonly #abort = new AbortController();
  readonly #released = Promise.withResolvers<void>();
  #reader: PartitionSource | null = null;

  /** @param read opens a reader at an offset, or at the start of the partition for null */
  constructor(
    grant: PartitionGrant,
    read: (offset: number | null, topicId: string | null) => PartitionSource,
  ) {
    this.topic = grant.topic;
    this.partition = grant.partition;
    this.generation = grant.generation;
    this.rebalancingSinceMs = grant.rebalancingSinceMs;
    this.revoked = this.#abort.signal;
    this.#read = read;
  }

  open(offset: number | null, topicId: string | null = null): Observable<RawBatch> {
    this.#reader?.stop();
    const reader = this.#read(offset, topicId);
    this.#reader = reader;
    if (this.revoked.aborted) reader.stop();
    return reader.records();
  }

  pause(): void {
    this.#reader?.pause();
  }

  resume(): void {
    this.#reader?.resume();
  }

  released(): void {
    this.#released.resolve();
  }

  /** Resolves when the owner has released it, or after REVOKE_MS_MAX. */
  async revoke(): Promise<void> {
    this.#abort.abort();
    this.#reader?.stop();
    if (this.#reader === null) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, REVOKE_MS_MAX);
    });
    await Promise.race([this.#released.promise, late]);
    clearTimeout(timer);
  }
}
