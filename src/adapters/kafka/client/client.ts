// The kafkajs client, its log lines in our telemetry (control path).
import { Kafka, logLevel, type Cluster, type LogEntry } from 'kafkajs';
import { MillraceError } from '../../../core/errors.ts';
import type { TopicPartition } from '../../../core/topic-partition.ts';
import type { Telemetry } from '../../../ports/telemetry.ts';
import type { KafkaLogOptions } from './options.ts';

const CONNECTION_MS_MAX = 3_000;
/** Of a request that is written to a connection as it breaks, which kafkajs hears of in no other way. */
const REQUEST_MS_MAX = 10_000;

export function createClient(options: KafkaLogOptions, telemetry: Telemetry): Kafka {
  return new Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId ?? 'millrace',
    ...(options.ssl === undefined ? {} : { ssl: options.ssl }),
    ...(options.sasl === undefined || options.sasl === null ? {} : { sasl: options.sasl }),
    connectionTimeout: CONNECTION_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    // Three seconds in all, so that a wrong address is told soon; whoever must outlive an outage calls again. `factor`
    // is the jitter: each wait is drawn from half to one and a half times its length.
    retry: { initialRetryTime: 100, multiplier: 2, factor: 0.5, maxRetryTime: 5_000, retries: 5 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => forward(entry, telemetry),
  });
}

/** These parts of the client throw what they log to a caller, who tells it or tries again. */
const THROWN = new Set(['Connection', 'BrokerPool']);

/** What the client calls an error and we await as a matter of course. */
const EXPECTED = [
  /concurrent operation on the same transaction/, // the last transaction's markers are still being written: tried again
  /^Limiting retries for the idempotent producer/, // an epoch that runs out of retries fails as a whole
];

function forward({ namespace, level, log }: LogEntry, telemetry: Telemetry): void {
  const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...detail } = log;
  if (THROWN.has(namespace) || EXPECTED.some((pattern) => pattern.test(message))) return;
  const line = `kafka client, ${namespace}: ${message}`;
  if (level === logLevel.ERROR) telemetry.error(line, detail);
  else telemetry.warn(line, detail);
}

/** The node that has a partition now, as far as the client's metadata know. */
export function leaderOf(cluster: Cluster, { topic, partition }: TopicPartition): number | undefined {
  return cluster.findTopicPartitionMetadata(topic).find((one) => one.partitionId === partition)?.leader;
}

/**
 * The client's view of the brokers, for requests that belong to no group. kafkajs gives it to partition assigners
 * alone, so a consumer that never runs is made for its sake.
 */
export function clusterOf(kafka: Kafka): Cluster {
  let found: Cluster | undefined;
  kafka.consumer({
    groupId: 'millrace-no-group',
    partitionAssigners: [
      ({ cluster }) => {
        found = cluster;
        return {
          name: 'none',
          version: 0,
          assign: async () => [],
          protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }),
        };
      },
    ],
  });
  if (found === undefined)
    throw new MillraceError('INVARIANT', 'the Kafka client made no cluster for an assigner');
  return found;
}
