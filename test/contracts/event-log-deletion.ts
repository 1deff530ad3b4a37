// The contract of an event log: records that the engine deletes itself, and reading from what is left.
import { firstValueFrom } from 'rxjs';
import type { Test } from 'tap';
import type { EventLog } from '../../src/ports/event-log.ts';
import { Collector, fresh, record } from './event-log-kit.ts';

export async function deletionContract(t: Test, log: EventLog): Promise<void> {
  for (const compacted of [false, true]) {
    await t.test(
      `records below an offset can be deleted${compacted ? ', also of a compacted topic' : ''}`,
      async (t) => {
        const topic = fresh('truncated');
        await log.ensureTopics([{ topic, partitions: 1, compacted, retentionMs: -1, truncated: true }]);
        for (const key of ['1', '2', '3', '4', '5']) await log.publish(topic, [record(key, key)]);
        await log.deleteRecords(topic, 0, 3);
        t.strictSame(await log.offsets(topic), [{ low: 3, high: 5 }]);
        await log.publish(topic, [record('6', '6')]);
        const tail = new Collector(log.tail(topic, 4));
        await tail.count(2);
        t.strictSame(
          tail.rows.map(({ offset, value }) => [offset, value]),
          [
            [4, '5'],
            [5, '6'],
          ],
        );
        tail.stop();
        await log.deleteRecords(topic, 0, 6);
        await log.publish(topic, [record('7', '7')]);
        t.equal((await log.offsets(topic))[0]?.high, 7, 'no offset is assigned twice');
        await t.rejects(firstValueFrom(log.tail(topic, 1)), 'deleted records cannot be read');
      },
    );
  }
}
