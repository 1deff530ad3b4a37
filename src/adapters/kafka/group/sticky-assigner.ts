// Shares a group's partitions so that a rebalance moves as few as it can (control path, runs in the group's leader).
import { AssignerProtocol, type PartitionAssigner } from 'kafkajs';
import { sharePartitions } from '../../shared/partition-share.ts';

/** What a member tells the leader that it owns. */
export interface Owned {
  readonly topic: string;
  readonly generation: number;
  readonly partitions: readonly number[];
}

/** `owned`: what this member owns when it (re)joins. */
export function stickyAssigner(owned: () => Owned): PartitionAssigner {
  return ({ cluster }) => ({
    name: 'millrace-sticky',
    version: 1,
    protocol: ({ topics }) => ({
      name: 'millrace-sticky',
      metadata: AssignerProtocol.MemberMetadata.encode({
        version: 1,
        topics,
        userData: Buffer.from(JSON.stringify(owned())),
      }),
    }),
    assign: async ({ members, topics }) => {
      const known = members.map(({ memberId, memberMetadata }) => {
        const metadata = AssignerProtocol.MemberMetadata.decode(memberMetadata);
        return { memberId, topics: metadata?.topics ?? [], owned: parseOwned(metadata?.userData) };
      });
      known.sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
      const assignments = new Map(known.map(({ memberId }) => [memberId, new Map<string, number[]>()]));
      for (const topic of topics) {
        const takers = known.filter((member) => member.topics.includes(topic));
        const count = cluster.findTopicPartitionMetadata(topic).length;
        const ids = takers.map((one) => one.memberId);
        for (const [partition, memberId] of sharePartitions(count, ids, newestOwners(takers, topic))) {
          const assignment = assignments.get(memberId);
          assignment?.set(topic, [...(assignment.get(topic) ?? []), partition]);
        }
      }
      return [...assignments].map(([memberId, assignment]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: 1,
          assignment: Object.fromEntries(assignment),
          userData: Buffer.alloc(0),
        }),
      }));
    },
  });
}

/** Where two claim a partition, one of them missed a rebalance: the newer generation has it. */
function newestOwners(
  members: ReadonlyArray<{ readonly memberId: string; readonly owned: Owned | null }>,
  topic: string,
): Map<number, string> {
  const owners = new Map<number, string>();
  const claims = members.filter(({ owned }) => owned?.topic === topic);
  claims.sort((a, b) => (a.owned?.generation ?? 0) - (b.owned?.generation ?? 0));
  for (const { memberId, owned } of claims)
    for (const partition of owned?.partitions ?? []) owners.set(partition, memberId);
  return owners;
}

function parseOwned(bytes: Buffer | undefined): Owned | null {
  if (bytes === undefined || bytes.length === 0) return null;
  try {
    return JSON.parse(bytes.toString('utf8')) as Owned; // written by `protocol` above, in some member's process
  } catch {
    return null;
  }
}
