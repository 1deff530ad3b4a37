// The part of the event log's contract that is about records outside of an epoch.
import type { Test } from 'tap';
import { ByteColumn } from '../../src/core/byte-column.ts';
import { textColumn } from '../../src/core/text-bytes.ts';
import type { EventLog, RecordBlock } from '../../src/ports/event-log.ts';
import { fresh, readCommitted, record, topicOf } from './event-log-kit.ts';

export async function recordWriterContract(t: Test, log: EventLog): Promise<void> {
  await t.test(
    'records outside of an epoch are in the log together, and their offsets are known',
    async (t) => {
      const topic = await topicOf(log, 'together', 2);
      const beside = await topicOf(log, 'beside');
      const writer = await log.recordWriter(fresh('records'));
      t.teardown(() => writer.close());
      t.strictSame(await writer.commitRecords(), [], 'nothing');
      const block = (partition: number, values: readonly string[]): RecordBlock => ({
        partition,
        timestampMs: new Float64Array(values.length).fill(7),
        keys: ByteColumn.of(values.map(() => null)),
        values: textColumn(values, 0, values.length),
      });
      for (const round of [1, 2]) {
        const text = (name: string): string => `${name}${round}`;
        writer.append(topic, block(1, [text('a'), text('b')]));
        writer.append(beside, [record(text('k'), text('v'))]);
        writer.append(topic, block(0, [text('c')]));
        writer.append(topic, block(1, [text('d')]));
        const runs = await writer.commitRecords();
        for (const [where, partition, expected] of [
          [topic, 0, ['c']],
          [topic, 1, ['a', 'b', 'd']],
          [beside, 0, ['v']],
        ] as const) {
          const [run] = runs.filter((one) => one.topic === where && one.partition === partition);
          t.equal(run?.count, expected.length);
          const rows = await readCommitted(log, { topic: where, partition }, round * expected.length);
          const found = rows.filter(({ offset }) => offset >= (run?.first ?? -1));
          t.strictSame(
            found.map(({ value }) => value),
            expected.map(text),
          );
        }
      }
    },
  );

  await t.test('a newer writer of records fences the one before', async (t) => {
    const topic = await topicOf(log, 'fenced');
    const id = fresh('records');
    const [old, newer] = [await log.recordWriter(id), await log.recordWriter(id)];
    old.append(topic, [record('a', '1')]);
    await t.rejects(old.commitRecords(), { code: 'FENCED' });
    newer.append(topic, [record('a', '2')]);
    await newer.commitRecords();
    const rows = await readCommitted(log, { topic, partition: 0 }, 1);
    t.strictSame(
      rows.map(({ value }) => value),
      ['2'],
    );
    await Promise.all([old.close(), newer.close()]);
  });
}
