// Artifacts in chunks on a topic of a broker.
import { randomUUID } from 'node:crypto';
import t from 'tap';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { LogArtifacts } from '../../src/runtime/artifacts/log-artifacts.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';
import { artifactsSpec } from '../../src/topology/topics.ts';
import { artifactStoreContract } from '../contracts/artifact-store.ts';
import { FakeQuarantine } from '../support/fake-quarantine.ts';
import { ordersTopology } from '../support/orders.ts';
import { kafkaBrokers } from '../support/services.ts';

t.test('the contract', async (t) => {
  const name = `orders-${randomUUID()}`;
  const { source } = ordersTopology({ partitions: 1 });
  const spec = artifactsSpec({ name, source: { ...source, topic: name }, repartition: null });
  const log = new KafkaEventLog({ brokers: kafkaBrokers().split(',') }, new FakeTelemetry());
  await log.ensureTopics([{ topic: name, partitions: 1, compacted: false, retentionMs: -1 }]);
  const open = async (): Promise<LogArtifacts> =>
    new LogArtifacts({ log, spec, quarantine: new FakeQuarantine(), nowMs: Date.now });
  await artifactStoreContract(t, open);
  await log.close();
});
