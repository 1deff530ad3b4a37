// Where to start when the state store was lost (control path): as far back as the topology's state reaches, by record
// time, so that the state at the committed offset is the one that was lost. Record times need not be in order: the log
// finds the first record that is recent enough, and all after it are read. What the log no longer holds, the archive may.
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { RawBatch } from '../../core/batch.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { EventArchive, EventSource } from '../../ports/history.ts';
import type { Topology } from '../../topology/define.ts';
import type { CommittedPosition } from './committed-position.ts';

/** The last record lies within so many offsets before the committed one: markers of transactions take offsets too. */
const LAST_OFFSETS = 16;

/** The newest record timestamp; NaN if there is no record. */
async function newestOf(records: AsyncIterable<RawBatch>): Promise<number> {
  let newest = Number.NaN;
  for await (const raw of records) {
    for (const timestampMs of raw.timestampMs) newest = newest >= timestampMs ? newest : timestampMs;
  }
  return newest;
}

/** The record time from which on a record may be part of the state; -Infinity if neither time is known. */
function reachMs(newestMs: number, watermarkMs: number, memoryMs: number): number {
  const times = [newestMs, watermarkMs].filter((time) => Number.isFinite(time));
  // The memory may be infinite, of a window that is never forgotten; no record is older than 1970.
  return times.length === 0 ? Number.NEGATIVE_INFINITY : Math.max(0, Math.min(...times) - memoryMs);
}

export interface SeekBack {
  /** First offset to read; null for the earliest. */
  readonly offset: number | null;
  /** False if the topic (and the archive) no longer reaches back far enough. */
  readonly reaches: boolean;
}

/**
 * The first offset whose record is at most `memoryMs` older than the watermark at the committed offset, and than the
 * newest record before that offset: a rejected record may be far ahead of the watermark, and the clock may have advanced
 * the watermark past all records.
 * @param wholeRowsMax number of committed records up to which all are read
 */
export async function seekBack(
  log: EventLog,
  origin: TopicPartition,
  { offset: committed, watermarkMs }: CommittedPosition,
  memoryMs: number,
  wholeRowsMax: number,
): Promise<SeekBack> {
  const range = (await log.offsets(origin.topic))[origin.partition];
  if (range === undefined || committed === 0) return { offset: null, reaches: committed === 0 };
  if (committed <= range.low) return { offset: range.low, reaches: false };
  // A few records are read from the start, which also restores counters; a task whose very first commit of state failed
  // needs it, too.
  if (range.low === 0 && committed <= wholeRowsMax) return { offset: null, reaches: true };
  const last = log.read(
    origin.topic,
    origin.partition,
    Math.max(range.low, committed - LAST_OFFSETS),
    committed,
  );
  const newestMs = await newestOf(last);
  if (Number.isNaN(newestMs)) return { offset: range.low, reaches: range.low === 0 };
  const offset = Math.min(
    committed,
    await log.offsetForTime(origin, reachMs(newestMs, watermarkMs, memoryMs)),
  );
  return { offset, reaches: offset > range.low || range.low === 0 };
}

/**
 * The same with an archive, which is used if the topic has lost its start: a few records are read as a whole again, and a
 * record that is recent enough may lie before older ones. The archive reaches far enough if it holds everything from the
 * found offset to the topic's first record, and the offset before that as well: everything before it is older.
 * @param inLog the result from the log alone
 */
export async function seekArchive(
  archive: EventArchive,
  log: EventLog,
  origin: EventSource,
  { offset: committed, watermarkMs }: CommittedPosition,
  memoryMs: number,
  wholeRowsMax: number,
  inLog: SeekBack,
): Promise<SeekBack> {
  const range = (await log.offsets(origin.topic))[origin.partition];
  if (range === undefined || range.low === 0 || committed === 0) return inLog;
  await archive.flush();
  const { low } = range;
  if (committed <= wholeRowsMax && (await archive.holdsEvents(origin, 0, low)))
    return { offset: 0, reaches: true };
  const begin = Math.max(0, committed - LAST_OFFSETS);
  const newest = await newestOf(log.read(origin.topic, origin.partition, Math.max(low, begin), committed));
  const newestMs = Number.isNaN(newest)
    ? await newestOf(archive.readEvents(origin, begin, committed))
    : newest;
  const found = (await archive.eventOffsetForTime(origin, reachMs(newestMs, watermarkMs, memoryMs))) ?? low;
  if (found >= low && inLog.reaches) return inLog;
  const offset = Math.min(found, low, committed);
  return { offset, reaches: await archive.holdsEvents(origin, Math.max(0, offset - 1), low) };
}

export interface ReachParts {
  readonly topology: Topology;
  readonly log: EventLog;
  readonly source: EventSource;
  /** Null if the source is not archived. */
  readonly archive: EventArchive | null;
  /** Committed records up to which all are read. */
  readonly rebuildWholeRowsMax: number;
}

/** How far back the events of the state reach in the log, and in the archive. */
export function reachBack(parts: ReachParts, committed: CommittedPosition): Promise<SeekBack> {
  return reached(parts, committed, longestMemoryMs(parts) + parts.topology.watermarks.allowedLatenessMs);
}

/**
 * The first offset whose outcome is right in a rebuild from where `reachBack` has found: a label before the first event that is read
 * could have been that of an earlier prediction. 0 if each one's is.
 */
export async function firstOutcome(
  parts: ReachParts,
  committed: CommittedPosition,
  back: SeekBack,
): Promise<number> {
  const beforeMs = Math.max(...parts.topology.stages.map((stage) => stage.beforeMs ?? 0));
  if (back.offset === null || beforeMs === 0) return 0;
  return (await reached(parts, committed, longestMemoryMs(parts) - beforeMs)).offset ?? 0;
}

function longestMemoryMs({ topology }: ReachParts): number {
  return Math.max(...topology.stages.map((stage) => stage.memoryMs));
}

async function reached(
  { log, source, archive, rebuildWholeRowsMax }: ReachParts,
  committed: CommittedPosition,
  reach: number,
): Promise<SeekBack> {
  const inLog = await seekBack(log, source, committed, reach, rebuildWholeRowsMax);
  if (archive === null) return inLog;
  return seekArchive(archive, log, source, committed, reach, rebuildWholeRowsMax, inLog);
}
