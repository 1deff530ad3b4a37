/** When a broker counts as up: it serves metadata, groups and transactions. Control path. */
import { Kafka, logLevel } from 'kafkajs';

/** Partitions of each of the two internal topics, so coordinators a broker has to load before it is up. */
export const COORDINATOR_PARTITIONS = 4;

/** Ids that end in consecutive letters have consecutive Java hash codes, so they fall on every partition. */
const IDS = Array.from(
  { length: COORDINATOR_PARTITIONS },
  (_, i) => `millrace-health-${String.fromCharCode(97 + i)}`,
);

/**
 * Rejects while the broker isn't fully up.
 *
 * Metadata come seconds before the first group or transaction: their topics are made, or loaded, on demand, and
 * kafkajs 2.2.4 takes "coordinator is loading" for final where it commits offsets in a transaction (it waits for
 * COORDINATOR_LOAD_IN_PROGRESS, but calls that error GROUP_LOAD_IN_PROGRESS itself).
 *
 * @param broker host:port
 */
export async function checkBroker(broker: string): Promise<void> {
  const kafka = new Kafka({
    clientId: 'millrace-health',
    brokers: [broker],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    requestTimeout: 5_000,
    retry: { retries: 0 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const cluster = await admin.describeCluster();
    if (cluster.brokers.length === 0)
      throw new Error('the broker has not registered with its controller yet');
    for (const groupId of IDS) await admin.fetchOffsets({ groupId, topics: [] });
  } finally {
    await admin.disconnect();
  }
  for (const transactionalId of IDS) {
    const retry = { retries: 1 }; // the client refuses an idempotent producer without any
    const producer = kafka.producer({ transactionalId, maxInFlightRequests: 1, idempotent: true, retry });
    try {
      await producer.connect();
    } finally {
      await producer.disconnect();
    }
  }
}
