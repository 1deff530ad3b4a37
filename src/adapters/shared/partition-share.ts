// Shares the partitions of a group among its members (control path): evenly, and moving as few as possible.

/**
 * Shares `partitionCount` partitions among `members`: each gets the floor share or one more, and keeps the partitions that
 * it owns (`owners`) up to that. The same input gives the same shares. Returns a member for each partition.
 */
export function sharePartitions<M>(
  partitionCount: number,
  members: readonly M[],
  owners: ReadonlyMap<number, M>,
): Map<number, M> {
  const shared = new Map<number, M>();
  if (members.length === 0) return shared;
  const share = Math.floor(partitionCount / members.length);
  let extra = partitionCount % members.length;
  const counts = new Map<M, number>(members.map((member) => [member, 0]));
  const has = (member: M): number => counts.get(member) ?? 0;
  const fits = (member: M): boolean => has(member) < share || (has(member) === share && extra > 0);
  const give = (partition: number, member: M): void => {
    shared.set(partition, member);
    counts.set(member, has(member) + 1);
    if (has(member) > share) extra--;
  };
  for (let partition = 0; partition < partitionCount; partition++) {
    const owner = owners.get(partition);
    if (owner !== undefined && counts.has(owner) && fits(owner)) give(partition, owner);
  }
  for (let partition = 0; partition < partitionCount; partition++) {
    if (shared.has(partition)) continue;
    const member = members.find((one) => has(one) < share) ?? members.find(fits);
    if (member !== undefined) give(partition, member);
  }
  return shared;
}
