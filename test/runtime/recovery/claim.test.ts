// Who may take a partition: a newer generation, or one that was refused for long enough.
import t from 'tap';
import { TAKE_OVER_MS } from '../../../src/core/task-limits.ts';
import { Claim } from '../../../src/runtime/recovery/claim.ts';
import { MemoryStateStores } from '../../../src/testing/index.ts';

const origin = { topic: 'orders', partition: 0 };

t.test(
  'an older generation is refused, and takes over if the group never revokes its partition',
  async (t) => {
    const stores = new MemoryStateStores();
    await stores.open('orders', origin).restore(30);
    let nowMs = 0;
    const claim = new Claim(2, () => nowMs);
    await t.rejects(claim.announce(stores.open('orders', origin)), { code: 'FENCED' });
    nowMs = TAKE_OVER_MS - 1;
    await t.rejects(claim.announce(stores.open('orders', origin)), { code: 'FENCED' });
    nowMs = TAKE_OVER_MS;
    await claim.announce(stores.open('orders', origin));
    // The group's next generation is newer than that.
    await new Claim(3).announce(stores.open('orders', origin));
    await t.rejects(claim.announce(stores.open('orders', origin)), { code: 'FENCED' }, 'it waits again');
  },
);
