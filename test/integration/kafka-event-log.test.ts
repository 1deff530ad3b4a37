// The event log contract on a real Kafka broker.
import t from 'tap';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { eventLogContract } from '../contracts/event-log.ts';
import { SUITE_MS_MAX } from '../contracts/event-log-kit.ts';
import { kafkaBrokers } from '../support/services.ts';
import { quietTelemetry } from './quiet-telemetry.ts';

const brokers = kafkaBrokers();

t.setTimeout(SUITE_MS_MAX);
await eventLogContract(t, 'Kafka', async () => ({
  quietMs: 400,
  open: async () => new KafkaEventLog({ brokers: brokers.split(',') }, quietTelemetry()),
  stop: async () => {},
}));
