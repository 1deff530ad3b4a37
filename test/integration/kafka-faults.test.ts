// Failures of the Kafka event log: aborted and open transactions, a broker that is killed and restarted.
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import t from 'tap';
import { startKafka } from '../../tools/services/kafka/broker.ts';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { MillraceError } from '../../src/core/errors.ts';
import type { Assignment } from '../../src/ports/event-log.ts';
import { Collector, fresh, record, topicOf, waitFor } from '../contracts/event-log-kit.ts';
import { quietTelemetry } from './quiet-telemetry.ts';

const OUTAGE_MS_MAX = 120_000;

t.setTimeout(2 * OUTAGE_MS_MAX);
t.test('faults', async (t) => {
  t.setTimeout(2 * OUTAGE_MS_MAX);
  // A separate broker, because the test kills it.
  const kafka = await startKafka();
  const log = new KafkaEventLog({ brokers: kafka.brokers, sessionTimeoutMs: 3_000 }, quietTelemetry());
  t.teardown(async () => {
    await log.close();
    await kafka.stop();
  });

  await t.test('an aborted transaction is never visible, an open one only after its commit', async (t) => {
    const topic = await topicOf(log, 'aborts');
    const client = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING });
    const producer = client.producer({
      transactionalId: fresh('raw'),
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    const seen = new Collector(log.tail(topic, 'earliest'));
    const aborted = await producer.transaction();
    await aborted.send({ topic, messages: [{ value: 'aborted' }, { value: 'aborted too' }] });
    await aborted.abort();
    await log.publish(topic, [record('a', 'plain')]);
    await seen.count(1);
    const open = await producer.transaction();
    await open.send({ topic, messages: [{ value: 'open' }] });
    const values: string[] = [];
    for await (const batch of log.read(topic, 0, 0, 1_000)) values.push(...Array.from(batch.values, String));
    t.strictSame(values, ['plain'], 'read ends where the committed records end');
    await open.commit();
    await seen.count(2);
    t.strictSame(seen.values, ['plain', 'open']);
    seen.stop();
    await producer.disconnect();
  });

  await t.test('a broker is killed and restarted: every record once, in order', async (t) => {
    const topic = await topicOf(log, 'outage');
    const groupId = fresh('group');
    // The group may reassign the partition after the outage: each owner continues where the last one was.
    const owners: Collector[] = [];
    const values = (): Array<string | null> => owners.flatMap((owner) => owner.values);
    const member = log.subscribe({ groupId, topic }).subscribe({
      next: (assignment: Assignment) => {
        assignment.revoked.addEventListener('abort', () => assignment.released());
        owners.push(new Collector(assignment.open(values().length)));
      },
      error: (error: Error) => t.fail(error.message),
    });
    await waitFor(() => owners.length === 1, 'an assignment');
    const id = fresh('writer');
    const writer = await log.epochWriter(id);
    await log.publish(
      topic,
      Array.from({ length: 100 }, (_, i) => record('k', String(i))),
    );
    await waitFor(() => values().length >= 100, 'a hundred records');
    await kafka.kill();
    const lost = writer.commit(groupId, { topic, partition: 0 }, 100);
    lost.catch(() => {});
    await sleep(500);
    await kafka.restart();
    const outcome = await lost.then(
      () => 'committed',
      (error: unknown) => error,
    );
    t.ok(outcome === 'committed' || outcome instanceof MillraceError, 'the commit succeeds or fails');
    await writer.close();
    const heir = await log.epochWriter(id);
    await heir.commit(groupId, { topic, partition: 0 }, 100);
    const next = await log.epochWriter(id);
    t.match(
      await next.committed(groupId, { topic, partition: 0 }),
      { offset: 100 },
      'a new owner reads the newest offset of the group',
    );
    await next.close();
    await log.publish(
      topic,
      Array.from({ length: 100 }, (_, i) => record('k', String(100 + i))),
    );
    await waitFor(() => values().length >= 200, 'the records after the outage');
    t.strictSame(
      values().map(Number),
      Array.from({ length: 200 }, (_, i) => i),
    );
    member.unsubscribe();
    await heir.close();
  });
});
