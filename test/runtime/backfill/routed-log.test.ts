// A log with topics of its own beside those of another one.
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { RoutedLog } from '../../../src/runtime/backfill/routed-log.ts';

const spec = { partitions: 1, compacted: false, retentionMs: -1 };
const record = { key: null, value: Buffer.from('x'), timestampMs: 1 };

t.test('own topics are written, all others read alone', async (t) => {
  const [own, other] = [new EmbeddedLog({ path: null }), new EmbeddedLog({ path: null })];
  t.teardown(() => Promise.all([own.close(), other.close()]));
  await own.ensureTopics([
    { topic: 'hop', ...spec },
    { topic: 'source', ...spec },
  ]);
  await other.ensureTopics([
    { topic: 'source', ...spec },
    { topic: 'letters', ...spec },
  ]);
  await other.publish('source', [record, record]);
  const routed = new RoutedLog({ own, other, isOwn: (topic) => topic === 'hop', recordBytesMax: () => 7 });
  const writer = await routed.epochWriter('w');
  t.equal(writer.recordBytesMax('hop'), 7);
  writer.append('hop', [record]);
  writer.append('letters', [record]);
  await writer.commit('group', { topic: 'source', partition: 0 }, 2, 'm');
  await routed.publish('letters', [record]);
  await routed.deleteRecords('source', 0, 1);
  const ends = await Promise.all(['hop', 'source', 'letters'].map((topic) => routed.offsets(topic)));
  t.strictSame(ends.flat(), [
    { low: 0, high: 1 },
    { low: 0, high: 2 },
    { low: 0, high: 0 },
  ]);
  t.strictSame([...(await routed.committedOffsets('group', 'source'))], [[0, { offset: 2, metadata: 'm' }]]);
  t.strictSame(
    [...(await other.committedOffsets('group', 'source'))],
    [],
    'no position of the other log moves',
  );
  t.strictSame(Object.fromEntries(await routed.partitionCounts(['hop', 'source', 'gone'])), {
    hop: 1,
    source: 1,
  });
});
