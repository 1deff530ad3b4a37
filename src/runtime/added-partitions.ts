// Partitions that were added to a source after its topology first ran (control path). They are taken in at a start and
// while the engine runs. murmur2 then sends most keys to another partition, and their state stays behind in the old one.
import { MillraceError } from '../core/errors.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Topology } from '../topology/define.ts';
import { topicSpecs, topicsOf } from '../topology/topics.ts';

type Counts = Pick<EventLog, 'partitionCounts'>;

/**
 * The topology over the partitions that its source has.
 * @throws LOG_FAILED if the source has more than the topology declares, and the topology has never run over it: the
 *   declaration is wrong
 */
export async function withAddedPartitions(
  topology: Topology,
  log: Counts,
  telemetry: Telemetry,
): Promise<Topology> {
  const { source, predictions } = topicsOf(topology);
  const { partitions } = topology.source;
  const counts = await log.partitionCounts([source, predictions]);
  const found = counts.get(source) ?? partitions;
  if (found <= partitions) return topology;
  if (!counts.has(predictions)) {
    throw new MillraceError('LOG_FAILED', `the topic has ${found} partitions, not ${partitions}`, {
      where: source,
      remedy: `Set partitions: ${found} in the topology's source.`,
    });
  }
  reportAdded(topology, found, telemetry);
  return over(topology, found);
}

/** Makes room for the outputs of partitions that were added while the engine runs. */
export async function takeAddedPartitions(
  topology: Topology,
  found: number,
  log: Pick<EventLog, 'ensureTopics'>,
  telemetry: Telemetry,
): Promise<void> {
  if (found <= topology.source.partitions) return;
  reportAdded(topology, found, telemetry);
  await log.ensureTopics(topicSpecs(over(topology, found)));
}

function over(topology: Topology, partitions: number): Topology {
  return { ...topology, source: { ...topology.source, partitions } };
}

function reportAdded(topology: Topology, found: number, telemetry: Telemetry): void {
  const { topic, partitions } = topology.source;
  telemetry.raise(
    'partitions_added',
    topic,
    `it has ${found} partitions and the topology declares ${partitions}: keys that map to another partition start there ` +
      'with empty windows, and their open predictions get no labels. Set partitions: ' +
      `${found} in the topology's source to accept this.`,
  );
}
