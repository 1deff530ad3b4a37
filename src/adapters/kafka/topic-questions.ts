// What the leaders of a topic's partitions are asked directly (control path), as the client's own requests leave it out.
import type { LogEnd } from '../../ports/event-log.ts';
import { LEADER_NOT_AVAILABLE } from './client/error-codes.ts';
import { NO_LEADER, type BrokerConnections } from './client/kafka-client.ts';
import { KafkaError } from './client/kafka-error.ts';
import { endOffsetsRequest } from './wire/end-offsets-request.ts';
import { topicIdRequest } from './wire/topic-id-request.ts';

/** @throws KafkaError (unsupported) if the broker has no ids */
export async function topicIdOf(connections: BrokerConnections, topic: string): Promise<string> {
  const [broker] = await leadersOf(connections, topic);
  return connections.send(broker as number, topicIdRequest(topic));
}

/** By partition. */
export async function topicEnds(connections: BrokerConnections, topic: string): Promise<LogEnd[]> {
  const leaders = await leadersOf(connections, topic);
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

/** Node ids by partition, at least one. @throws KafkaError (unavailable) while a partition has no leader */
async function leadersOf(connections: BrokerConnections, topic: string): Promise<number[]> {
  const known = leadersNow(connections, topic);
  if (known !== null) return known;
  await connections.refresh();
  const leaders = leadersNow(connections, topic);
  if (leaders === null) throw KafkaError.ofCode(LEADER_NOT_AVAILABLE, topic);
  return leaders;
}

function leadersNow(connections: BrokerConnections, topic: string): number[] | null {
  const leaders: number[] = [];
  for (let partition = 0; ; partition++) {
    const leader = connections.leader({ topic, partition });
    if (leader === undefined) return partition === 0 ? null : leaders;
    if (leader === NO_LEADER) return null;
    leaders.push(leader);
  }
}
