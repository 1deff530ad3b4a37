// A client that answers no more is left for a fresh one, and reading goes on; a partition that is refused is one reader's
// matter alone.
import type { Cluster } from 'kafkajs';
import t from 'tap';
import { FETCH_WAIT_MS_MAX } from '../../../src/core/limits.ts';
import { Fetcher } from '../../../src/adapters/kafka/fetcher.ts';
import type { FetchedPartition } from '../../../src/adapters/kafka/wire/fetch-request.ts';
import { PartitionReader } from '../../../src/adapters/kafka/partition-reader.ts';
import type { MillraceError } from '../../../src/core/errors.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { answerOf } from './fetch-answer.ts';
import { fetched, single } from './reference-batches.ts';

type Hangs = 'nowhere' | 'in a fetch' | 'while it connects' | 'in looking for a broker';
/** By the how many-th client is asked, from 1 on, and what. */
type Answers = (client: number, body: Buffer) => readonly FetchedPartition[];

const never = new Promise<never>(() => undefined);

interface Sent {
  readonly request: { encode(): Promise<{ readonly buf: Buffer }> };
  readonly response: { decode(body: Buffer): Promise<object>; parse(decoded: object): Promise<unknown> };
}

/** What a request is sent by: kafkajs decodes what has come, and gives what it parses. */
function brokerOf(hangs: Hangs, client: number, answers: Answers, versions: object = {}): object {
  const send = async ({ request, response }: Sent): Promise<unknown> => {
    if (hangs === 'in a fetch') return never;
    await new Promise((resolve) => setTimeout(resolve, 5));
    const { buf } = await request.encode();
    return response.parse(await response.decode(answerOf(answers(client, buf))));
  };
  return { versions, connectionPool: { send } };
}

/** What the fetcher uses of a client of one broker. */
function clusterOf(hangs: Hangs, topics: Set<string>, broker: object): Cluster {
  let isConnected = false;
  const cluster: Partial<Cluster> = {
    isConnected: () => isConnected,
    connect: async () => {
      if (hangs === 'while it connects') await never;
      isConnected = true;
    },
    disconnect: () => (hangs === 'nowhere' ? Promise.resolve() : never),
    addTargetTopic: async (topic) => void topics.add(topic),
    addMultipleTargetTopics: async (all) => all.forEach((topic) => topics.add(topic)),
    findTopicPartitionMetadata: () =>
      [0, 1].map((partitionId) => ({
        partitionId,
        leader: 1,
        isr: [1],
        replicas: [1],
        partitionErrorCode: 0,
      })),
    findBroker: async () =>
      hangs === 'in looking for a broker'
        ? never
        : (broker as unknown as Awaited<ReturnType<Cluster['findBroker']>>),
  };
  return cluster as Cluster; // the rest is never called
}

/** After which a client hangs: longer than one that answers is held up on a busy machine. */
const HANG_MS = 2_000;

/** Resolves with the first fetch of a partition. */
function fetchOnce(fetcher: Fetcher, partition: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const target = {
      topic: 'orders',
      partition,
      position: 0,
      paused: false,
      fetched: () => resolve(),
      failed: reject,
      stop: () => fetcher.remove(target),
    };
    fetcher.add(target).catch(reject);
  });
}

for (const hangs of ['in a fetch', 'in looking for a broker'] as const) {
  t.test(`a client that hangs ${hangs}`, async (t) => {
    const kinds: Hangs[] = [hangs, 'while it connects', 'nowhere'];
    const topics = kinds.map(() => new Set<string>());
    let opened = 0;
    const open = (): Cluster => {
      const nth = Math.min(opened++, kinds.length - 1);
      const kind = kinds[nth] as Hangs;
      return clusterOf(
        kind,
        topics[nth] as Set<string>,
        brokerOf(kind, nth, () => [fetched(Buffer.alloc(0))]),
      );
    };
    const fetcher = new Fetcher(open, new FakeTelemetry(), FETCH_WAIT_MS_MAX, HANG_MS);
    await fetchOnce(fetcher, 0);
    t.equal(opened, kinds.length);
    t.same([...(topics[2] as Set<string>)], ['orders'], 'it knows the topics of the one before');
    await fetcher.close();
  });
}

