// A client that answers no more is left for a fresh one, and reading goes on.
import type { Cluster } from 'kafkajs';
import t from 'tap';
import { Fetcher } from '../../../src/adapters/kafka/fetcher.ts';
import type { FetchedPartition } from '../../../src/adapters/kafka/fetched.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';

const PARTITION: FetchedPartition = {
  partition: 0,
  highWatermark: '0',
  lastStableOffset: '0',
  abortedTransactions: null,
  messages: [],
};

type Hangs = 'nowhere' | 'in a fetch' | 'while it connects' | 'in looking for a broker';

const never = new Promise<never>(() => undefined);

/** What the fetcher uses of a client of one broker. */
function clusterOf(hangs: Hangs, topics: Set<string>): Cluster {
  let isConnected = false;
  const fetch = async (): Promise<unknown> => {
    if (hangs === 'in a fetch') return never;
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { responses: [{ topicName: 'orders', partitions: [PARTITION] }] };
  };
  const cluster: Partial<Cluster> = {
    isConnected: () => isConnected,
    connect: async () => {
      if (hangs === 'while it connects') await never;
      isConnected = true;
    },
    disconnect: () => (hangs === 'nowhere' ? Promise.resolve() : never),
    addTargetTopic: async (topic) => void topics.add(topic),
    addMultipleTargetTopics: async (all) => all.forEach((topic) => topics.add(topic)),
    findTopicPartitionMetadata: () => [
      { partitionId: 0, leader: 1, isr: [1], replicas: [1], partitionErrorCode: 0 },
    ],
    findBroker: async () =>
      hangs === 'in looking for a broker'
        ? never
        : ({ fetch } as unknown as Awaited<ReturnType<Cluster['findBroker']>>),
  };
  return cluster as Cluster; // the rest is never called
}

for (const hangs of ['in a fetch', 'in looking for a broker'] as const) {
  t.test(`a client that hangs ${hangs}`, async (t) => {
    const kinds: Hangs[] = [hangs, 'while it connects', 'nowhere'];
    const topics = kinds.map(() => new Set<string>());
    let opened = 0;
    const open = (): Cluster => {
      const nth = Math.min(opened++, kinds.length - 1);
      return clusterOf(kinds[nth] as Hangs, topics[nth] as Set<string>);
    };
    const fetcher = new Fetcher(open, new FakeTelemetry(), 50);
    await new Promise<void>((resolve, reject) => {
      const target = {
        topic: 'orders',
        partition: 0,
        position: 0,
        paused: false,
        fetched: () => resolve(),
        failed: reject,
        stop: () => fetcher.remove(target),
      };
      fetcher.add(target).catch(reject);
    });
    t.equal(opened, kinds.length);
    t.same([...(topics[2] as Set<string>)], ['orders'], 'it knows the topics of the one before');
    await fetcher.close();
  });
}
