// Buffers dead letters and late events until their epoch ends (hot path for rejected events). Stages before a barrier
// process the whole batch that the barrier splits, so some of these records belong to the next epoch.
import type { Batch, RawBatch } from '../../core/batch.ts';
import type { ErrorCode } from '../../core/errors.ts';
import { recordBytes } from '../../core/record-bytes.ts';
import type { RecordEncoder } from '../../ports/codec.ts';
import type { EpochWriter, LogRecord } from '../../ports/event-log.ts';
import type { TopologyTopics } from '../../topology/topics.ts';
import type { PartitionProtection } from '../personal/protection.ts';
import type { RecordBytes } from '../personal/record-seal.ts';
import type { DeadLetterRecord, LateRecord } from '../records.ts';
import { deadLetterRecord } from './dead-letter.ts';

export interface RefusedEncoders {
  readonly deadLetter: RecordEncoder<DeadLetterRecord>;
  readonly late: RecordEncoder<LateRecord>;
}

interface Refused {
  /** Offset of the event. */
  readonly offset: number;
  readonly topic: string;
  readonly record: LogRecord;
}

export class RefusedRecords {
  readonly #topics: Pick<TopologyTopics, 'deadLetters' | 'late'>;
  readonly #encoders: RefusedEncoders;
  readonly #committedBelow: number;
  readonly #nowMs: () => number;
  readonly #bytesMax: (topic: string) => number;
  readonly #protection: Pick<PartitionProtection, 'record'> | null;
  #waiting: Refused[] = [];

  /**
   * @param committedBelow offset below which an earlier run has committed all outputs
   * @param bytesMax of a record of a topic
   * @param protection seals events of a source with sensitive columns
   */
  constructor(
    topics: Pick<TopologyTopics, 'deadLetters' | 'late'>,
    encoders: RefusedEncoders,
    committedBelow: number,
    nowMs: () => number,
    bytesMax: (topic: string) => number,
    protection: Pick<PartitionProtection, 'record'> | null = null,
  ) {
    this.#topics = topics;
    this.#encoders = encoders;
    this.#committedBelow = committedBelow;
    this.#nowMs = nowMs;
    this.#bytesMax = bytesMax;
    this.#protection = protection;
  }

  /** @param index of the record in `raw` */
  addDeadLetter(raw: RawBatch, index: number, code: ErrorCode, message: string): void {
    const offset = raw.offsets[index] as number;
    if (offset < this.#committedBelow) return;
    const letter = {
      topic: raw.origin.topic,
      partition: raw.origin.partition,
      offset,
      ...this.#bytesOf(raw, index),
      timestampMs: raw.timestampMs[index] as number,
      code,
      message,
      failedAtMs: this.#nowMs(),
    };
    const topic = this.#topics.deadLetters;
    const record = deadLetterRecord(this.#encoders.deadLetter, letter, this.#bytesMax(topic));
    this.#waiting.push({ offset, topic, record: this.#placed(record, raw) });
  }

  #bytesOf(raw: RawBatch, index: number): RecordBytes {
    if (this.#protection !== null) return this.#protection.record(raw, index);
    return { key: raw.keys.at(index), value: raw.values.at(index) };
  }

  /** A sealed key would send it to any partition. */
  #placed(record: LogRecord, { origin }: RawBatch): LogRecord {
    return this.#protection === null ? record : { ...record, partition: origin.partition };
  }

  /** @returns whether the topic accepts it; if not, the event is a dead letter instead */
  addLate({ raw, rawIndex, origin, offsets, eventTimeMs }: Batch, row: number, watermarkMs: number): boolean {
    const offset = offsets[row] as number;
    if (offset < this.#committedBelow) return true;
    const index = rawIndex[row] as number;
    const { key, value: bytes } = this.#bytesOf(raw, index);
    const eventTime = eventTimeMs[row] as number;
    const value = this.#encoders.late.encode({
      topic: origin.topic,
      partition: origin.partition,
      offset,
      key,
      value: bytes,
      timestampMs: raw.timestampMs[index] as number,
      eventTime,
      watermarkMs,
    });
    const topic = this.#topics.late;
    const record = { key, value, timestampMs: eventTime };
    if (recordBytes(record) > this.#bytesMax(topic)) return false;
    this.#waiting.push({ offset, topic, record: this.#placed(record, raw) });
    return true;
  }

  /** Writes those of events before `offsetNext`. */
  write(writer: EpochWriter, offsetNext: number): void {
    if (this.#waiting.length === 0) return;
    for (const topic of [this.#topics.deadLetters, this.#topics.late]) {
      const due = this.#waiting.filter((refused) => refused.topic === topic && refused.offset < offsetNext);
      writer.append(
        topic,
        due.map(({ record }) => record),
      );
    }
    this.#waiting = this.#waiting.filter(({ offset }) => offset >= offsetNext);
  }
}
