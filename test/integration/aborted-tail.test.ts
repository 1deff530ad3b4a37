// A source that ends in a transaction, on a real broker. Aborted: the group's offset comes to the end of the log, although no
// event is there. Still open: its events may be committed, and count as not processed.
import { Kafka, logLevel } from 'kafkajs';
import t from 'tap';
import { groupOf } from '../../src/topology/topics.ts';
import { millrace } from '../support/cli.ts';
import { withAdmin } from '../support/kafka-admin.ts';
import { scoredTopology } from '../support/scored-topology.ts';
import { kafkaBrokers } from '../support/services.ts';

t.setTimeout(120_000);

const brokers = kafkaBrokers().split(',');
const topology = scoredTopology('aborted', 'partitions: 1,');
const settings = {
  MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
  MILLRACE_DATA: `${topology.folder}/data`,
  MILLRACE_PORT: '0',
};
t.teardown(() => topology.remove());

const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });

async function openTransaction(count: number): Promise<{ end(how: 'abort' | 'commit'): Promise<void> }> {
  const transactionalId = `${topology.name}-aborting`;
  const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const transaction = await producer.transaction();
  const messages = Array.from({ length: count }, () => ({ partition: 0, value: 'never' }));
  await transaction.send({ topic: topology.name, messages });
  return {
    async end(how) {
      await transaction[how]();
      await producer.disconnect();
    },
  };
}

function offsets(): Promise<{ readonly committed: number; readonly high: number }> {
  return withAdmin(async (admin) => {
    const [group] = await admin.fetchOffsets({ groupId: groupOf(topology.name), topics: [topology.name] });
    const [end] = await admin.fetchTopicOffsets(topology.name);
    return { committed: Number(group?.partitions[0]?.offset), high: Number(end?.high) };
  });
}

t.test('the end of an aborted transaction is committed', async (t) => {
  const produced = await millrace(
    ['produce', topology.file, '--events', topology.eventsFile(0, 20)],
    settings,
  );
  t.equal(produced.code, 0, produced.stderr);
  const first = await millrace(['run', topology.file, '--until-caught-up'], settings);
  t.equal(first.code, 0, first.stderr);
  await (await openTransaction(3)).end('abort');
  const second = await millrace(['run', topology.file, '--until-caught-up'], settings);
  t.equal(second.code, 0, second.stderr);
  const { committed, high } = await offsets();
  t.equal(high, 24, 'twenty events, three aborted records and the marker');
  t.equal(committed, high);
});

t.test('events of an open transaction are waited for', async (t) => {
  const open = await openTransaction(5);
  const given = { ...settings, MILLRACE_STUCK_MS: '2000' };
  const stuck = await millrace(['run', topology.file, '--until-caught-up'], given);
  t.equal(stuck.code, 1, stuck.stdout);
  t.match(stuck.stderr, /events wait from offset 24, behind a transaction that its producer has not ended/);
  const running = millrace(['run', topology.file, '--until-caught-up'], settings);
  await open.end('commit');
  const ran = await running;
  t.equal(ran.code, 0, ran.stderr);
  const { committed, high } = await offsets();
  t.same([committed, high], [30, 30], 'five events that are no predictions, and the marker');
});
