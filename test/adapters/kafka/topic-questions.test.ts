// Which leaders are asked about a topic while some of its partitions have none.
import t from 'tap';
import { type BrokerConnections, NO_LEADER } from '../../../src/adapters/kafka/client/kafka-client.ts';
import { topicEnds, topicIdOf } from '../../../src/adapters/kafka/topic-questions.ts';

/** @param leaders by partition; `renewed` from the first refresh on */
function connectionsOf(leaders: readonly number[], renewed = leaders): BrokerConnections {
  let now = leaders;
  const connections = {
    refresh: async () => {
      now = renewed;
    },
    leader: ({ partition }: { partition: number }) => now[partition],
    send: async (broker: number) => `answer of ${broker}`,
  };
  return connections as unknown as BrokerConnections; // the rest is never called
}

t.test("any leader is asked for a topic's id", async (t) => {
  t.equal(await topicIdOf(connectionsOf([4, 5]), 'orders'), 'answer of 4');
  t.equal(await topicIdOf(connectionsOf([4, NO_LEADER]), 'orders'), 'answer of 4');
  t.equal(await topicIdOf(connectionsOf([NO_LEADER, 5]), 'orders'), 'answer of 5');
  t.equal(await topicIdOf(connectionsOf([NO_LEADER], [6]), 'orders'), 'answer of 6', 'after a refresh');
  t.equal(await topicIdOf(connectionsOf([], [6]), 'orders'), 'answer of 6', 'after a refresh');
});

t.test('a topic without a leader is unavailable', async (t) => {
  const unavailable = { name: 'KafkaError', fault: 'unavailable' };
  await t.rejects(topicIdOf(connectionsOf([]), 'orders'), unavailable);
  await t.rejects(topicIdOf(connectionsOf([NO_LEADER, NO_LEADER]), 'orders'), unavailable);
  await t.rejects(topicEnds(connectionsOf([]), 'orders'), unavailable);
  await t.rejects(topicEnds(connectionsOf([4, NO_LEADER]), 'orders'), unavailable, 'its end is unknown');
});
