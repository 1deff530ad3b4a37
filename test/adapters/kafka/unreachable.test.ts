// No broker: the error says where and how to fix it, and nothing hangs.
import t from 'tap';
import { KafkaEventLog } from '../../../src/adapters/kafka/event-log.ts';
import { quietTelemetry } from '../../integration/quiet-telemetry.ts';

t.test('every call fails with LOG_UNAVAILABLE and the address', async (t) => {
  t.setTimeout(120_000);
  const log = new KafkaEventLog({ brokers: ['127.0.0.1:1'] }, quietTelemetry());
  const expected = { code: 'LOG_UNAVAILABLE', message: /127\.0\.0\.1:1.*MILLRACE_KAFKA_BROKERS/ };
  // A group member waits for brokers until the log is closed.
  const failures: unknown[] = [];
  log.subscribe({ groupId: 'g', topic: 'x' }).subscribe({ error: (error) => failures.push(error) });
  const tailed = new Promise((_resolve, reject) => {
    log.tail('x', 'latest').subscribe({ error: reject });
  });
  await Promise.all([
    t.rejects(log.partitionCount('x'), expected),
    t.rejects(log.publish('x', []), expected),
    t.rejects(log.epochWriter('w'), expected),
    t.rejects(tailed, expected),
  ]);
  await log.close();
  t.same(failures, []);
});
