// The state store contract on node:sqlite, and what only a file can do.
import { join } from 'node:path';
import t from 'tap';
import { SqliteStateStores } from '../../../src/adapters/embedded/state-store.ts';
import { MS_PER_DAY, MS_PER_HOUR } from '../../../src/core/time.ts';
import { emptyDelta, type StatePut } from '../../../src/core/state-delta.ts';
import { stateStoreContract } from '../../contracts/state-store.ts';

const path = join(t.testdir({}), 'state.db');
await stateStoreContract(t, 'node:sqlite', { open: () => new SqliteStateStores({ path }) });

const origin = { topic: 'flights', partition: 0 };
const at = (epoch: number, watermarkMs: number) => ({
  epoch,
  offsetNext: epoch,
  watermarkMs,
  modelVersion: 'none',
});
const put = (key: string, eventTimeMs: number, ttlMs: number | null): StatePut => ({
  key,
  state: Uint8Array.of(1),
  served: null,
  eventTimeMs,
  ttlMs,
});

t.test('the file keeps what was committed after the process ends', async (t) => {
  const file = join(t.testdir({}), 'state.db');
  const first = new SqliteStateStores({ path: file });
  const store = first.open('flights', origin);
  await store.restore(1);
  await store.commit(at(1, 0), { ...emptyDelta(), puts: [put('a', 0, null)] });
  await first.close();
  await first.close(); // closing twice is harmless
  const second = new SqliteStateStores({ path: file });
  t.teardown(() => second.close());
  t.match(await second.open('flights', origin).restore(1), { epoch: 1 });
  t.same(await second.open('flights', origin).get(['a']), [Uint8Array.of(1)]);
});

t.test('keys whose TTL has passed in event time are deleted, others stay', async (t) => {
  const stores = new SqliteStateStores({ path: ':memory:' });
  t.teardown(() => stores.close());
  const store = stores.open('flights', origin);
  await store.restore(1);
  await store.commit(at(1, 0), {
    ...emptyDelta(),
    puts: [put('short', 0, MS_PER_HOUR), put('long', 0, 3 * MS_PER_DAY), put('forever', 0, null)],
  });
  await store.commit(at(2, 2 * MS_PER_DAY), emptyDelta());
  t.same(await store.get(['short', 'long', 'forever']), [null, Uint8Array.of(1), Uint8Array.of(1)]);
});

t.test('a commit that fails half-way leaves nothing behind', async (t) => {
  const stores = new SqliteStateStores({ path: ':memory:' });
  t.teardown(() => stores.close());
  const store = stores.open('flights', origin);
  await store.restore(1);
  await store.commit(at(1, 0), { ...emptyDelta(), puts: [put('a', 0, null)] });
  // A number is no blob of ours: the append that follows the put can't be bound.
  const broken = { key: 'b', bytes: Symbol('broken') as unknown as Uint8Array, eventTimeMs: 0, ttlMs: null };
  const delta = { ...emptyDelta(), deletes: ['a'], puts: [put('c', 0, null)], appends: [broken] };
  await t.rejects(store.commit(at(2, 1), delta), { code: 'STORE_FAILED' });
  t.same(await store.get(['a', 'c']), [Uint8Array.of(1), null]);
  t.match(await stores.open('flights', origin).restore(1), { epoch: 1 });
});
