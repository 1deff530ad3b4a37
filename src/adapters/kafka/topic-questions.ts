// What the leaders of a topic's partitions are asked directly (control path), as the client's own requests leave it out.
import type { LogEnd } from '../../ports/event-log.ts';
import { LEADER_NOT_AVAILABLE } from './client/error-codes.ts';
import { NO_LEADER, type BrokerConnections } from './client/kafka-client.ts';
import { KafkaError } from './client/kafka-error.ts';
import { endOffsetsRequest } from './wire/end-offsets-request.ts';
import { topicIdRequest } from './wire/topic-id-request.ts';

/**
 * Asks any leader: a partition without one keeps no other from being read.
 * @throws KafkaError (unsupported) if the broker has no ids
 */
export async function topicIdOf(connections: BrokerConnections, topic: string): Promise<string> {
  const leaders = await leadersOf(connections, topic, (known) => known.some(isElected));
  return connections.send(leaders.find(isElected) as number, topicIdRequest(topic)); // there is one
}

/** By partition. */
export async function topicEnds(connections: BrokerConnections, topic: string): Promise<LogEnd[]> {
  const leaders = await leadersOf(connections, topic, (known) => known.length > 0 && known.every(isElected));
  const ends: LogEnd[] = leaders.map(() => ({ readable: 0, end: 0 }));
  for (const [leader, led] of Map.groupBy(leaders.keys(), (partition) => leaders[partition] as number)) {
    const [readable, end] = await Promise.all([
      connections.send(leader, endOffsetsRequest(topic, led, 'committed')),
      connections.send(leader, endOffsetsRequest(topic, led, 'uncommitted')),
    ]);
    for (const partition of led) {
      const to = readable.get(partition) ?? 0;
      // A record may come between the two answers.
      ends[partition] = { readable: to, end: Math.max(to, end.get(partition) ?? 0) };
    }
  }
  return ends;
}

function isElected(leader: number): boolean {
  return leader !== NO_LEADER;
}

/** Node ids by partition. @throws KafkaError (unavailable) while they do not suffice */
async function leadersOf(
  connections: BrokerConnections,
  topic: string,
  suffice: (leaders: readonly number[]) => boolean,
): Promise<readonly number[]> {
  const known = leadersNow(connections, topic);
  if (suffice(known)) return known;
  await connections.refresh();
  const leaders = leadersNow(connections, topic);
  if (!suffice(leaders)) throw KafkaError.ofCode(LEADER_NOT_AVAILABLE, topic);
  return leaders;
}

/** NO_LEADER for a partition without one; empty if the metadata do not name the topic. */
function leadersNow(connections: BrokerConnections, topic: string): readonly number[] {
  const leaders: number[] = [];
  for (let partition = 0; ; partition++) {
    const leader = connections.leader({ topic, partition });
    if (leader === undefined) return leaders;
    leaders.push(leader);
  }
}
