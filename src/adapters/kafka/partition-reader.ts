// The records of one partition as an observable (control path, once a fetch).
import { Observable, type Subscriber } from 'rxjs';
import type { RawBatch } from '../../core/batch.ts';
import type { MillraceError } from '../../core/errors.ts';
import { DAMAGED_FETCHES_MAX } from '../../core/log-limits.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { FetchedPartition } from './wire/fetch-request.ts';
import { rawBatchOf } from './wire/fetched.ts';
import type { Fetcher, FetchTarget } from './fetcher.ts';
import { logFailure } from './log-failure.ts';

export class PartitionReader implements FetchTarget {
  readonly topic: string;
  readonly partition: number;
  readonly topicId: string | null;
  readonly #origin: TopicPartition;
  readonly #fetcher: Fetcher;
  readonly #header: string | null;
  /** No number until the earliest or latest offset has been looked up. */
  #position: number | 'earliest' | 'latest';
  /** Fetches in a row that returned bytes, and nothing that can be read. */
  #fruitless = 0;
  #paused = false;
  #stopped = false;
  #subscriber: Subscriber<RawBatch> | null = null;
  #idle: ((lastStableOffset: number) => void) | null = null;

  /**
   * @param topicId of the topic that is to be read; null if any topic of the name will do
   * @param header the name of one that is to be read as well
   */
  constructor(
    fetcher: Fetcher,
    origin: TopicPartition,
    position: number | 'earliest' | 'latest',
    topicId: string | null = null,
    header: string | null = null,
  ) {
    this.#header = header;
    this.topicId = topicId;
    this.topic = origin.topic;
    this.partition = origin.partition;
    this.#origin = origin;
    this.#fetcher = fetcher;
    this.#position = position;
  }

  get position(): number {
    return typeof this.#position === 'number' ? this.#position : 0;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Can be subscribed to once; completes on `stop`. `idle` is called for a fetch that returns nothing. */
  records(idle: ((lastStableOffset: number) => void) | null = null): Observable<RawBatch> {
    return new Observable((subscriber) => {
      if (this.#stopped) {
        subscriber.complete();
        return;
      }
      this.#idle = idle;
      this.#subscriber = subscriber;
      subscriber.add(() => {
        this.#subscriber = null;
        this.#fetcher.remove(this);
      });
      this.#start(subscriber).catch((error: unknown) => {
        subscriber.error(logFailure(error, 'cannot read', partitionName(this), []));
      });
    });
  }

  async #start(subscriber: Subscriber<RawBatch>): Promise<void> {
    if (typeof this.#position !== 'number') {
      this.#position = await this.#fetcher.offsetAt(this.#origin, this.#position);
    }
    await this.#fetcher.add(this);
    if (subscriber.closed) this.#fetcher.remove(this);
  }

  fetched(response: FetchedPartition): void {
    const isLastTry = this.#fruitless + 1 >= DAMAGED_FETCHES_MAX;
    let batch: RawBatch | null;
    try {
      batch = rawBatchOf(this.#origin, response, this.position, isLastTry, this.#header);
    } catch (error) {
      this.#subscriber?.error(error);
      return;
    }
    this.#fruitless = batch === null && response.records.length > 0 ? this.#fruitless + 1 : 0;
    if (batch === null) {
      this.#idle?.(response.lastStableOffset);
      return;
    }
    this.#position = batch.offsetNext;
    this.#subscriber?.next(batch);
  }

  failed(error: MillraceError): void {
    this.#subscriber?.error(error);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#fetcher.wake();
  }

  stop(): void {
    this.#stopped = true;
    this.#subscriber?.complete();
  }
}
