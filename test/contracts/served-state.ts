// What readers of the online store find in every state store.
import type { Test } from 'tap';
import { addCompleteFrom, COMPLETE_STAGE, completeFrom } from '../../src/core/complete-state.ts';
import type { StateStore, StateStores } from '../../src/ports/state-store.ts';
import { bytes, checkpoint, delta, fresh, HOUR_MS, plain, put, T0 } from './state-store-kit.ts';

const partition = { topic: 'flights', partition: 3 };

export async function servedStateContract(t: Test, name: string, stores: StateStores): Promise<void> {
  const opened = async (topology: string): Promise<StateStore> => {
    const store = stores.open(topology, partition);
    await store.restore(1);
    return store;
  };

  await t.test(`${name}: the state of keys with served features`, async (t) => {
    const topology = fresh();
    const store = await opened(topology);
    t.equal(await stores.served(topology, partition, ['view:JFK']), null, 'before the first checkpoint');
    const puts = [put('view:JFK', bytes(1), { ttlMs: 4 * HOUR_MS }), put('view:LGA', bytes(1))];
    await store.commit(checkpoint(1), delta({ puts }));
    const served = await stores.served(topology, partition, ['view:none', 'view:JFK']);
    t.match(served, { watermarkMs: T0 + HOUR_MS, offsetNext: 100, states: [null, { eventTimeMs: T0 }] });
    t.same(plain(served?.states[1]?.state), [1]);
    t.equal(await stores.served(fresh(), partition, ['view:JFK']), null);
    await store.commit(checkpoint(2), delta({ puts: [put('view:LGA', bytes(1, 7))] }));
    const later = await stores.served(topology, partition, ['view:LGA', 'view:JFK']);
    t.match(later, { watermarkMs: T0 + 2 * HOUR_MS, offsetNext: 200 });
    t.same(plain(later?.states[0]?.state), [1, 7]);
    t.match(later, { isComplete: true, lost: new Set() });
    await store.clear();
    t.equal(await stores.served(topology, partition, ['view:LGA']), null);
  });

  await t.test(
    `${name}: state is served as incomplete below the offset that a rebuild goes up to`,
    async (t) => {
      const topology = fresh();
      const store = await opened(topology);
      const rebuilding = delta({ puts: [put('view:JFK', bytes(1))] });
      addCompleteFrom(rebuilding.stages, 250);
      await store.commit(checkpoint(2), rebuilding);
      t.match(await stores.served(topology, partition, []), { offsetNext: 200, isComplete: false });
      t.same(completeFrom((await store.restore(1))?.stages.get(COMPLETE_STAGE)), 250, 'a restart knows it');
      await store.commit(checkpoint(3), delta({}));
      t.match(await stores.served(topology, partition, []), { offsetNext: 300, isComplete: true });
    },
  );

  await t.test(`${name}: keys of any shape are kept apart, and found again`, async (t) => {
    const topology = fresh();
    const store = await opened(topology);
    const keys = [
      '',
      '\0',
      'a\0b',
      'a\0c',
      '{',
      '}',
      '{}',
      '{a}',
      ':',
      '|',
      '\\|',
      'a b',
      ' a',
      '%00',
      '\r\n',
      '\u00e9',
      'e\u0301',
      '\ufffd',
      '\ufeff',
      '\u{1f600}',
      'x'.repeat(70_000),
      '9007199254740993',
    ].map((key) => `features:view=${key}`);
    await store.commit(checkpoint(1), delta({ puts: keys.map((key, i) => put(key, bytes(i))) }));
    t.same(
      (await store.get(keys)).map((state) => plain(state)),
      keys.map((_, i) => [i]),
    );
    const served = await stores.served(topology, partition, keys);
    t.same(
      served?.states.map((found) => plain(found?.state)),
      keys.map((_, i) => [i]),
    );
  });
}
