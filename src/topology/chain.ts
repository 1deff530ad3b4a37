// Topologies one behind the other (control path).
import { MillraceError } from '../core/errors.ts';
import { repartitionedTopic } from '../operators/repartition.ts';
import type { Columns } from '../core/columns.ts';
import type { Topology } from './definition.ts';
import type { Source } from './source.ts';
import { sourceSubject } from './topics.ts';

/**
 * The source of a topology that reads what another one repartitions: its topic, with its partitions, the event time and
 * the schema of the other's source.
 * @example defineTopology({ name: 'aircraft', source: repartitionedSource(flights), stages })
 * @throws MillraceError TOPOLOGY_INVALID where `topology` has no repartition stage
 */
export function repartitionedSource<C extends Columns>(topology: Topology<C>): Source<C> {
  const { name, source, repartition } = topology;
  if (repartition === null) {
    throw new MillraceError('TOPOLOGY_INVALID', 'it has no repartition stage, whose topic could be read', {
      where: `topology ${name}`,
      remedy: "Give it one: repartition('repartition', { key, partitions }).",
    });
  }
  return {
    topic: repartitionedTopic(name, repartition.options),
    eventTime: source.eventTime,
    partitions: repartition.options.partitions,
    subject: sourceSubject(source),
    ...(source.schema === undefined ? {} : { schema: source.schema }),
    ...(source.format === undefined ? {} : { format: source.format }),
  };
}
