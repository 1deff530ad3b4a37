// Log records as kafkajs's messages, in sends of bounded size (control path, once a send).
import type { Message } from 'kafkajs';
import { PRODUCE_RECORDS_MAX } from '../../../core/log-limits.ts';
import { PartitionChoice } from '../../../core/partition-choice.ts';
import { recordBytes } from '../../../core/record-bytes.ts';
import type { RecordTimes } from '../records/record-batch.ts';
import type { LogRecord } from '../../../ports/event-log.ts';

/** The messages with the nearest time that the topic accepts. */
export function stamped(messages: readonly Message[], { earliestMs, latestMs }: RecordTimes): Message[] {
  const [earliest, latest] = [Math.ceil(earliestMs), Math.floor(latestMs)];
  return messages.map((message) => {
    const timeMs = Number(message.timestamp);
    if (timeMs >= earliest && timeMs <= latest) return message;
    return { ...message, timestamp: String(timeMs > latest ? latest : earliest) };
  });
}

/** The lengths, attributes and deltas of a record. */
const FRAME_BYTES = 40;

/** A partitioner that never chooses: every message has its partition. */
export const CHOSEN_PARTITION = (): ((args: { message: Message }) => number) => {
  return ({ message }) => message.partition ?? 0;
};

export class MessageShaper {
  readonly #choice = new PartitionChoice();

  /**
   * Records of one topic as sends of at most PRODUCE_RECORDS_MAX messages, in their order. A send may become one batch: it
   * has at most `bytesMax` bytes, or one record.
   */
  *sends(records: readonly LogRecord[], partitionCount: number, bytesMax: number): Generator<Message[]> {
    let messages: Message[] = [];
    let bytes = 0;
    for (const record of records) {
      const more = recordBytes(record) + FRAME_BYTES;
      if (messages.length === PRODUCE_RECORDS_MAX || (messages.length > 0 && bytes + more > bytesMax)) {
        yield messages;
        messages = [];
        bytes = 0;
      }
      messages.push(this.#message(record, partitionCount));
      bytes += more;
    }
    if (messages.length > 0) yield messages;
  }

  #message(record: LogRecord, partitionCount: number): Message {
    const message: Message = {
      key: record.key,
      value: record.value,
      partition: this.#choice.of(record, partitionCount),
      timestamp: String(record.timestampMs),
    };
    if (record.headers !== undefined) message.headers = { ...record.headers };
    return message;
  }
}
