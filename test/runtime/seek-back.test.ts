// Where a task begins that lost its state: against a linear search over the whole partition.
import * as fc from 'fast-check';
import t from 'tap';
import { EmbeddedLog } from '../../src/adapters/embedded/log.ts';
import { seekBack } from '../../src/runtime/seek-back.ts';

const WHOLE_ROWS_MAX = 1_000;
const source = { topic: 'events', partition: 0 };

const held = (below: number, watermarkMs = Number.NEGATIVE_INFINITY) => ({ below, watermarkMs });

async function logOf(timestampMs: Float64Array): Promise<EmbeddedLog> {
  const log = new EmbeddedLog({ path: null });
  await log.ensureTopics([{ topic: 'events', partitions: 1, compacted: false, retentionMs: -1 }]);
  // A group that stays at the beginning keeps everything, and makes no producer wait.
  const values = Array.from(timestampMs, () => Buffer.from('x'));
  await log.appendBatch('events', 0, values, values, timestampMs);
  return log;
}

t.test('a short partition is read whole', async (t) => {
  const log = await logOf(Float64Array.from([1, 2, 3]));
  t.same(await seekBack(log, source, held(3), 1, WHOLE_ROWS_MAX), { offset: null, reaches: true });
  t.same(await seekBack(log, source, held(0), 1, WHOLE_ROWS_MAX), { offset: null, reaches: true });
  await log.close();
});

t.test('a long one from the first record that the state can know of', async (t) => {
  const count = WHOLE_ROWS_MAX + 10;
  const timestampMs = Float64Array.from({ length: count }, (_, i) => i * 10);
  const log = await logOf(timestampMs);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 0, max: 20_000 }),
      async (back, memoryMs) => {
        const committed = count - back;
        const wantedMs = (timestampMs[committed - 1] as number) - memoryMs;
        const found = await seekBack(log, source, held(committed), memoryMs, WHOLE_ROWS_MAX);
        t.same(found, { offset: timestampMs.findIndex((time) => time >= wantedMs), reaches: true });
      },
    ),
    { numRuns: 30, seed: 1 },
  );
  const committed = count - 1;
  const ahead = await seekBack(log, source, held(committed, Number.MAX_VALUE), 500, WHOLE_ROWS_MAX);
  t.same(ahead, { offset: committed - 1 - 50, reaches: true }, 'the clock had moved the watermark ahead');
  const behind = await seekBack(log, source, held(committed, 2_000), 500, WHOLE_ROWS_MAX);
  t.same(behind, { offset: 150, reaches: true }, 'the newest records had moved it on by nothing');
  await log.close();
});
