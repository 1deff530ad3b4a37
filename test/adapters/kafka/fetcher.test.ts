// Connections that fail are replaced by fresh ones, and reading goes on; a partition that is refused concerns its own
// reader alone.
import t from 'tap';
import { DAMAGED_FETCHES_MAX, FETCH_WAIT_MS_MAX } from '../../../src/core/log-limits.ts';
import type { BrokerConnections } from '../../../src/adapters/kafka/client/kafka-client.ts';
import { KafkaError } from '../../../src/adapters/kafka/client/kafka-error.ts';
import { Fetcher } from '../../../src/adapters/kafka/fetcher.ts';
import type { FetchedPartition } from '../../../src/adapters/kafka/wire/fetch-request.ts';
import { PartitionReader } from '../../../src/adapters/kafka/partition-reader.ts';
import type { MillraceError } from '../../../src/core/errors.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { answerOf } from './fetch-answer.ts';
import { fetched, sealed, single } from './reference-batches.ts';

/** Which call of a client never gets an answer. */
type Hangs = 'nowhere' | 'in a fetch' | 'while it connects';
/** @param client the number of the client, from 1 on */
type Answers = (client: number, body: Buffer) => readonly FetchedPartition[] | Buffer;

const noAnswer = (): Promise<never> => Promise.reject(new KafkaError('unavailable', 'no answer'));

/** What the fetcher uses of connections to one broker. */
function connectionsOf(
  hangs: Hangs,
  client: number,
  answers: Answers,
  topics: Set<string> = new Set(),
): BrokerConnections {
  const connections: Partial<BrokerConnections> = {
    connect: async () => {
      if (hangs === 'while it connects') await noAnswer();
    },
    disconnect: () => (hangs === 'nowhere' ? Promise.resolve() : noAnswer()),
    addTopics: async (all) => all.forEach((topic) => topics.add(topic)),
    leader: () => 1,
    send: async (_broker, { body, decode }) => {
      if (hangs === 'in a fetch') return noAnswer();
      await new Promise((resolve) => setTimeout(resolve, 5));
      const answer = answers(client, body);
      return decode(Buffer.isBuffer(answer) ? answer : answerOf(answer));
    },
  };
  return connections as BrokerConnections; // the rest is never called
}

/** Resolves with the first fetch of a partition. */
function fetchOnce(fetcher: Fetcher, partition: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const target = {
      topic: 'orders',
      partition,
      position: 0,
      paused: false,
      topicId: null,
      fetched: () => resolve(),
      failed: reject,
      stop: () => fetcher.remove(target),
    };
    fetcher.add(target).catch(reject);
  });
}

t.test('a client that hangs is replaced, as is one that does not even connect', async (t) => {
  const kinds: Hangs[] = ['in a fetch', 'while it connects', 'nowhere'];
  const topics = kinds.map(() => new Set<string>());
  let opened = 0;
  const open = (): BrokerConnections => {
    const nth = Math.min(opened++, kinds.length - 1);
    return connectionsOf(kinds[nth] as Hangs, nth, () => [fetched(Buffer.alloc(0))], topics[nth]);
  };
  const fetcher = new Fetcher(open, new FakeTelemetry(), FETCH_WAIT_MS_MAX);
  await fetchOnce(fetcher, 0);
  t.equal(opened, kinds.length);
  t.same([...(topics[2] as Set<string>)], ['orders'], 'it knows the topics of the one before');
  await fetcher.close();
});

t.test('readers from two brokers whose client hangs share one fresh client', async (t) => {
  let opened = 0;
  const open = (): BrokerConnections => {
    const kind = opened++ === 0 ? 'in a fetch' : 'nowhere';
    const answers = [fetched(Buffer.alloc(0)), fetched(Buffer.alloc(0), { partition: 1 })];
    const connections = connectionsOf(kind, opened, () => answers);
    return Object.assign(connections, { leader: ({ partition }: { partition: number }) => 1 + partition });
  };
  const fetcher = new Fetcher(open, new FakeTelemetry(), FETCH_WAIT_MS_MAX);
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
async function readBoth(answers: Answers): Promise<{ outcomes: Outcome[]; opened: number }> {
  let opened = 0;
  const open = (): BrokerConnections => {
    opened += 1;
    return connectionsOf('nowhere', opened, answers);
  };
  const fetcher = new Fetcher(open, new FakeTelemetry(), FETCH_WAIT_MS_MAX);
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

for (const [code, message, error] of [
  [1, /does not have offset 0 any more/, 'LOG_CHANGED'],
  [29, /TOPIC_AUTHORIZATION_FAILED/, 'LOG_FAILED'],
  [999, /error code 999/, 'LOG_FAILED'],
] as const) {
  t.test(`code ${code} of one partition ends its reader, and no other`, async (t) => {
    const refused = fetched(Buffer.alloc(0), { errorCode: code });
    const { outcomes, opened } = await readBoth(() => [refused, fetched(RECORD, { partition: 1 })]);
    t.match(outcomes[0], { offsets: [], error: { code: error, message, where: 'orders-0' } });
    t.match(outcomes[1], { offsets: [0], error: null });
    t.equal(opened, 1, 'the client stays');
  });
}

for (const code of [6, -1]) {
  t.test(`code ${code} is retried with a fresh client`, async (t) => {
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

t.test('a batch that cannot be expanded is rows without bytes, and ends no reader', async (t) => {
  const bad = await single(0, { codec: 'snappy' });
  bad.fill(0x55, 61);
  const { outcomes } = await readBoth(() => [fetched(sealed(bad)), fetched(RECORD, { partition: 1 })]);
  t.match(outcomes[0], { offsets: [0], error: null });
  t.match(outcomes[1], { offsets: [0], error: null });
});

t.test('a damaged batch is fetched again, and passed over when it stays damaged', async (t) => {
  const bad = Buffer.from(RECORD);
  bad[64]! ^= 1;
  let fetches = 0;
  const { outcomes } = await readBoth(() => {
    fetches += 1;
    return [fetched(bad), fetched(RECORD, { partition: 1 })];
  });
  t.match(outcomes[0], { offsets: [0], error: null });
  t.ok(fetches >= DAMAGED_FETCHES_MAX, `${fetches}`);
});

t.test('an answer that ends too soon is reported, not retried', async (t) => {
  const { outcomes, opened } = await readBoth(() => answerOf([fetched(RECORD)]).subarray(0, 20));
  for (const { error } of outcomes)
    t.match(error, { code: 'LOG_FAILED', message: /an answer from Kafka ends/ });
  t.equal(opened, 1, 'the client stays');
});

t.test('a broker that is too old is reported, not retried', async (t) => {
  const { outcomes } = await readBoth(() => {
    throw new KafkaError('unsupported', 'the broker does not know Fetch of version 11');
  });
  for (const { error } of outcomes) t.match(error, { code: 'LOG_FAILED', remedy: /Kafka 2\.3/ });
});

t.test('each partition is sometimes the first of a request: a broker may serve the first only', async (t) => {
  /** Of the first partition's number in a request for one topic named orders. */
  const at = 4 + 4 + 4 + 4 + 1 + 4 + 4 + 4 + (2 + 'orders'.length) + 4;
  const { outcomes } = await readBoth((_, body) => [fetched(RECORD, { partition: body.readInt32BE(at) })]);
  t.match(outcomes, [{ offsets: [0] }, { offsets: [0] }]);
});
