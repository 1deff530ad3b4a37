import t, { type Test } from 'tap';
import { EmbeddedLog } from '../../../../src/adapters/embedded/log.ts';
import { topicInputs } from '../../../../src/app/commands/backfill/topic-inputs.ts';
import type { Topology } from '../../../../src/index.ts';

const topic = 'payments';
const topology = { name: 'payments', source: { topic, partitions: 2 } } as unknown as Topology; // all that is read of it

/** Partition 0 has records at 0, 10 and so on up to 90 ms; partition 1 none. */
async function filledLog(t: Test): Promise<EmbeddedLog> {
  const log = new EmbeddedLog({ path: null });
  t.teardown(() => log.close());
  await log.ensureTopics([{ topic, partitions: 2, compacted: false, retentionMs: -1 }]);
  const value = Buffer.from('x');
  const records = Array.from({ length: 10 }, (_, i) => ({
    key: null,
    value,
    timestampMs: i * 10,
    partition: 0,
  }));
  // The log deletes what was published together or not at all.
  await log.publish(topic, records.slice(0, 5));
  await log.publish(topic, records.slice(5));
  return log;
}

async function rangesOf(
  log: EmbeddedLog,
  fromMs: number | null,
  untilMs: number | null,
): Promise<number[][]> {
  const inputs = await topicInputs(log, topology, [0, 1], { fromMs, untilMs });
  return inputs.map(({ from, to }) => [from, to]);
}

t.test('times become offsets', async (t) => {
  const log = await filledLog(t);
  t.same(await rangesOf(log, null, null), [
    [0, 10],
    [0, 0],
  ]);
  t.same(await rangesOf(log, 15, 40), [
    [2, 4],
    [0, 0],
  ]);
  t.same(await rangesOf(log, 500, 600), [
    [10, 10],
    [0, 0],
  ]);
});

t.test('the last batch of a partition ends where its range does', async (t) => {
  const log = await filledLog(t);
  const [input] = await topicInputs(log, topology, [0], { fromMs: null, untilMs: 40 });
  const read: Array<readonly [number, number]> = [];
  for await (const { count, offsetNext } of input?.read(2) ?? []) read.push([count, offsetNext]);
  t.same(read, [
    [2, 4],
    [0, 4],
  ]);
});

t.test('a range whose first records are gone is refused', async (t) => {
  const log = await filledLog(t);
  await log.deleteRecords(topic, 0, 5);
  t.same((await rangesOf(log, null, null))[0], [5, 10], 'without a time it is what there is');
  t.same((await rangesOf(log, 50, null))[0], [5, 10], 'from the first record on');
  t.same((await rangesOf(log, 60, null))[0], [6, 10]);
  await t.rejects(rangesOf(log, 20, null), {
    code: 'OFFSET_LOST',
    message: /records before offset 5 are gone/,
  });
});

t.test('an interrupted range whose first records are gone since keeps its end', async (t) => {
  const log = await filledLog(t);
  await log.deleteRecords(topic, 0, 5);
  const range = { fromMs: null, untilMs: null };
  for (const [to, wanted] of [
    [7, [5, 7]],
    [4, [4, 4]],
  ] as const) {
    const [input] = await topicInputs(log, topology, [0], range, [{ partition: 0, from: 0, to }]);
    t.same([input?.from, input?.to], wanted);
  }
});

t.test('a topic that does not exist is refused', async (t) => {
  const log = new EmbeddedLog({ path: null });
  t.teardown(() => log.close());
  await t.rejects(rangesOf(log, null, null), { code: 'LOG_FAILED' });
});
