// Membership of a group as every Kafka client must offer it; part of the contract in test/integration/kafka-client.test.ts.
import type { Test } from 'tap';
import type {
  BrokerConnections,
  GroupMember,
  Joined,
  KafkaClient,
  MemberClaim,
} from '../../src/adapters/kafka/client/kafka-client.ts';
import { fresh, waitFor } from './event-log-kit.ts';

const PARTITIONS = 4;
const SESSION_MS = 10_000;
const UNKNOWN_MEMBER_ID = 25;

interface Watched {
  readonly member: GroupMember;
  readonly ids: string[];
  readonly joins: Joined[];
  readonly failures: Error[];
}

/** In turns, in the order of ids. */
function inTurns(members: readonly MemberClaim[], partitionCount: number): Map<string, number[]> {
  const assignment = new Map<string, number[]>(members.map(({ memberId }) => [memberId, []]));
  for (let partition = 0; partition < partitionCount; partition++)
    assignment.get(members[partition % members.length]?.memberId ?? '')?.push(partition);
  return assignment;
}

export async function kafkaGroupContract(
  t: Test,
  client: KafkaClient,
  connections: BrokerConnections,
): Promise<void> {
  await t.test('members of a group', async (t) => {
    const topic = fresh('members');
    const groupId = fresh('group');
    await client.admin.createTopics([{ topic, partitions: PARTITIONS, replicationFactor: -1, config: {} }]);
    /** What the leader saw at each assignment. */
    const claims: string[][] = [];

    async function join(name: string): Promise<Watched> {
      const [ids, joins, failures]: [string[], Joined[], Error[]] = [[], [], []];
      const member = client.member({
        groupId,
        topic,
        sessionTimeoutMs: SESSION_MS,
        protocol: 'contract',
        claim: () => Buffer.from(name),
        assign: (assigned, members, partitionCount) => {
          t.equal(assigned, topic);
          t.equal(partitionCount, PARTITIONS);
          claims.push(members.map(({ claim }) => String(claim)).toSorted((a, b) => a.localeCompare(b)));
          return inTurns(members, partitionCount);
        },
        entered: (memberId) => ids.push(memberId),
        joined: (joined) => joins.push(joined),
        failed: (error) => failures.push(error),
      });
      await member.start();
      return { member, ids, joins, failures };
    }

    const first = await join('first');
    await waitFor(() => first.joins.length === 1, 'the first member');
    t.match(first.joins[0], { partitions: [0, 1, 2, 3] });

    const second = await join('second');
    const generation = (one: Watched): number => one.joins.at(-1)?.generation ?? 0;
    await waitFor(
      () => second.joins.length > 0 && generation(first) === generation(second),
      'one generation of both members',
    );
    t.strictSame(claims.at(-1), ['first', 'second'], 'the leader sees what both report');
    const [before, after] = first.joins.slice(-2) as [Joined, Joined];
    t.ok(after.generation > before.generation);
    t.equal(after.isContinuous, after.generation === before.generation + 1);
    t.equal(second.joins[0]?.isContinuous, false);
    t.ok(
      after.rebalancingSinceMs > before.rebalancingSinceMs && after.rebalancingSinceMs < performance.now(),
    );
    const shared = [...after.partitions, ...(second.joins.at(-1)?.partitions ?? [])];
    t.strictSame(
      shared.toSorted((a, b) => a - b),
      [0, 1, 2, 3],
    );
    t.equal(after.partitions.length, 2);

    // As a supervisor does for a process that has died; this one is alive, and so comes back under another id.
    const died = second.ids.at(-1) ?? '';
    const { length } = second.joins;
    await connections.leaveGroup({ groupId, memberId: died });
    await waitFor(() => second.ids.at(-1) !== died && second.joins.length > length, 'its return');
    t.equal(second.joins[length]?.isContinuous, false, 'it may have lost its partitions meanwhile');

    await second.member.stop();
    await waitFor(() => first.joins.at(-1)?.partitions.length === PARTITIONS, 'all partitions for the first');
    const gone = { groupId, memberId: second.ids.at(-1) ?? '' };
    const refused = { name: 'KafkaError', fault: 'unavailable', code: UNKNOWN_MEMBER_ID };
    await t.rejects(connections.leaveGroup(gone), refused);
    await first.member.stop();
    t.strictSame([...first.failures, ...second.failures], []);
  });
}
