// A partition that this member owns (control path).
import type { Observable } from 'rxjs';
import type { RawBatch } from '../../../core/batch.ts';
import { REVOKE_MS_MAX } from '../../../core/limits.ts';
import type { TopicPartition } from '../../../core/topic-partition.ts';
import type { Assignment } from '../../../ports/event-log.ts';
import type { Fetcher } from '../fetcher.ts';
import { PartitionReader } from '../partition-reader.ts';

export class KafkaAssignment implements Assignment {
  readonly topic: string;
  readonly partition: number;
  readonly generation: number;
  readonly committedOffset: number | null;
  readonly rebalancingSinceMs: number;
  readonly revoked: AbortSignal;
  readonly #fetcher: Fetcher;
  readonly #abort = new AbortController();
  readonly #released = Promise.withResolvers<void>();
  #reader: PartitionReader | null = null;

  constructor(
    fetcher: Fetcher,
    share: TopicPartition & Pick<Assignment, 'generation' | 'committedOffset' | 'rebalancingSinceMs'>,
  ) {
    this.topic = share.topic;
    this.partition = share.partition;
    this.generation = share.generation;
    this.committedOffset = share.committedOffset;
    this.rebalancingSinceMs = share.rebalancingSinceMs;
    this.revoked = this.#abort.signal;
    this.#fetcher = fetcher;
  }

  open(offset: number | null): Observable<RawBatch> {
    this.#reader?.stop();
    const origin = { topic: this.topic, partition: this.partition };
    const reader = new PartitionReader(this.#fetcher, origin, offset ?? 'earliest');
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
