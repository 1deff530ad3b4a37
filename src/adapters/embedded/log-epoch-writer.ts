// One task's outputs in the embedded log (control path, once an epoch): buffered, then visible all at once.
import { MillraceError } from '../../core/errors.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type {
  Appended,
  CommittedOffset,
  EpochWriter,
  RecordWriter,
  WrittenRun,
} from '../../ports/event-log.ts';

/** What an epoch writer needs from its log. */
export interface EpochHost {
  /** All or nothing; throws FENCED if the writer's epoch is no longer the newest. */
  commitEpoch(
    writer: EmbeddedEpochWriter,
    groupId: string,
    source: TopicPartition,
    at: CommittedOffset,
  ): void;
  /** The same without an offset; waits for room in topics that are in memory. */
  commitRecords(writer: EmbeddedEpochWriter): Promise<readonly WrittenRun[]>;
  committedOffset(groupId: string, source: TopicPartition): CommittedOffset | null;
}

/** @param fence the epoch of the newest writer of the id */
export function assertNewest({ epoch, transactionalId }: EmbeddedEpochWriter, fence: number): void {
  if (fence === epoch) return;
  throw new MillraceError('FENCED', 'a newer owner has taken over this partition', {
    where: transactionalId,
  });
}

export class EmbeddedEpochWriter implements EpochWriter, RecordWriter {
  readonly transactionalId: string;
  /** Increases with every writer of this id: only the newest may commit. */
  readonly epoch: number;
  readonly #host: EpochHost;
  #pending: Appended[] = [];
  #closed = false;

  constructor(host: EpochHost, transactionalId: string, epoch: number) {
    this.#host = host;
    this.transactionalId = transactionalId;
    this.epoch = epoch;
  }

  append(topic: string, records: Appended['records']): void {
    this.#pending.push({ topic, records });
  }

  /** The group's offset, final because older writers of this id are fenced. */
  committed(groupId: string, source: TopicPartition): Promise<CommittedOffset | null> {
    return Promise.resolve(this.#host.committedOffset(groupId, source));
  }

  /** The buffered records, in order. */
  get pending(): readonly Appended[] {
    return this.#pending;
  }

  recordBytesMax(): number {
    return Number.POSITIVE_INFINITY;
  }

  async commit(groupId: string, source: TopicPartition, offsetNext: number, metadata = ''): Promise<void> {
    await this.#commit(async () =>
      this.#host.commitEpoch(this, groupId, source, { offset: offsetNext, metadata }),
    );
  }

  commitRecords(): Promise<readonly WrittenRun[]> {
    return this.#commit(() => this.#host.commitRecords(this));
  }

  async #commit<T>(write: () => Promise<T>): Promise<T> {
    if (this.#closed) {
      throw new MillraceError('FENCED', 'a commit on a closed epoch writer', {
        where: this.transactionalId,
      });
    }
    try {
      const written = await write();
      this.#pending = [];
      return written;
    } catch (error) {
      this.#closed = true;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#pending = [];
  }
}
