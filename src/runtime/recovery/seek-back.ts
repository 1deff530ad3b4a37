// Where to begin when the state store was lost (control path): as far back as the topology's state reaches, by record
// time, so that what is rebuilt up to G is what was there. Record times need not be in order: the log finds the first
// record that is young enough, and all after it are read. What the log no longer holds, the archive may.
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { RawBatch } from '../../core/batch.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { EventArchive, EventSource } from '../../ports/history.ts';
import type { Held } from './held.ts';

/** Offsets before G in which its last record lies: markers of transactions take offsets too. */
const LAST_OFFSETS = 16;

/** The newest record timestamp; NaN where there is no record. */
async function newestOf(records: AsyncIterable<RawBatch>): Promise<number> {
  let newest = Number.NaN;
  for await (const raw of records) {
    for (const timestampMs of raw.timestampMs) newest = newest >= timestampMs ? newest : timestampMs;
  }
  return newest;
}

/** The record time from which on state may know of a record; -Infinity where neither time is known. */
function reachMs(newestMs: number, watermarkMs: number, memoryMs: number): number {
  const times = [newestMs, watermarkMs].filter((time) => Number.isFinite(time));
  // The memory may be infinite, of a window that is never forgotten; no record is older than 1970.
  return times.length === 0 ? Number.NEGATIVE_INFINITY : Math.max(0, Math.min(...times) - memoryMs);
}

export interface SeekBack {
  /** First offset to read; null for the earliest. */
  readonly offset: number | null;
  /** False where the topic (and the archive) no longer reaches back far enough. */
  readonly reaches: boolean;
}

/**
 * The first offset whose record is at most `memoryMs` older than the watermark at G and than the newest record before
 * it: a refused record may be far ahead of the watermark, and the clock may have moved the watermark ahead of all records.
 * @param wholeRowsMax committed records up to which all are read
 */
export async function seekBack(
  log: EventLog,
  of: TopicPartition,
  { below: committed, watermarkMs }: Held,
  memoryMs: number,
  wholeRowsMax: number,
): Promise<SeekBack> {
  const range = (await log.offsets(of.topic))[of.partition];
  if (range === undefined || committed === 0) return { offset: null, reaches: committed === 0 };
  if (committed <= range.low) return { offset: range.low, reaches: false };
  // Few records are read from the beginning, which brings back counters as well; it is also what a task needs whose
  // very first commit of state failed.
  if (range.low === 0 && committed <= wholeRowsMax) return { offset: null, reaches: true };
  const last = log.read(of.topic, of.partition, Math.max(range.low, committed - LAST_OFFSETS), committed);
  const newestMs = await newestOf(last);
  if (Number.isNaN(newestMs)) return { offset: range.low, reaches: range.low === 0 };
  const offset = Math.min(committed, await log.offsetForTime(of, reachMs(newestMs, watermarkMs, memoryMs)));
  return { offset, reaches: offset > range.low || range.low === 0 };
}

/**
 * The same with an archive, which is asked where the topic has lost its beginning: few records are read whole again, and
 * a record that is young enough may lie before older ones. It reaches where it holds all from there to the topic's first
 * record, and knows of the offset before that as well: all before it is older.
 * @param inLog what the log alone gives
 */
export async function seekArchive(
  archive: EventArchive,
  log: EventLog,
  of: EventSource,
  { below: committed, watermarkMs }: Held,
  memoryMs: number,
  wholeRowsMax: number,
  inLog: SeekBack,
): Promise<SeekBack> {
  const range = (await log.offsets(of.topic))[of.partition];
  if (range === undefined || range.low === 0 || committed === 0) return inLog;
  await archive.flush();
  const { low } = range;
  if (committed <= wholeRowsMax && (await archive.holdsEvents(of, 0, low)))
    return { offset: 0, reaches: true };
  const begin = Math.max(0, committed - LAST_OFFSETS);
  const newest = await newestOf(log.read(of.topic, of.partition, Math.max(low, begin), committed));
  const newestMs = Number.isNaN(newest) ? await newestOf(archive.readEvents(of, begin, committed)) : newest;
  const found = (await archive.eventOffsetForTime(of, reachMs(newestMs, watermarkMs, memoryMs))) ?? low;
  if (found >= low && inLog.reaches) return inLog;
  const offset = Math.min(found, low, committed);
  return { offset, reaches: await archive.holdsEvents(of, Math.max(0, offset - 1), low) };
}
