// How far a topology has scored, in event time (control path).
import type { EventLog } from '../../ports/event-log.ts';
import type { Topology } from '../../topology/define.ts';
import { topicsOf } from '../../topology/topics.ts';
import { newestIn } from '../newest-in.ts';

/** Event time of the newest prediction, ms; 0 before the first one. */
export async function newestScored(log: EventLog, topology: Topology): Promise<number> {
  const { predictions } = topicsOf(topology);
  if (!(await log.partitionCounts([predictions])).has(predictions)) return 0;
  const times = (await log.offsets(predictions)).map((range, partition) =>
    newestIn(range, async (from, to) => {
      let newest: number | null = null;
      for await (const { timestampMs, offsets } of log.read(predictions, partition, from, to))
        for (const i of offsets.keys()) newest = Math.max(newest ?? 0, timestampMs[i] ?? 0);
      return newest;
    }),
  );
  return (await Promise.all(times)).reduce<number>((newest, ms) => Math.max(newest, ms ?? 0), 0);
}
