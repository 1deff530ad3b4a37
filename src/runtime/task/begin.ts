// What sinks learn before predictions of a partition are computed here (control path).
import type { Topology } from '../../topology/define.ts';
import type { Sinks } from '../commit/sinks.ts';
import type { PublishedPredictions } from '../recovery/published-predictions.ts';

/** Announces what is committed of a partition. */
export async function announceBegin(
  { source }: Topology,
  sinks: Pick<Sinks, 'begins'>,
  predictions: PublishedPredictions,
  partition: number,
): Promise<void> {
  const last = await predictions.last(partition);
  sinks.begins({ topic: source.topic, partition }, last);
}

/** The same for all partitions. */
export async function announceBegins(
  topology: Topology,
  sinks: Pick<Sinks, 'begins'>,
  predictions: PublishedPredictions,
): Promise<void> {
  const partitions = Array.from({ length: topology.source.partitions }, (_, partition) => partition);
  await Promise.all(partitions.map((partition) => announceBegin(topology, sinks, predictions, partition)));
}
