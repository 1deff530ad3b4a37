// Questions share a connection: one that fails replaces it, and the others ask again.
import kafkajs, { type Kafka } from 'kafkajs';
import t from 'tap';
import { KafkajsAdmin } from '../../../../src/adapters/kafka/client/kafkajs-admin.ts';

interface FakeAdmin {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  fetchTopicOffsets(topic: string): Promise<unknown[]>;
}

/** Its first connection fails for `slow`, and with its end for every other question that is under way. */
function fakeKafka(): Kafka {
  let opened = 0;
  const admin = (): FakeAdmin => {
    const isFirst = opened++ === 0;
    const ended = Promise.withResolvers<void>();
    return {
      connect: async () => undefined,
      disconnect: async () => ended.resolve(),
      async fetchTopicOffsets(topic) {
        if (!isFirst) return [{ partition: 0, low: '1', high: '2', offset: '2' }];
        if (topic === 'slow') throw new kafkajs.KafkaJSRequestTimeoutError('no answer');
        await ended.promise;
        throw new kafkajs.KafkaJSConnectionError('Connection error: write after end');
      },
    };
  };
  return { admin } as unknown as Kafka; // the part that it uses
}

t.test('a question whose connection another one has replaced is retried', async (t) => {
  const admin = new KafkajsAdmin(fakeKafka());
  const found = await Promise.all([admin.offsets('other'), admin.offsets('slow')]);
  t.same(found, [[{ low: 1, high: 2 }], [{ low: 1, high: 2 }]]);
  await admin.close();
});
