// Shares a group's partitions so that a rebalance moves as few as possible (control path, runs in the group's leader).
import { sharePartitions } from '../../shared/partition-share.ts';
import type { MemberClaim } from '../client/kafka-client.ts';

export const STICKY_PROTOCOL = 'millrace-sticky';

/** What a member reports to the leader about the partitions that it owns. */
interface Owned {
  readonly topic: string;
  readonly generation: number;
  readonly partitions: readonly number[];
}

export function encodeOwned(owned: Owned): Buffer {
  return Buffer.from(JSON.stringify(owned));
}

/** Partitions [0, partitionCount) of `topic` by member id. */
export function assignSticky(
  topic: string,
  members: readonly MemberClaim[],
  partitionCount: number,
): Map<string, number[]> {
  const assignment = new Map<string, number[]>();
  const ids = members.map(({ memberId }) => memberId);
  for (const [partition, memberId] of sharePartitions(partitionCount, ids, newestOwners(members, topic))) {
    const partitions = assignment.get(memberId);
    if (partitions === undefined) assignment.set(memberId, [partition]);
    else partitions.push(partition);
  }
  return assignment;
}

/** If two members claim a partition, one of them missed a rebalance: the newer generation owns it. */
function newestOwners(members: readonly MemberClaim[], topic: string): Map<number, string> {
  const claims: Array<{ readonly memberId: string; readonly owned: Owned }> = [];
  for (const { memberId, claim } of members) {
    const owned = parseOwned(claim);
    if (owned?.topic === topic) claims.push({ memberId, owned });
  }
  claims.sort((a, b) => a.owned.generation - b.owned.generation);
  const owners = new Map<number, string>();
  for (const { memberId, owned } of claims)
    for (const partition of owned.partitions) owners.set(partition, memberId);
  return owners;
}

/** Null for what `encodeOwned` did not write: any client may join the group. */
function parseOwned(claim: Buffer | null): Owned | null {
  if (claim === null) return null;
  try {
    const owned = JSON.parse(claim.toString('utf8')) as Partial<Owned> | null;
    if (typeof owned?.topic !== 'string' || typeof owned.generation !== 'number') return null;
    return Array.isArray(owned.partitions) ? (owned as Owned) : null; // each property is there
  } catch {
    return null;
  }
}
