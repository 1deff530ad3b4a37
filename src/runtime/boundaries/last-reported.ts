// Up to which boundary drift reports are published (control path), by their topic itself.
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { EventLog } from '../../ports/event-log.ts';
import { newestIn } from '../newest-in.ts';
import { type OwnRecords, untransactedFault } from '../own-records.ts';
import type { DriftReportRecord } from '../records.ts';

/** Event time of the newest boundary with reports, ms; -Infinity if there is none. They are in order. */
export async function lastReported(
  log: Pick<EventLog, 'offsets' | 'read'>,
  { topic, partition }: TopicPartition,
  records: OwnRecords<DriftReportRecord>,
): Promise<number> {
  const range = (await log.offsets(topic))[partition] ?? { low: 0, high: 0 };
  const newest = await newestIn(range, async (from, to) => {
    let lastMs: number | null = null;
    for await (const raw of log.read(topic, partition, from, to)) {
      for (let row = 0; row < raw.count; row++) {
        const report = await records.read(raw, row);
        const fault = report === null ? null : untransactedFault(raw, row);
        if (fault !== null) records.refuse(raw, row, fault);
        else if (report !== null) lastMs = report.toMs;
      }
    }
    return lastMs;
  });
  return newest ?? Number.NEGATIVE_INFINITY;
}
