// Where to begin when the state store was lost (control path): as far back as the topology's state reaches, by record
// time, so that what is rebuilt up to G is what was there. Record times need not be in order: the log finds the first
// record that is young enough, and all after it are read.
import type { TopicPartition } from '../core/topic-partition.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { Held } from './held.ts';

/** The newest record timestamp in the last records before `before`. */
async function newestBefore(log: EventLog, of: TopicPartition, before: number, low: number): Promise<number> {
  let newest = Number.NaN;
  // Markers of transactions take offsets too, so the last record may be some offsets back.
  for await (const raw of log.read(of.topic, of.partition, Math.max(low, before - 16), before)) {
    for (const timestampMs of raw.timestampMs) newest = newest >= timestampMs ? newest : timestampMs;
  }
  return newest;
}

export interface SeekBack {
  /** First offset to read; null for the earliest. */
  readonly offset: number | null;
  /** False where the topic no longer reaches back far enough. */
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
  if (range === undefined || committed <= range.low) return { offset: null, reaches: committed === 0 };
  // Few records are read from the beginning, which brings back counters as well; it is also what a task needs whose
  // very first commit of state failed.
  if (range.low === 0 && committed <= wholeRowsMax) return { offset: null, reaches: true };
  const newestMs = await newestBefore(log, of, committed, range.low);
  if (Number.isNaN(newestMs)) return { offset: null, reaches: true };
  const wantedMs = (Number.isFinite(watermarkMs) ? Math.min(newestMs, watermarkMs) : newestMs) - memoryMs;
  const offset = Math.min(committed, await log.offsetForTime(of, wantedMs));
  return { offset, reaches: offset > range.low || range.low === 0 };
}
