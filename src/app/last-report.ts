// Where drift reporting stands (control path): what an engine that begins to lead must not report again.
import type { DriftReportRow } from '../core/reports.ts';
import type { SchemaCodec } from '../ports/codec.ts';
import type { EventLog } from '../ports/event-log.ts';

/** Event time of the newest boundary that was reported, ms; -Infinity where none was. */
export async function lastReportMs(log: EventLog, codec: SchemaCodec, topic: string): Promise<number> {
  const decoder = await codec.decoder<DriftReportRow>(`${topic}-value`);
  const [range] = await log.offsets(topic);
  if (range === undefined || range.high === range.low) return Number.NEGATIVE_INFINITY;
  let newest = Number.NEGATIVE_INFINITY;
  for await (const raw of log.read(topic, 0, range.high - 1, range.high)) {
    for (const value of raw.values) {
      if (value !== null) newest = Math.max(newest, (await decoder.decode(value)).toMs);
    }
  }
  return newest;
}
