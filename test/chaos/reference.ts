// The undisturbed run: the same events, read back from Kafka so that their offsets are the same, through the same
// topology in one process on the embedded log, with a Redis database and a ClickHouse database of its own.
import type { Setting } from '../../bench/fleet/setting.ts';
import { openLog } from '../../src/app/compose/adapters.ts';
import { RunningTopology } from '../../src/app/compose/running-topology.ts';
import { FINISH_MS_MAX } from '../../src/core/process-limits.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';
import { topicsOf } from '../../src/topology/topics.ts';
import { readOutputs, type Outputs } from './left.ts';
import { partsEnd } from './parts-progress.ts';
import { readValues, type TopicRecord } from './read-topic.ts';
import { prepareChaosLog } from './setting.ts';
import topology from './topology.ts';

export const REFERENCE_DATABASE = 'reference';

export function referenceRedisUrl({ redis }: Setting): string {
  return `${redis.url}/1`;
}

function checkDense(events: readonly TopicRecord[]): void {
  const next = new Map<number, number>();
  for (const { partition, offset } of events) {
    const expected = next.get(partition) ?? 0;
    if (offset !== expected)
      throw new Error(`partition ${partition}: offset ${offset} after ${expected - 1}`);
    next.set(partition, offset + 1);
  }
}

/** @param events each partition's in the order of its offsets */
export async function runReference(setting: Setting, events: readonly TopicRecord[]): Promise<Outputs> {
  checkDense(events);
  const config = await setting.config('reference', {
    MILLRACE_REDIS_URL: referenceRedisUrl(setting),
    MILLRACE_CLICKHOUSE_URL: `${setting.clickhouse.url}/${REFERENCE_DATABASE}`,
    MILLRACE_LOG_LEVEL: 'error',
  });
  const filling = await openLog(config, new FakeTelemetry());
  await prepareChaosLog(filling, setting.codec);
  await filling.publish(topicsOf(topology).source, events);
  await filling.close();
  const running = await RunningTopology.start(config, topology, { eventsInMemory: false, serve: false });
  try {
    const { log } = running.adapters;
    await running.committed(await log.offsets(topology.source.topic));
    await partsEnd(log, FINISH_MS_MAX);
    await running.stop(FINISH_MS_MAX);
    return await readOutputs(setting.codec, (topic) => readValues(log, topic));
  } finally {
    await running.close();
  }
}
