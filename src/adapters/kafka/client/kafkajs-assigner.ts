// A member's claim and assignment in the encoding of kafkajs's partition assigners, which is the Java client's (control
// path; `assign` runs in the group's leader).
import { AssignerProtocol, type PartitionAssigner } from 'kafkajs';
import type { MemberRequest } from './kafka-client.ts';

const VERSION = 1;

type AssignerRequest = Pick<MemberRequest, 'protocol' | 'claim' | 'assign'>;

export function kafkajsAssigner({ protocol, claim, assign }: AssignerRequest): PartitionAssigner {
  return ({ cluster }) => ({
    name: protocol,
    version: VERSION,
    protocol: ({ topics }) => ({
      name: protocol,
      metadata: AssignerProtocol.MemberMetadata.encode({ version: VERSION, topics, userData: claim() }),
    }),
    assign: async ({ members, topics }) => {
      const known = members.map(({ memberId, memberMetadata }) => {
        const metadata = AssignerProtocol.MemberMetadata.decode(memberMetadata);
        return { memberId, topics: metadata?.topics ?? [], claim: nonEmpty(metadata?.userData) };
      });
      known.sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
      const assignments = new Map<string, Record<string, number[]>>();
      for (const { memberId } of known) assignments.set(memberId, {});
      for (const topic of topics) {
        const takers = known.filter((member) => member.topics.includes(topic));
        const partitionCount = cluster.findTopicPartitionMetadata(topic).length;
        for (const [memberId, partitions] of assign(topic, takers, partitionCount)) {
          const assignment = assignments.get(memberId);
          if (assignment !== undefined) assignment[topic] = [...partitions];
        }
      }
      return [...assignments].map(([memberId, assignment]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: VERSION,
          assignment,
          userData: Buffer.alloc(0),
        }),
      }));
    },
  });
}

function nonEmpty(bytes: Buffer | undefined): Buffer | null {
  return bytes === undefined || bytes.length === 0 ? null : bytes;
}
