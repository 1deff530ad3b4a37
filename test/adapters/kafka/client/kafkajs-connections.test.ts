// Connections that hang, and a broker that is too old: each call settles with a classified error.
import type { Cluster } from 'kafkajs';
import t from 'tap';
import type { BrokerConnections } from '../../../../src/adapters/kafka/client/kafka-client.ts';
import { KafkajsConnections } from '../../../../src/adapters/kafka/client/kafkajs-connections.ts';
import type { WireRequest } from '../../../../src/adapters/kafka/client/wire-request.ts';

const ANSWER_MS_MAX = 50;
const PARTITION = { topic: 'orders', partition: 0 };
const PRODUCER = { producerId: '7', producerEpoch: 0 };
const OFFSET = { ...PARTITION, groupId: 'g', offset: 1, metadata: '' };

const never = new Promise<never>(() => undefined);
const hang = (): Promise<never> => never;

const REQUEST: WireRequest<string> = {
  name: 'Fetch',
  apiKey: 1,
  apiVersion: 11,
  body: Buffer.from('request'),
  decode: (body) => body.toString(),
  throttleMsOf: () => 3,
};

interface Sent {
  readonly request: { encode(): Promise<{ readonly buf: Buffer }> };
  readonly response: { decode(body: Buffer): Promise<object>; parse(decoded: object): Promise<unknown> };
}

function connectionsOf(cluster: object): BrokerConnections {
  return new KafkajsConnections(cluster as Cluster, ANSWER_MS_MAX); // the rest is never called
}

t.test('each call that never gets an answer is unavailable', async (t) => {
  const connections = connectionsOf({
    isConnected: () => false,
    connect: hang,
    disconnect: hang,
    addMultipleTargetTopics: hang,
    refreshMetadata: hang,
    fetchTopicsOffset: hang,
    findBroker: hang,
    findGroupCoordinator: hang,
  });
  const transactions = connections.transactions('t');
  const calls: Readonly<Record<string, () => Promise<unknown>>> = {
    connect: () => connections.connect(),
    disconnect: () => connections.disconnect(),
    addTopics: () => connections.addTopics(['orders']),
    refresh: () => connections.refresh(),
    offset: () => connections.offset(PARTITION, 'latest'),
    send: () => connections.send(1, REQUEST),
    leaveGroup: () => connections.leaveGroup({ groupId: 'g', memberId: 'm' }),
    init: () => transactions.init(1),
    addPartitions: () => transactions.addPartitions(PRODUCER, new Map()),
    addOffsets: () => transactions.addOffsets(PRODUCER, 'g'),
    commitOffset: () => transactions.commitOffset(PRODUCER, OFFSET),
    end: () => transactions.end(PRODUCER, true),
  };
  const asserted = Object.entries(calls).map(([name, call]) =>
    t.rejects(call(), { name: 'KafkaError', fault: 'unavailable', message: /no answer/ }, name),
  );
  await Promise.all(asserted);
});

t.test('a broker or a coordinator that is found and hangs is unavailable', async (t) => {
  const broker = { versions: null, connectionPool: { send: hang }, leaveGroup: hang, endTxn: hang };
  const connections = connectionsOf({
    findBroker: async () => broker,
    findGroupCoordinator: async () => broker,
  });
  const unavailable = { name: 'KafkaError', fault: 'unavailable' };
  await t.rejects(connections.send(1, REQUEST), unavailable);
  await t.rejects(connections.leaveGroup({ groupId: 'g', memberId: 'm' }), unavailable);
  await t.rejects(connections.transactions('t').end(PRODUCER, false), unavailable);
});

t.test('callers that connect at the same time share one connect', async (t) => {
  let connects = 0;
  let isConnected = false;
  const connections = connectionsOf({
    // kafkajs says so as soon as the connection opens, and cannot send yet.
    isConnected: () => isConnected,
    connect: async () => {
      connects += 1;
      isConnected = true;
      await new Promise((resolve) => setTimeout(resolve, 10));
    },
  });
  await Promise.all([connections.connect(), connections.connect()]);
  await connections.connect();
  t.equal(connects, 1);
});

t.test('a request is bytes out and bytes in, and passes its throttle time on', async (t) => {
  let throttleMs: unknown;
  const send = async ({ request, response }: Sent): Promise<unknown> => {
    const { buf } = await request.encode();
    const decoded = await response.decode(Buffer.concat([buf, Buffer.from(', answered')]));
    throttleMs = 'clientSideThrottleTime' in decoded ? decoded.clientSideThrottleTime : null;
    return response.parse(decoded);
  };
  const broker = { versions: { 1: { maxVersion: 11 } }, connectionPool: { send } };
  t.equal(await connectionsOf({ findBroker: async () => broker }).send(1, REQUEST), 'request, answered');
  t.equal(throttleMs, 3);
});

t.test('a broker that does not know the version of a request is too old', async (t) => {
  const broker = { versions: { 1: { maxVersion: 10 } }, connectionPool: { send: hang } };
  const connections = connectionsOf({ findBroker: async () => broker });
  await t.rejects(connections.send(1, REQUEST), { fault: 'unsupported', message: /Fetch of version 11/ });
});

t.test('coordinators are remembered until they are forgotten, and not if the lookup failed', async (t) => {
  const lookups: string[] = [];
  const connections = connectionsOf({
    findGroupCoordinator: async ({ groupId, coordinatorType }: Record<string, unknown>) => {
      lookups.push(`${String(coordinatorType)} ${String(groupId)}`);
      if (lookups.length === 1) throw Object.assign(new Error('no'), { type: 'x', code: 15 });
      return { endTxn: async () => undefined, txnOffsetCommit: async () => undefined };
    },
  });
  const transactions = connections.transactions('t');
  await t.rejects(transactions.end(PRODUCER, true), { fault: 'unavailable', code: 15, isRetriable: true });
  await transactions.end(PRODUCER, true);
  await transactions.end(PRODUCER, true);
  await transactions.commitOffset(PRODUCER, OFFSET);
  t.strictSame(lookups, ['1 t', '1 t', '0 g']);
  transactions.forgetCoordinators();
  await transactions.end(PRODUCER, true);
  t.strictSame(lookups, ['1 t', '1 t', '0 g', '1 t']);
});
