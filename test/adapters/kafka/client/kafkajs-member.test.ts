// A member that kafkajs gives up because no broker named the group's coordinator rejoins; one that is refused does not.
import { EventEmitter } from 'node:events';
import type { Consumer, Kafka } from 'kafkajs';
import t from 'tap';
import type { Joined } from '../../../../src/adapters/kafka/client/kafka-client.ts';
import { KafkajsMember } from '../../../../src/adapters/kafka/client/kafkajs-member.ts';

const EVENTS = {
  GROUP_JOIN: 'join',
  HEARTBEAT: 'heartbeat',
  REBALANCING: 'rebalancing',
  CRASH: 'crash',
};

/**
 * @param crashes of the runs, in their order; the run after the last one joins the group
 * @param refusals of the first connects
 */
function kafkaOf(
  crashes: readonly Error[],
  refusals: readonly Error[] = [],
): { kafka: Kafka; runs: () => number } {
  const emitter = new EventEmitter();
  let runs = 0;
  let connects = 0;
  const consumer = {
    events: EVENTS,
    on: (name: string, listener: (event: unknown) => void) => emitter.on(name, listener),
    pause: () => {},
    connect: async () => {
      const error = refusals[connects++];
      if (error !== undefined) throw error;
    },
    disconnect: async () => {},
    subscribe: async () => {},
    run: async () => {
      const error = crashes[runs++];
      if (error === undefined) {
        emitter.emit('join', { payload: { memberId: 'me', memberAssignment: { orders: [0] } } });
        emitter.emit('heartbeat', { payload: { groupGenerationId: 7 } });
      } else emitter.emit('crash', { payload: { error, restart: false } });
    },
  };
  // The rest of both is never called.
  const kafka = { consumer: () => consumer as unknown as Consumer } as unknown as Kafka;
  return { kafka, runs: () => runs };
}

function startMember(kafka: Kafka): Promise<Joined> {
  return new Promise((joined, failed) => {
    const member = new KafkajsMember(kafka, {
      groupId: 'g',
      topic: 'orders',
      sessionTimeoutMs: 10_000,
      protocol: 'test',
      claim: () => Buffer.alloc(0),
      assign: () => new Map(),
      entered: () => undefined,
      joined,
      failed,
    });
    member.start().catch(failed);
  });
}

t.test('no coordinator is found, twice', async (t) => {
  const notFound = Object.assign(new Error('Failed to find group coordinator'), {
    name: 'KafkaJSGroupCoordinatorNotFound',
  });
  const { kafka, runs } = kafkaOf([notFound, notFound]);
  t.match(await startMember(kafka), { generation: 7, partitions: [0] });
  t.equal(runs(), 3);
});

t.test('the broker went away after the topics were described', async (t) => {
  const away = Object.assign(new Error('connect ECONNREFUSED'), { name: 'KafkaJSConnectionError' });
  const { kafka, runs } = kafkaOf([], [away, away]);
  t.match(await startMember(kafka), { generation: 7, partitions: [0] });
  t.equal(runs(), 1);
});

t.test('this client may not join the group', async (t) => {
  const refused = Object.assign(new Error('no'), { type: 'GROUP_AUTHORIZATION_FAILED', code: 30 });
  const { kafka, runs } = kafkaOf([refused]);
  await t.rejects(startMember(kafka), { fault: 'unauthorized', code: 30, cause: refused });
  t.equal(runs(), 1);
});
