// Where to begin when the state store was lost (control path): as far back as the topology's state reaches, by record
// time, so that what is rebuilt up to G is what was there. Found by bisection, in a few single-record reads.
import { REBUILD_WHOLE_ROWS_MAX } from '../core/limits.ts';
import type { TopicPartition } from '../core/topic-partition.ts';
import type { EventLog } from '../ports/event-log.ts';

/** The record timestamp at an offset or the next one that there is; NaN at the end. */
async function timestampAt(log: EventLog, of: TopicPartition, from: number, to: number): Promise<number> {
  for await (const raw of log.read(of.topic, of.partition, from, to)) {
    if (raw.count > 0) return raw.timestampMs[0] as number;
  }
  return Number.NaN;
}

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
 * The first offset whose record is at most `memoryMs` older than the newest before G.
 * @param committed G
 */
export async function seekBack(
  log: EventLog,
  of: TopicPartition,
  committed: number,
  memoryMs: number,
): Promise<SeekBack> {
  const range = (await log.offsets(of.topic))[of.partition];
  if (range === undefined || committed <= range.low) return { offset: null, reaches: committed === 0 };
  // Few records are read from the beginning, which brings back counters as well; it is also what a task needs whose
  // very first commit of state failed.
  if (range.low === 0 && committed <= REBUILD_WHOLE_ROWS_MAX) return { offset: null, reaches: true };
  const newestMs = await newestBefore(log, of, committed, range.low);
  if (Number.isNaN(newestMs)) return { offset: null, reaches: true };
  const wantedMs = newestMs - memoryMs;
  let low = range.low;
  let high = committed;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const timestampMs = await timestampAt(log, of, middle, committed);
    if (Number.isNaN(timestampMs) || timestampMs >= wantedMs) high = middle;
    else low = middle + 1;
  }
  return { offset: low, reaches: low > range.low || range.low === 0 };
}
