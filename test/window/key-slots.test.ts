// Which keys are kept, marked as changed, and dropped.
import t from 'tap';
import { EMPTY_SLOT, KeySlots } from '../../src/window/key-slots.ts';

class Cleared {
  reserved = 0;
  readonly cleared: number[] = [];

  reserve(slots: number): void {
    this.reserved = slots;
  }
  clear(slot: number): void {
    if (slot >= this.reserved) throw new Error(`slot ${slot} has no room`);
    this.cleared.push(slot);
  }
}

t.test('keys whose state no query can see are dropped, unless they have uncommitted changes', async (t) => {
  const slots = new KeySlots(new Cleared());
  slots.updated(slots.obtain('old'), 1_000);
  slots.updated(slots.obtain('new'), 1_950);
  slots.evictExpired(2_000, 100);
  t.equal(slots.size, 2, 'keys with uncommitted changes are kept');
  const drained: string[] = [];
  slots.drainDirty((key, slot, lastTimeMs) => drained.push(`${key} ${slot} ${lastTimeMs}`));
  t.same(drained, ['old 1 1000', 'new 2 1950']);
  slots.evictExpired(2_000, 100);
  t.notOk(slots.has('old'));
  t.ok(slots.has('new'));
  t.equal(slots.evictions, 1);
  slots.drainDirty(() => t.fail('nothing is dirty'));
  slots.evictExpired(Number.MAX_VALUE, Number.POSITIVE_INFINITY);
  t.ok(slots.has('new'), 'without a time to live a key is kept');
});

t.test('the least recently used clean keys are evicted, and their slots are reused', async (t) => {
  const states = new Cleared();
  const slots = new KeySlots(states);
  for (const key of ['a', 'b', 'c', 'd']) {
    slots.beginBatch();
    const slot = slots.obtain(key);
    slots.touch(slot);
    slots.updated(slot, 0);
  }
  slots.drainDirty(() => undefined);
  slots.beginBatch();
  slots.touch(slots.find('a'));
  slots.updated(slots.find('b'), 1);
  slots.evictTo(2);
  t.same(
    ['a', 'b', 'c', 'd'].filter((key) => slots.has(key)),
    ['a', 'b'],
    'b has changed, a was used last',
  );
  t.equal(slots.find('c'), -1);
  states.cleared.length = 0;
  t.equal(slots.obtain('e'), 4, 'the slot of d');
  t.same(states.cleared, [4]);
  t.equal(slots.lastTimeMs(4), Number.NEGATIVE_INFINITY);
});

t.test('the states have one slot per key, and one that stays empty', async (t) => {
  const states = new Cleared();
  const slots = new KeySlots(states);
  for (let i = 0; i < 1_000; i++) slots.updated(slots.obtain(`${i}`), i);
  t.ok(states.reserved > 1_000);
  t.notOk(Array.from({ length: 1_000 }, (_, i) => slots.find(`${i}`)).includes(EMPTY_SLOT));
  t.equal(slots.lastTimeMs(slots.find('999')), 999);
});
