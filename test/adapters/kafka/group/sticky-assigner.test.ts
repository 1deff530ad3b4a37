// The leader keeps partitions where they are, believes the newest claim, and survives claims of other clients.
import t from 'tap';
import type { MemberClaim } from '../../../../src/adapters/kafka/client/kafka-client.ts';
import { assignSticky, encodeOwned } from '../../../../src/adapters/kafka/group/sticky-assigner.ts';

function member(memberId: string, generation: number, partitions: number[], topic = 'orders'): MemberClaim {
  return { memberId, claim: encodeOwned({ topic, generation, partitions }) };
}

const NEW: MemberClaim = { memberId: 'new', claim: null };

t.test('a new member takes what is above a fair share, and no more moves', async (t) => {
  const assigned = assignSticky('orders', [member('a', 3, [0, 2, 3]), member('b', 3, [1]), NEW], 6);
  t.match(assigned.get('a')?.slice(0, 2), [0, 2]);
  t.ok(assigned.get('b')?.includes(1));
  t.strictSame(
    [...assigned.values()].flat().toSorted((a, b) => a - b),
    [0, 1, 2, 3, 4, 5],
  );
  for (const partitions of assigned.values()) t.equal(partitions.length, 2);
});

t.test('of two claims of one partition the newer generation counts', async (t) => {
  for (const [a, b, owner] of [
    [1, 2, 'b'],
    [2, 1, 'a'],
  ] as const) {
    const assigned = assignSticky('orders', [member('a', a, [0]), member('b', b, [0])], 2);
    t.ok(assigned.get(owner)?.includes(0));
  }
});

t.test('a claim of another topic says nothing about this one', async (t) => {
  const members = [member('a', 9, [1], 'payments'), member('b', 1, [1])];
  t.ok(assignSticky('orders', members, 2).get('b')?.includes(1));
});

t.test('bytes that are no claim are none', async (t) => {
  for (const text of [
    '',
    'null',
    '5',
    '{',
    '{"topic":"orders"}',
    '{"topic":"orders","generation":1,"partitions":0}',
  ]) {
    const assigned = assignSticky('orders', [{ memberId: 'a', claim: Buffer.from(text) }, NEW], 2);
    t.strictSame(
      [...assigned.values()].flat().toSorted((a, b) => a - b),
      [0, 1],
      text,
    );
  }
});
