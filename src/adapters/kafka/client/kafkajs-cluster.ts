// kafkajs's own view of the brokers (control path), which it gives to partition assigners alone: a consumer that never
// runs is made to receive it.
import type { Cluster, Kafka } from 'kafkajs';
import { MillraceError } from '../../../core/errors.ts';

export function clusterOf(kafka: Kafka): Cluster {
  let found: Cluster | undefined;
  kafka.consumer({
    groupId: 'millrace-no-group',
    partitionAssigners: [
      ({ cluster }) => {
        found = cluster;
        return {
          name: 'none',
          version: 0,
          assign: async () => [],
          protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }),
        };
      },
    ],
  });
  if (found === undefined)
    throw new MillraceError('INVARIANT', 'the Kafka client made no cluster for an assigner');
  return found;
}
