// The offset of a group from a coordinator that answers as of some time before, as it may once it has loaded the group: the
// newest is what is read, and reading it changes nothing.
import t from 'tap';
import type {
  BrokerConnections,
  GroupOffset,
  TransactionRequests,
} from '../../../src/adapters/kafka/client/kafka-client.ts';
import { KafkaError } from '../../../src/adapters/kafka/client/kafka-error.ts';
import { TransactionalProducer } from '../../../src/adapters/kafka/transactional-producer.ts';
import type { CommittedOffset } from '../../../src/ports/event-log.ts';

const NOT_COORDINATOR = 16;
const source = { topic: 'orders', partition: 3 };

/** A coordinator whose readers see what was committed up to its last write. */
class Coordinator {
  readonly committed: CommittedOffset[] = [];
  /** How many of them readers see. */
  seen = 0;
  /** Answers to writes before the first one that succeeds. */
  refusals = 0;
  readonly requests: string[] = [];
  #pending: GroupOffset | null = null;

  transactions(): TransactionRequests {
    return {
      init: async () => ({ producerId: '1', producerEpoch: 0 }),
      addPartitions: async () => undefined,
      addOffsets: async (_producer, groupId) => void this.requests.push(`add ${groupId}`),
      commitOffset: async (_producer, offset) => this.#write(offset),
      end: async (_producer, commits) => this.#end(commits),
      forgetCoordinators: () => undefined,
    };
  }

  #write(offset: GroupOffset): void {
    this.requests.push('write');
    if (this.refusals > 0) {
      this.refusals -= 1;
      throw KafkaError.ofCode(NOT_COORDINATOR, offset.groupId);
    }
    this.#pending = offset;
    this.seen = this.committed.length;
  }

  #end(commits: boolean): void {
    this.requests.push(commits ? 'commit' : 'abort');
    if (commits && this.#pending !== null) this.committed.push(this.#pending);
    this.#pending = null;
  }

  read(): CommittedOffset | null {
    this.requests.push('read');
    return this.committed[this.seen - 1] ?? null;
  }
}

function producerOf(coordinator: Coordinator): TransactionalProducer {
  const connections: Partial<BrokerConnections> = {
    connect: async () => undefined,
    disconnect: async () => undefined,
    refresh: async () => undefined,
    groupCoordinator: async () => 1,
    // The only request that it sends.
    send: async <T>() => coordinator.read() as T,
    transactions: () => coordinator.transactions(),
  };
  // the rest is never called
  return new TransactionalProducer(connections as BrokerConnections, 'orders-3', 1_000, () => {
    throw new Error('nothing is appended');
  });
}

t.test('what is read is the newest, and stays', async (t) => {
  const coordinator = new Coordinator();
  const producer = producerOf(coordinator);
  await producer.open();
  t.equal(await producer.committed('g', source), null, 'of a group without an offset');
  await producer.commit({ groupId: 'g', ...source, offset: 70, metadata: 'm' });
  await producer.commit({ groupId: 'g', ...source, offset: 90, metadata: 'n' });
  coordinator.seen = 1;
  t.match(await producer.committed('g', source), { offset: 90, metadata: 'n' });
  coordinator.seen = 0;
  t.match(await producer.committed('g', source), { offset: 90, metadata: 'n' });
  t.equal(coordinator.committed.length, 2, 'the write that makes it visible is taken back');
  await producer.close();
});

t.test('nothing is read before a write has succeeded', async (t) => {
  const coordinator = new Coordinator();
  const producer = producerOf(coordinator);
  await producer.open();
  coordinator.refusals = 2;
  t.equal(await producer.committed('g', source), null);
  t.same(coordinator.requests, ['add g', 'write', 'write', 'write', 'abort', 'read']);
  await producer.close();
});
