// The part of the event log's contract that is about reading one partition without a group.
import type { Test } from 'tap';
import type { EventLog, LogRecord } from '../../src/ports/event-log.ts';
import { Collector, record, topicOf } from './event-log-kit.ts';

export async function followContract(t: Test, log: EventLog): Promise<void> {
  await t.test('follow: one partition, from an offset on', async (t) => {
    const topic = await topicOf(log, 'follow', 2);
    const at = (partition: number, value: string): LogRecord => ({ ...record('a', value), partition });
    await log.publish(topic, [at(1, '0'), at(1, '1'), at(0, 'other')]);
    const earliest = new Collector(log.follow({ topic, partition: 1 }, 'earliest'));
    const second = new Collector(log.follow({ topic, partition: 1 }, 1));
    await earliest.count(2);
    await log.publish(topic, [at(0, 'other'), at(1, '2')]);
    await earliest.count(3);
    await second.count(2);
    t.strictSame(
      [earliest.values, second.values],
      [
        ['0', '1', '2'],
        ['1', '2'],
      ],
    );
    earliest.stop();
    second.stop();
  });
}
