// What subscribers are told before predictions of a partition are made here (control path).
import type { PredictionFeed } from '../../ports/prediction-feed.ts';
import type { Topology } from '../../topology/define.ts';
import type { PredictionsTopic } from '../recovery/predictions-topic.ts';

/** Tells what is out of a partition. Returns the source offset of its newest prediction; null where there is none. */
export async function tellBegin(
  { name, source }: Topology,
  feed: PredictionFeed,
  predictions: PredictionsTopic,
  partition: number,
): Promise<number | null> {
  const last = await predictions.last(partition);
  feed.begins?.(name, { topic: source.topic, partition }, last);
  return last;
}

/** The same of all partitions. */
export async function tellBegins(
  topology: Topology,
  feed: PredictionFeed,
  predictions: PredictionsTopic,
): Promise<void> {
  const partitions = Array.from({ length: topology.source.partitions }, (_, partition) => partition);
  await Promise.all(partitions.map((partition) => tellBegin(topology, feed, predictions, partition)));
}
