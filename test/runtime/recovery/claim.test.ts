// Who may begin: a newer generation, or one that the group has held on to for long enough.
import t from 'tap';
import { TAKE_OVER_MS } from '../../../src/core/limits.ts';
import { Claim } from '../../../src/runtime/recovery/claim.ts';
import { MemoryStateStores } from '../../../src/testing/index.ts';

const of = { topic: 'orders', partition: 0 };

t.test(
  'an owner of before is refused, and takes over where the group never takes its partition away',
  async (t) => {
    const stores = new MemoryStateStores();
    await stores.open('orders', of).restore(30);
    let nowMs = 0;
    const claim = new Claim(2, () => nowMs);
    await t.rejects(claim.announce(stores.open('orders', of)), { code: 'FENCED' });
    nowMs = TAKE_OVER_MS - 1;
    await t.rejects(claim.announce(stores.open('orders', of)), { code: 'FENCED' });
    nowMs = TAKE_OVER_MS;
    await claim.announce(stores.open('orders', of));
    // The next one that the group names has a newer generation than that.
    await new Claim(3).announce(stores.open('orders', of));
    await t.rejects(claim.announce(stores.open('orders', of)), { code: 'FENCED' }, 'it waits again');
  },
);
