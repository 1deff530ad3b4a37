// Where a task begins that lost its state: against a linear search over the whole partition.
import * as fc from 'fast-check';
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { ByteColumn } from '../../../src/core/byte-column.ts';
import { seekArchive, seekBack, type SeekBack } from '../../../src/runtime/recovery/seek-back.ts';
import { MemoryHistory } from '../../support/memory-history.ts';
import { truncatedLog } from '../../support/truncated-log.ts';

const WHOLE_ROWS_MAX = 1_000;
const source = { topic: 'events', partition: 0 };

const held = (below: number, watermarkMs = Number.NEGATIVE_INFINITY) => ({ below, watermarkMs });

async function logOf(timestampMs: Float64Array): Promise<EmbeddedLog> {
  const log = new EmbeddedLog({ path: null });
  await log.ensureTopics([{ topic: 'events', partitions: 1, compacted: false, retentionMs: -1 }]);
  // A group that stays at the beginning keeps everything, and makes no producer wait.
  const values = ByteColumn.of(Array.from(timestampMs, () => Buffer.from('x')));
  await log.appendBlock('events', { partition: 0, timestampMs, keys: values, values });
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
  const all = await seekBack(log, source, held(committed), Number.POSITIVE_INFINITY, WHOLE_ROWS_MAX);
  t.same(all, { offset: 0, reaches: true }, 'a window that is never forgotten');
  await log.close();
});

t.test('what the topic has lost is found in the archive, as far as that holds all of it', async (t) => {
  const times = fc.array(fc.nat(100), { minLength: 4, maxLength: 60 });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  await fc.assert(
    fc.asyncProperty(
      times,
      fc.nat(60),
      fc.constantFrom(0, WHOLE_ROWS_MAX),
      share,
      share,
      share,
      async (of, memoryMs, wholeRowsMax, lowAt, heldAt, archivedAt) => {
        const timestampMs = Float64Array.from(of);
        const count = timestampMs.length;
        const low = 1 + Math.floor(lowAt * (count - 1));
        const committed = low + Math.floor(heldAt * (count - low));
        /** The archive was declared when this much had been read. */
        const archivedFrom = Math.floor(archivedAt * archivedAt * count);
        const log = await logOf(timestampMs);
        const seen = truncatedLog(log, 'events', [low]);
        const archive = new MemoryHistory();
        for await (const raw of log.read('events', 0, archivedFrom, committed))
          archive.events('t', { raw, begin: 0, end: raw.count, offsetFrom: archivedFrom });
        const inLog = await seekBack(seen, source, held(committed), memoryMs, wholeRowsMax);
        const at = { ...source, topology: 't' };
        const found = await seekArchive(archive, seen, at, held(committed), memoryMs, wholeRowsMax, inLog);
        await log.close();
        if (archivedFrom === 0 && wholeRowsMax > 0) return void t.same(found, { offset: 0, reaches: true });
        // The newest record is looked for in the topic, and in the archive only if the topic has none below.
        const lastFrom = Math.max(0, committed - 16, committed > low ? low : 0);
        const newest = Math.max(...timestampMs.slice(lastFrom, committed));
        const first = timestampMs.findIndex((time) => time >= newest - memoryMs);
        if (archivedFrom === 0)
          return void t.same(found, { offset: first, reaches: true } satisfies SeekBack);
        // Otherwise from where the archive begins at the latest, unless the log alone says that it reaches.
        const wanted = timestampMs.findIndex((time, i) => i >= archivedFrom && time >= newest - memoryMs);
        const begin = wanted < 0 || wanted >= low ? (inLog.reaches ? inLog.offset : low) : wanted;
        t.equal(found.offset, Math.min(begin ?? 0, Math.max(low, inLog.offset ?? 0)));
        if (found.reaches && !inLog.reaches)
          t.ok(archivedFrom < (found.offset ?? 0), 'it knows what is before');
      },
    ),
    { numRuns: 200, endOnFailure: true },
  );
});
