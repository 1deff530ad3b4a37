// The feature vectors of one process that sees the events of all partitions in the order in which they were sent: the same
// stages over one partition, without a hop.
import type { PredictionBlock } from '../../src/core/blocks.ts';
import { openLog } from '../../src/app/compose/adapters.ts';
import { RunningTopology } from '../../src/app/compose/running-topology.ts';
import { FINISH_MS_MAX } from '../../src/core/process-limits.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';
import type { Setting } from '../../bench/fleet/setting.ts';
import type { TopicRecord } from './read-topic.ts';
import type { LeftRow } from './rows.ts';
import { prepareChaosLog } from './setting.ts';
import { chaosTopology } from './topology.ts';

/** A row of the log of features, and of a vector. Every NaN is one: a null. */
export function vectorRow(id: string, vector: Iterable<number>): LeftRow {
  return { id, content: [...vector].join(' ') };
}

/**
 * By the time of their records, which never falls as the producer sends them; a duplicate has the time of its original.
 * @param events each partition's in the order of its offsets
 */
function asSent(events: readonly TopicRecord[]): TopicRecord[] {
  const newestMs = new Map<number, number>();
  const timed = events.map((event) => {
    const atMs = Math.max(event.timestampMs, newestMs.get(event.partition) ?? event.timestampMs);
    newestMs.set(event.partition, atMs);
    return { event, atMs };
  });
  timed.sort((a, b) => a.atMs - b.atMs || a.event.partition - b.event.partition);
  return timed.map(({ event }) => event);
}

/** @param events each partition's in the order of its offsets */
export async function vectorsInOrder(setting: Setting, events: readonly TopicRecord[]): Promise<LeftRow[]> {
  const topology = chaosTopology({ partitions: 1 });
  const config = await setting.config('in-order', { MILLRACE_LOG_LEVEL: 'error' });
  const sent = asSent(events);
  const filling = await openLog(config, new FakeTelemetry());
  await prepareChaosLog(filling, setting.codec, topology);
  await filling.publish(
    topology.source.topic,
    sent.map((event) => ({ ...event, partition: 0 })),
  );
  await filling.close();
  const rows: LeftRow[] = [];
  const predictions = ({ count, offsets, features, width }: PredictionBlock): void => {
    for (let i = 0; i < count; i++) {
      const event = sent[offsets[i] as number] as TopicRecord;
      const vector = features.subarray(i * width, (i + 1) * width);
      rows.push(vectorRow(`${event.partition}-${event.offset}`, vector));
    }
  };
  const running = await RunningTopology.start(config, topology, {
    eventsInMemory: false,
    serve: false,
    predictions,
  });
  try {
    await running.committed(await running.adapters.log.offsets(topology.source.topic));
    await running.stop(FINISH_MS_MAX);
    return rows;
  } finally {
    await running.close();
  }
}
