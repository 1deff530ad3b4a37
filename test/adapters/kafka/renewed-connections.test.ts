// A topic that does not exist: a request about it fails after a while, and the connections last for all others.
import t from 'tap';
import { UNKNOWN_TOPIC_OR_PARTITION } from '../../../src/adapters/kafka/client/error-codes.ts';
import type { BrokerConnections } from '../../../src/adapters/kafka/client/kafka-client.ts';
import { KafkaError } from '../../../src/adapters/kafka/client/kafka-error.ts';
import { RenewedConnections } from '../../../src/adapters/kafka/renewed-connections.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';

/** Connections to a broker that has some topics; `break` lets the next question fail as if it had gone away. */
function broker(topics: Set<string>) {
  const raised: string[] = [];
  const telemetry = new FakeTelemetry();
  telemetry.raise = (condition) => void raised.push(condition);
  const reads = new Set<string>();
  const open = (): BrokerConnections => {
    const connections: Partial<BrokerConnections> = {
      connect: async () => undefined,
      disconnect: async () => undefined,
      addTopics: async (all) => {
        const missing = all.find((topic) => !topics.has(topic));
        if (missing !== undefined) throw KafkaError.ofCode(UNKNOWN_TOPIC_OR_PARTITION, missing);
      },
    };
    return connections as BrokerConnections; // the rest is never called
  };
  const isRead = (topic: string): boolean => reads.has(topic);
  const connections = new RenewedConnections(open, telemetry, 'a broker', { isRead, unknownTopicMs: 200 });
  let breaks = false;
  const ask = (topic: string): Promise<string> =>
    connections.ask(topic, async () => {
      if (breaks) {
        breaks = false;
        throw new KafkaError('unreachable', 'gone');
      }
      return topic;
    });
  return { raised, reads, connections, ask, break: () => void (breaks = true) };
}

t.test('a topic that no broker knows is given up, and one that appears is not', async (t) => {
  const topics = new Set(['there']);
  const { ask, raised, connections } = broker(topics);
  await t.rejects(ask('never'), { fault: 'unavailable', code: UNKNOWN_TOPIC_OR_PARTITION });
  const later = ask('later');
  setTimeout(() => topics.add('later'), 50);
  t.equal(await later, 'later');
  t.same(raised, [], 'the broker has answered');
  await connections.close();
});

t.test('a missing topic keeps no other from fresh connections, unless it is read', async (t) => {
  const topics = new Set(['there', 'deleted']);
  const { ask, break: gone, reads, connections } = broker(topics);
  t.equal(await ask('deleted'), 'deleted');
  topics.delete('deleted');
  await ask('never').catch(() => undefined);
  gone();
  t.equal(await ask('there'), 'there', 'a deleted topic and one that never was do not matter');
  topics.add('deleted');
  t.equal(await ask('deleted'), 'deleted', 'it was created again');
  reads.add('deleted');
  topics.delete('deleted');
  gone();
  await t.rejects(ask('there'), { code: UNKNOWN_TOPIC_OR_PARTITION }, 'its reader waits for it');
  await connections.close();
});
