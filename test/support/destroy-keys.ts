// Destroys data keys by tombstones, as an erasure does.
import type { EventLog } from '../../src/ports/event-log.ts';
import { dataKeysTopic } from '../../src/topology/topics.ts';

/** Writes tombstones of an entity's keys, in every partition. @returns the number of partitions that had one */
export async function destroyKeys(
  log: Pick<EventLog, 'offsets' | 'read' | 'recordWriter'>,
  topology: string,
  entity: string,
): Promise<number> {
  const topic = dataKeysTopic(topology);
  const key = Buffer.from(`entity:${entity}`);
  let found = 0;
  for (const [partition, { low, high }] of (await log.offsets(topic)).entries()) {
    let isThere = false;
    for await (const { keys, values } of log.read(topic, partition, low, high))
      for (const [i, value] of [...values].entries())
        if (keys.at(i)?.equals(key) === true) isThere = value !== null;
    if (isThere) found += 1;
    const writer = await log.recordWriter(`${topic}-${partition}`);
    writer.append(topic, [{ key, value: null, timestampMs: Date.now(), partition }]);
    await writer.commitRecords();
    await writer.close();
  }
  return found;
}
