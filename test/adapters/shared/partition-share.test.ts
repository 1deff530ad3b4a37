// Shares of a group: complete, fair, and no more moved than fairness asks for.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { sharePartitions } from '../../../src/adapters/shared/partition-share.ts';

const members = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { maxLength: 6 });

t.test('every partition has one owner, and shares differ by one at most', async (t) => {
  fc.assert(
    fc.property(
      fc.nat({ max: 24 }),
      members,
      fc.array(fc.constantFrom('a', 'b', 'c', 'gone')),
      (count, now, before) => {
        const owners = new Map(before.slice(0, count).map((owner, partition) => [partition, owner]));
        const shared = sharePartitions(count, now, owners);
        if (now.length === 0) {
          assert.equal(shared.size, 0);
          return;
        }
        assert.equal(shared.size, count);
        const sizes = now.map((member) => [...shared.values()].filter((owner) => owner === member).length);
        assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `sizes ${sizes.join(' ')}`);
      },
    ),
  );
  t.pass();
});

t.test('a fair distribution is left as it is', async (t) => {
  fc.assert(
    fc.property(fc.nat({ max: 24 }), members, (count, now) => {
      const first = sharePartitions(count, now, new Map());
      const again = sharePartitions(count, now, first);
      for (const [partition, owner] of first) assert.equal(again.get(partition), owner);
    }),
  );
  t.pass();
});

t.test('a member that joins takes its share and nothing else moves', async (t) => {
  const before = sharePartitions(8, ['a', 'b'], new Map());
  const after = sharePartitions(8, ['a', 'b', 'c'], before);
  const moved = [...after].filter(([partition, owner]) => before.get(partition) !== owner);
  t.strictSame([...new Set(moved.map(([, owner]) => owner))], ['c']);
  t.equal(moved.length, 2);
});
