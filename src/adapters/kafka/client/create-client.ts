// Makes the Kafka client (control path).
import { Kafka, logLevel, type SASLOptions } from 'kafkajs';
import type { Telemetry } from '../../../ports/telemetry.ts';
import type { KafkaClient } from './kafka-client.ts';
import { KafkajsAdmin } from './kafkajs-admin.ts';
import { clusterOf } from './kafkajs-cluster.ts';
import { KafkajsConnections } from './kafkajs-connections.ts';
import { forwardLog } from './kafkajs-log.ts';
import { KafkajsMember } from './kafkajs-member.ts';
import { KafkajsPublisher } from './kafkajs-publisher.ts';
import { bearerProvider } from './bearer.ts';
import type { KafkaLogOptions, SaslOptions } from './options.ts';
import { ANSWER_MS_MAX } from './within.ts';

const CONNECTION_MS_MAX = 3_000;
/** Of a request that is written to a connection as it breaks, which kafkajs notices in no other way. */
const REQUEST_MS_MAX = 10_000;

export function createKafkaClient(options: KafkaLogOptions, telemetry: Telemetry): KafkaClient {
  const kafka = createKafka(options, telemetry);
  return {
    admin: new KafkajsAdmin(kafka),
    publisher: new KafkajsPublisher(kafka),
    connections: () => new KafkajsConnections(clusterOf(kafka), ANSWER_MS_MAX),
    member: (request) => new KafkajsMember(kafka, request),
  };
}

function createKafka(options: KafkaLogOptions, telemetry: Telemetry): Kafka {
  return new Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId ?? 'millrace',
    ...(options.ssl === undefined ? {} : { ssl: options.ssl }),
    ...(options.sasl === undefined || options.sasl === null ? {} : { sasl: saslOf(options.sasl) }),
    connectionTimeout: CONNECTION_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    // Three seconds in all, so that a wrong address is reported soon; callers that must survive an outage retry.
    // `factor` is the jitter: each wait is drawn from half to one and a half times its length.
    retry: { initialRetryTime: 100, multiplier: 2, factor: 0.5, maxRetryTime: 5_000, retries: 5 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => forwardLog(entry, telemetry),
  });
}

function saslOf(sasl: SaslOptions): SASLOptions {
  if (sasl.mechanism === 'oauthbearer')
    return { mechanism: 'oauthbearer', oauthBearerProvider: bearerProvider(sasl.token) };
  return sasl;
}