t.test('readers from two brokers whose client hangs share one fresh client', async (t) => {
  let opened = 0;
  const open = (): Cluster => {
    const kind = opened++ === 0 ? 'in a fetch' : 'nowhere';
    const answers = [fetched(Buffer.alloc(0)), fetched(Buffer.alloc(0), { partition: 1 })];
    const cluster = clusterOf(
      kind,
      new Set(),
      brokerOf(kind, opened, () => answers),
    );
    const led = cluster.findTopicPartitionMetadata('orders');
    const spread = led.map((one) => ({ ...one, leader: 1 + one.partitionId }));
    return Object.assign(cluster, { findTopicPartitionMetadata: () => spread });
  };
  const fetcher = new Fetcher(open, new FakeTelemetry(), FETCH_WAIT_MS_MAX, HANG_MS);
  const reads = [0, 1].map((partition) => fetchOnce(fetcher, partition));
  await Promise.all(reads);
  t.equal(opened, 2);
  await fetcher.close();
});

interface Outcome {
  readonly offsets: number[];
  error: MillraceError | null;
}

/** Reads partition 0 until it fails or has a record, and partition 1 until it has a record, through one broker. */
async function readBoth(
  answers: Answers,
  versions: object = {},
): Promise<{ outcomes: Outcome[]; opened: number }> {
  let opened = 0;
  const open = (): Cluster => {
    opened += 1;
    return clusterOf('nowhere', new Set(), brokerOf('nowhere', opened, answers, versions));
  };
  const fetcher = new Fetcher(open, new FakeTelemetry(), FETCH_WAIT_MS_MAX, 60_000);
  const outcomes: Outcome[] = [];
  const ends = [0, 1].map(async (partition) => {
    const outcome: Outcome = { offsets: [], error: null };
    outcomes.push(outcome);
    await new Promise<void>((resolve) => {
      new PartitionReader(fetcher, { topic: 'orders', partition }, 0).records().subscribe({
        next: ({ offsets }) => {
          outcome.offsets.push(...offsets);
          if (offsets.length > 0) resolve();
        },
        error: (error: MillraceError) => {
          outcome.error = error;
          resolve();
        },
      });
    });
  });
  await Promise.all(ends);
  await fetcher.close();
  return { outcomes, opened };
}

const RECORD = await single(0);

for (const [code, message] of [
  [1, /does not hold offset 0/],
  [29, /TOPIC_AUTHORIZATION_FAILED/],
  [999, /error code 999/],
] as const) {
  t.test(`code ${code} of one partition ends its reader, and no other`, async (t) => {
    const refused = fetched(Buffer.alloc(0), { errorCode: code });
    const { outcomes, opened } = await readBoth(() => [refused, fetched(RECORD, { partition: 1 })]);
    t.match(outcomes[0], { offsets: [], error: { code: 'LOG_FAILED', message, where: 'orders-0' } });
    t.match(outcomes[1], { offsets: [0], error: null });
    t.equal(opened, 1, 'the client stays');
  });
}

for (const code of [6, -1]) {
  t.test(`code ${code} is tried again with a fresh client`, async (t) => {
    const { outcomes, opened } = await readBoth((client) => [
      fetched(client === 1 ? Buffer.alloc(0) : RECORD, { errorCode: client === 1 ? code : 0 }),
      fetched(RECORD, { partition: 1 }),
    ]);
    t.match(outcomes, [
      { offsets: [0], error: null },
      { offsets: [0], error: null },
    ]);
    t.equal(opened, 2);
  });
}

t.test('a batch that cannot be read ends its reader, and no other', async (t) => {
  const bad = await single(0, { codec: 'snappy' });
  const { outcomes } = await readBoth(() => [fetched(bad), fetched(RECORD, { partition: 1 })]);
  t.match(outcomes[0], { error: { code: 'LOG_FAILED', message: /snappy/, where: 'orders-0 at offset 0' } });
  t.match(outcomes[1], { offsets: [0], error: null });
});

t.test('a broker that is too old is named, not tried for good', async (t) => {
  const { outcomes } = await readBoth(() => [], { 1: { minVersion: 0, maxVersion: 10 } });
  for (const { error } of outcomes) t.match(error, { code: 'LOG_FAILED', remedy: /Kafka 2\.3/ });
});

t.test(
  'each partition is the first of a request now and then: a broker may serve the first alone',
  async (t) => {
    /** Of the first partition's number in a request for one topic named orders. */
    const at = 4 + 4 + 4 + 4 + 1 + 4 + 4 + 4 + (2 + 'orders'.length) + 4;
    const { outcomes } = await readBoth((_, body) => [fetched(RECORD, { partition: body.readInt32BE(at) })]);
    t.match(outcomes, [{ offsets: [0] }, { offsets: [0] }]);
  },
);
