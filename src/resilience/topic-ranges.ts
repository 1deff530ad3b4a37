// The offsets of a topic that an engine or a command may be the first to need (control path).
import type { EventLog } from '../ports/event-log.ts';

export interface OffsetRange {
  readonly low: number;
  /** The offset after the last record. */
  readonly high: number;
}

/** By partition; none if the topic does not exist: an engine creates it when it starts. */
export async function rangesOf(
  log: Pick<EventLog, 'offsets' | 'partitionCounts'>,
  topic: string,
): Promise<readonly OffsetRange[]> {
  const counts = await log.partitionCounts([topic]);
  return counts.has(topic) ? log.offsets(topic) : [];
}
