// What a topic accepts (control path): the size of a record batch, and how far a record's time may be from the broker's
// clock. Read from the topic's settings where the user may; whatever a broker refuses beyond that is learned from its
// answer, and the epoch that met it is computed again.
import { PRODUCE_BATCH_BYTES_MAX } from '../../core/log-limits.ts';
import type { PublishLimits, TopicAdmin } from './client/kafka-client.ts';
import { isUnavailable } from './client/kafka-error.ts';
import { HEADER_BYTES } from './records/record-batch-format.ts';
import type { RefusedBatch } from './wire/produce-request.ts';

const SIZE = 'max.message.bytes';
const AHEAD = 'message.timestamp.after.max.ms';
const BEHIND = 'message.timestamp.before.max.ms';
const CLEANUP = 'cleanup.policy';

/** Kafka's own defaults: for a topic whose settings the user may not read. */
const DEFAULT_BATCH_BYTES = 1_048_588;
const DEFAULT_AHEAD_MS = 3_600_000;
/** Larger settings mean that there is no limit; sums with a time stay exact. */
const TIME_LIMIT_MS_MAX = 8.64e15;
/** Between the time of a record and the limit: a request waits, and clocks drift. */
const MARGIN_MS = 60_000;
/** A broker closes the connection of a larger request (socket.request.max.bytes, 100 MiB by default). */
const REQUEST_BYTES = 104_857_600 - 65_536;
/** The header of a record batch, and the lengths and attributes of its only record. */
const OVERHEAD_BYTES = HEADER_BYTES + 40;
const FIRST_STEP_MS = 3_600_000;
const LESSONS_MAX = 32;

/** `Timestamp 1 of message with offset 0 is out of range. The timestamp should be within [2, 3]` */
const RANGE = /within \[(-?\d+), (-?\d+)\]/;

export class TopicLimits implements PublishLimits {
  /** Of one record batch that has one record. */
  #recordBatchBytesMax = DEFAULT_BATCH_BYTES;
  /** Of one record batch. */
  batchBytesMax: number = DEFAULT_BATCH_BYTES;
  /** A compacted topic accepts no record without a key. */
  needsKeys = false;
  #lessons = 0;
  #aheadMs = DEFAULT_AHEAD_MS - MARGIN_MS;
  #behindMs = TIME_LIMIT_MS_MAX;
  #stepMs = FIRST_STEP_MS;

  /** Bytes of the key, the value and the headers of one record. */
  get recordBytesMax(): number {
    return this.#recordBatchBytesMax - OVERHEAD_BYTES;
  }

  /** The times that the broker accepts, by this process's clock and what was learned about the broker's. */
  times(nowMs: number): { readonly earliestMs: number; readonly latestMs: number } {
    return { earliestMs: nowMs - this.#behindMs, latestMs: nowMs + this.#aheadMs };
  }

  /** Bytes of the records of a batch that a client fills itself. */
  get sendBytesMax(): number {
    return Math.min(this.batchBytesMax - OVERHEAD_BYTES, PRODUCE_BATCH_BYTES_MAX);
  }

  /** The size limit of a record batch with one record. */
  get bytesMax(): number {
    return this.#recordBatchBytesMax;
  }

  described(settings: ReadonlyMap<string, string>): void {
    this.needsKeys = settings.get(CLEANUP)?.includes('compact') ?? false;
    const bytes = Number(settings.get(SIZE));
    if (bytes > 0) this.#resize(bytes);
    const aheadMs = Number(settings.get(AHEAD));
    if (aheadMs >= 0) this.#aheadMs = Math.min(TIME_LIMIT_MS_MAX, aheadMs) - Math.min(MARGIN_MS, aheadMs);
    const behindMs = Number(settings.get(BEHIND));
    if (behindMs >= 0)
      this.#behindMs = Math.min(TIME_LIMIT_MS_MAX, behindMs) - Math.min(MARGIN_MS, behindMs / 2);
  }

  /** Counts a lesson. What is refused again and again is not understood: the process must end instead. */
  mayLearn(): boolean {
    this.#lessons += 1;
    return this.#lessons <= LESSONS_MAX;
  }

  #resize(bytes: number): void {
    this.#recordBatchBytesMax = Math.min(bytes, REQUEST_BYTES);
    this.batchBytesMax = this.#recordBatchBytesMax;
  }

