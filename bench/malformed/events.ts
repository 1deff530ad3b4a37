// The events of the malformed bench with what is right for each (control path), by where they stand in the topic.
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import type { RecordEncoder } from '../../src/ports/codec.ts';
import type { LogRecord } from '../../src/ports/event-log.ts';
import { Random } from '../../src/stats/random.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';
import { topicSpecs } from '../../src/topology/topics.ts';
import type { Tick } from '../jobs/standard.ts';
import { Corpus, damages } from './corpus.ts';
import type { Oracle } from './oracle.ts';
import { malformedTopology, PARTITIONS, TIME_MIN } from './topology.ts';

const SEED = 20_260_101;
/** Records of one call of publish. */
const PUBLISH_ROWS = 10_000;

export interface Expected {
  readonly value: Buffer | null;
  readonly isGood: boolean;
}

export interface Counts {
  /** Damaged on purpose. */
  readonly damaged: number;
  /** Undamaged. */
  readonly undamaged: number;
}

/** Each partition's events in the order of their offsets. */
export function makeEvents(encoder: RecordEncoder<Tick>, oracle: Oracle, counts: Counts): Expected[][] {
  const total = counts.damaged + counts.undamaged;
  const corpus = new Corpus(SEED, encoder, total);
  const random = new Random(SEED + 1);
  const partitions: Expected[][] = Array.from({ length: PARTITIONS }, () => []);
  let damaged = 0;
  for (let i = 0; i < total; i++) {
    // As many of each as asked for, in random order.
    const isDamaged = random.nextInt(total - i) < counts.damaged - damaged;
    const kind = damages[damaged % damages.length] ?? 'null';
    const value = isDamaged ? corpus.damaged(kind) : corpus.good();
    if (isDamaged) damaged += 1;
    partitions[i % PARTITIONS]?.push({ value, isGood: oracle.isGood(value) });
  }
  return partitions;
}

/** Fills the source topic; what stands where is checked against the ends. */
export async function publishEvents(
  brokers: readonly string[],
  partitions: ReadonlyArray<readonly Expected[]>,
): Promise<void> {
  const log = new KafkaEventLog({ brokers }, new FakeTelemetry());
  const { topic } = malformedTopology.source;
  try {
    await log.ensureTopics(topicSpecs(malformedTopology));
    const rows = Math.max(...partitions.map(({ length }) => length));
    for (let from = 0; from < rows; from += PUBLISH_ROWS / PARTITIONS) {
      const records = partitions.flatMap((events, partition) =>
        events
          .slice(from, from + PUBLISH_ROWS / PARTITIONS)
          .map(({ value }): LogRecord => ({ key: null, value, timestampMs: TIME_MIN, partition })),
      );
      await log.publish(topic, records);
    }
    for (const [partition, { low, high }] of (await log.offsets(topic)).entries()) {
      if (low !== 0 || high !== partitions[partition]?.length)
        throw new Error(`partition ${partition} has offsets ${low} to ${high}`);
    }
  } finally {
    await log.close();
  }
}
