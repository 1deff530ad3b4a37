// Reads topics whole as outside consumers do (control path): with Kafka's own Java client set to read_committed, where
// there is a JDK to run it.
import {
  canReadByJava,
  readByJava,
  type CommittedRecord,
} from '../../tools/services/kafka/read-committed.ts';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import type { EventLog } from '../../src/ports/event-log.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';

type Take = (record: Omit<CommittedRecord, 'timestampMs'>) => void;

/** Every committed record of one topic, partition by partition. */
export async function readLog(log: EventLog, topic: string, take: Take): Promise<void> {
  for (const [partition, { low, high }] of (await log.offsets(topic)).entries()) {
    for await (const { offsets, values } of log.read(topic, partition, low, high))
      for (const [i, value] of [...values].entries())
        take({ topic, partition, offset: offsets[i] as number, value });
  }
}

/** Gives every committed record to `take`, each partition in the order of its offsets; returns who read them. */
export async function readTopics(
  brokers: readonly string[],
  topics: readonly string[],
  take: Take,
): Promise<string> {
  if (canReadByJava()) {
    await readByJava(brokers, topics, take);
    return "Kafka's Java client";
  }
  const log = new KafkaEventLog({ brokers }, new FakeTelemetry());
  try {
    for (const topic of topics) await readLog(log, topic, take);
  } finally {
    await log.close();
  }
  return "Millrace's own reader, as there is no JDK here";
}