  /** A broker refused this batch for its size. A batch of several records says nothing about each of them. */
  learnSize({ bytes, count }: Pick<RefusedBatch, 'bytes' | 'count'>): void {
    if (count > 1) {
      this.batchBytesMax = Math.min(this.batchBytesMax, Math.floor(bytes / 2));
    } else {
      this.#recordBatchBytesMax = Math.min(this.#recordBatchBytesMax, bytes - 1);
      this.batchBytesMax = Math.min(this.batchBytesMax, this.#recordBatchBytesMax);
    }
  }

  /** A broker refused a record's time: its clock is not this process's. @param message with the range that it accepts */
  learnTimes(message: string, nowMs: number): void {
    const range = RANGE.exec(message);
    if (range === null) {
      this.#aheadMs -= this.#stepMs;
      this.#stepMs *= 2;
      return;
    }
    const [earliest, latest] = [Number(range[1]), Number(range[2])];
    if (latest < TIME_LIMIT_MS_MAX) this.#aheadMs = latest - nowMs - MARGIN_MS;
    if (earliest > -TIME_LIMIT_MS_MAX) this.#behindMs = nowMs - earliest - MARGIN_MS;
  }
}

export class TopicLimitsTable {
  readonly #admin: TopicAdmin;
  readonly #topics = new Map<string, TopicLimits>();

  constructor(admin: TopicAdmin) {
    this.#admin = admin;
  }

  of(topic: string): TopicLimits {
    let limits = this.#topics.get(topic);
    if (limits === undefined) this.#topics.set(topic, (limits = new TopicLimits()));
    return limits;
  }

  /** The limits of a topic, whose settings are read first if they have not been. */
  async known(topic: string): Promise<TopicLimits> {
    if (!this.#topics.has(topic)) await this.describe([topic]);
    return this.of(topic);
  }

  /** Reads the topics' settings. Kafka's defaults apply where the user may not read them. */
  async describe(topics: readonly string[]): Promise<void> {
    let described: ReadonlyMap<string, ReadonlyMap<string, string>>;
    try {
      described = await this.#admin.settings(topics, [SIZE, AHEAD, BEHIND, CLEANUP]);
    } catch (error) {
      if (isUnavailable(error)) throw error;
      return;
    }
    for (const [topic, settings] of described) this.of(topic).described(settings);
  }

  /**
   * Takes account of an answer, so that the epoch's next computation meets it.
   * @returns whether that can help
   */
  async learn(refusal: RefusedBatch): Promise<boolean> {
    const limits = this.of(refusal.topic);
    if (!limits.mayLearn()) return false;
    if (refusal.isTime) {
      limits.learnTimes(refusal.message, Date.now());
      return true;
    }
    if (!refusal.isSize) return false;
    const { recordBytesMax, batchBytesMax } = limits;
    await this.describe([refusal.topic]);
    // The settings are as before, or must not be read: what counts is what the broker did.
    const isLower = limits.recordBytesMax < recordBytesMax || limits.batchBytesMax < batchBytesMax;
    if (!isLower || limits.batchBytesMax >= refusal.bytes) limits.learnSize(refusal);
    return true;
  }
}

/**
 * Settings under which a topic that the engine creates accepts what the engine writes: a record that holds one of the
 * source (a dead letter has its key twice), and any event time.
 * @param sourceBytes what the source accepts
 */
export function settingsToHold(sourceBytes: number): Readonly<Record<string, string>> {
  const bytes = Math.min(REQUEST_BYTES, Math.max(DEFAULT_BATCH_BYTES, 2 * sourceBytes + 65_536));
  const unlimited = '9223372036854775807';
  return { [SIZE]: String(bytes), [AHEAD]: unlimited, [BEHIND]: unlimited };
}
