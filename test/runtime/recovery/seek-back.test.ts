// Where a task starts that lost its state: against a linear search over the whole partition.
import * as fc from 'fast-check';
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { ByteColumn } from '../../../src/core/byte-column.ts';
import { hours, minutes } from '../../../src/index.ts';
import {
  firstOutcome,
  reachBack,
  seekArchive,
  seekBack,
  type SeekBack,
} from '../../../src/runtime/recovery/seek-back.ts';
import { MemoryHistory } from '../../support/memory-history.ts';
import { ordersTopology } from '../../support/orders.ts';
import { truncatedLog } from '../../support/truncated-log.ts';

const WHOLE_ROWS_MAX = 1_000;
const source = { topic: 'events', partition: 0 };

const at = (offset: number, watermarkMs = Number.NEGATIVE_INFINITY) => ({ offset, watermarkMs });

async function logOf(timestampMs: Float64Array): Promise<EmbeddedLog> {
  const log = new EmbeddedLog({ path: null });
  await log.ensureTopics([{ topic: 'events', partitions: 1, compacted: false, retentionMs: -1 }]);
  // A group that stays at the start keeps everything, and makes no producer wait.
  const values = ByteColumn.of(Array.from(timestampMs, () => Buffer.from('x')));
  await log.appendBlock('events', { partition: 0, timestampMs, keys: values, values });
  return log;
}

t.test('a short partition is read whole', async (t) => {
  const log = await logOf(Float64Array.from([1, 2, 3]));
  t.same(await seekBack(log, source, at(3), 1, WHOLE_ROWS_MAX), { offset: null, reaches: true });
  t.same(await seekBack(log, source, at(0), 1, WHOLE_ROWS_MAX), { offset: null, reaches: true });
  await log.close();
});

t.test('a long one from the first record that may be part of the state', async (t) => {
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
        const found = await seekBack(log, source, at(committed), memoryMs, WHOLE_ROWS_MAX);
        t.same(found, { offset: timestampMs.findIndex((time) => time >= wantedMs), reaches: true });
      },
    ),
    { numRuns: 30, seed: 1 },
  );
  const committed = count - 1;
  const ahead = await seekBack(log, source, at(committed, Number.MAX_VALUE), 500, WHOLE_ROWS_MAX);
  t.same(ahead, { offset: committed - 1 - 50, reaches: true }, 'the clock had advanced the watermark');
  const behind = await seekBack(log, source, at(committed, 2_000), 500, WHOLE_ROWS_MAX);
  t.same(behind, { offset: 150, reaches: true }, 'the newest records had not advanced it');
  const all = await seekBack(log, source, at(committed), Number.POSITIVE_INFINITY, WHOLE_ROWS_MAX);
  t.same(all, { offset: 0, reaches: true }, 'a window that never expires');
  await log.close();
});

t.test('outcomes count from where no label before the start could be one', async (t) => {
  const topology = ordersTopology();
  const stage = topology.stages.find(({ kind }) => kind === 'labels');
  const beforeMs = stage?.beforeMs ?? 0;
  t.ok(beforeMs > hours(1) && beforeMs < (stage?.memoryMs ?? 0), 'of the memory');
  const timestampMs = Float64Array.from({ length: 2_000 }, (_, i) => i * minutes(1));
  const log = await logOf(timestampMs);
  for (const [rebuildWholeRowsMax, isWhole] of [
    [WHOLE_ROWS_MAX, false],
    [2_000, true],
  ] as const) {
    const parts = {
      topology,
      log,
      source: { topology: 'orders', ...source },
      archive: null,
      rebuildWholeRowsMax,
    };
    const back = await reachBack(parts, at(1_990));
    const { offset } = back;
    const outcomesFrom = await firstOutcome(parts, at(1_990), back);
    t.equal(offset === null, isWhole);
    if (isWhole) t.equal(outcomesFrom, 0, 'nothing came before');
    else
      t.ok(
        (outcomesFrom - (offset ?? 0)) * minutes(1) >= beforeMs && outcomesFrom < 1_990,
        `${outcomesFrom}, read from ${offset}`,
      );
  }
  await log.close();
});

t.test('what the topic has lost is found in the archive, as far as the archive is complete', async (t) => {
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
      async (recordTimes, memoryMs, wholeRowsMax, lowAt, committedAt, archivedAt) => {
        const timestampMs = Float64Array.from(recordTimes);
        const count = timestampMs.length;
        const low = 1 + Math.floor(lowAt * (count - 1));
        const committed = low + Math.floor(committedAt * committedAt * (count - low));
        /** The archive was declared when this much had been read. */
        const archivedFrom = Math.floor(archivedAt * archivedAt * count);
        const log = await logOf(timestampMs);
        const seen = truncatedLog(log, 'events', [low]);
        const archive = new MemoryHistory();
        for await (const raw of log.read('events', 0, archivedFrom, committed))
          archive.events('t', { raw, begin: 0, end: raw.count, offsetFrom: archivedFrom });
        const inLog = await seekBack(seen, source, at(committed), memoryMs, wholeRowsMax);
        const archived = { ...source, topology: 't' };
        const found = await seekArchive(
          archive,
          seen,
          archived,
          at(committed),
          memoryMs,
          wholeRowsMax,
          inLog,
        );
        await log.close();
        if (archivedFrom === 0 && wholeRowsMax > 0) return void t.same(found, { offset: 0, reaches: true });
        // The newest record is looked for in the topic, and in what the archive has only if the topic has none below.
        const lastFrom = Math.max(0, committed - 16, committed > low ? low : archivedFrom);
        const newest = Math.max(...timestampMs.slice(lastFrom, committed));
        const first = timestampMs.findIndex((time) => time >= newest - memoryMs);
        if (archivedFrom === 0)
          return void t.same(found, { offset: first, reaches: true } satisfies SeekBack);
        // Otherwise from where the archive begins at the latest, unless the log alone says that it reaches.
        const wanted = timestampMs.findIndex((time, i) => i >= archivedFrom && time >= newest - memoryMs);
        const begin = wanted < 0 || wanted >= low ? (inLog.reaches ? inLog.offset : low) : wanted;
        t.equal(found.offset, Math.min(begin ?? 0, Math.max(low, inLog.offset ?? 0)));
        if (found.reaches && !inLog.reaches)
          t.ok(archivedFrom < (found.offset ?? 0), 'it holds what is before');
      },
    ),
    { numRuns: 200, endOnFailure: true },
  );
});
