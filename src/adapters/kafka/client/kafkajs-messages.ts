// Log records as kafkajs's messages, in sends of bounded size (control path, once a send).
import type { Message } from 'kafkajs';
import { PRODUCE_RECORDS_MAX } from '../../../core/limits.ts';
import { PartitionChoice } from '../../../core/partition-choice.ts';
import type { LogRecord } from '../../../ports/event-log.ts';

/** A partitioner that never chooses: every message has its partition. */
export const CHOSEN_PARTITION = (): ((args: { message: Message }) => number) => {
  return ({ message }) => message.partition ?? 0;
};

export class MessageShaper {
  readonly #choice = new PartitionChoice();

  /** Records of one topic as sends of at most PRODUCE_RECORDS_MAX messages, in their order. */
  *sends(records: readonly LogRecord[], partitionCount: number): Generator<Message[]> {
    for (let from = 0; from < records.length; from += PRODUCE_RECORDS_MAX) {
      const messages: Message[] = [];
      const to = Math.min(records.length, from + PRODUCE_RECORDS_MAX);
      for (let i = from; i < to; i++) messages.push(this.#message(records[i] as LogRecord, partitionCount));
      yield messages;
    }
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
