// The state store contract on node:sqlite, and what only a file can do.
import { closeSync, existsSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t, { type Test } from 'tap';
import { SqliteStateStores } from '../../../src/adapters/embedded/state-store.ts';
import { MS_PER_DAY, MS_PER_HOUR } from '../../../src/core/time.ts';
import { emptyDelta, type StatePut } from '../../../src/core/state-delta.ts';
import type { StateStore } from '../../../src/ports/state-store.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
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

const append = (key: string, value: number) => ({
  key,
  bytes: Uint8Array.of(value),
  eventTimeMs: 0,
  ttlMs: null,
});

/** A partition with two keys and a stage, whose rows `sql` changes between two owners. */
async function harmed(t: Test, sql: string) {
  const file = join(t.testdir({}), 'state.db');
  const stores = new SqliteStateStores({ path: file, telemetry: new FakeTelemetry() });
  t.teardown(() => stores.close());
  const first = stores.open('flights', origin);
  await first.restore(1);
  const stages = new Map([['counts', Uint8Array.of(5)]]);
  const appends = [append('list', 1), append('list', 2)];
  await first.commit(at(3, 7), { ...emptyDelta(), puts: [put('a', 0, null)], appends, stages });
  const db = new DatabaseSync(file);
  db.exec(sql);
  db.close();
  const store = stores.open('flights', origin);
  return { store, checkpoint: await store.restore(2) };
}

const damages = {
  cut: 'UPDATE keyed SET s = CAST(substr(s, 1, length(s) - 1) AS BLOB)',
  'cut, its length as well': 'UPDATE keyed SET s = CAST(substr(s, 1, length(s) - 1) AS BLOB), n = n - 1',
  empty: "UPDATE keyed SET s = X''",
  null: 'UPDATE keyed SET s = NULL',
  'a text': "UPDATE keyed SET s = 'abc'",
  'an append gone': 'UPDATE keyed SET s = CAST(substr(s, 1, 10) AS BLOB)',
  changed: "UPDATE keyed SET s = CAST(substr(s, 1, length(s) - 1) || X'77' AS BLOB)",
  'that of another key':
    "UPDATE keyed SET (s, n) = (SELECT s, n FROM keyed WHERE key = 'a') WHERE key = 'list'",
};

for (const [name, sql] of Object.entries(damages)) {
  t.test(`a value that is ${name} is lost, by name, until it is forgotten`, async (t) => {
    const { store, checkpoint } = await harmed(t, sql);
    t.match(checkpoint, { epoch: 3, lost: [] });
    await t.rejects(store.get(['none', 'list']), { code: 'STORE_LOST', keys: ['list'] });
    await store.forget(['list']);
    t.same(await store.get(['none', 'list']), [null, null]);
  });
}

const checkpointDamages = {
  'an offset that is no number': "UPDATE meta SET offset = 'abc'",
  'a negative offset': 'UPDATE meta SET offset = -3',
  'an offset of 9e15': 'UPDATE meta SET offset = 9000000000000000',
  'a watermark of 9e15': "UPDATE meta SET watermark = '9e15'",
  'a watermark NaN': "UPDATE meta SET watermark = 'NaN'",
  'another model': "UPDATE meta SET model = 'other'",
  'no seal': 'UPDATE meta SET seal = NULL',
  'a stage that is gone': 'DELETE FROM stages',
};

for (const [name, sql] of Object.entries(checkpointDamages)) {
  t.test(`a checkpoint with ${name} does not count`, async (t) => {
    const { store, checkpoint } = await harmed(t, sql);
    t.equal(checkpoint, null);
    t.same(await store.get(['a', 'list']), [null, null], 'its keys do not count either');
    await store.commit(at(1, 0), { ...emptyDelta(), appends: [append('list', 9)] });
    t.same(await store.get(['list']), [Uint8Array.of(9)]);
  });
}

t.test('the state of a stage that does not verify is named, the rest is sound', async (t) => {
  const { checkpoint } = await harmed(t, "UPDATE stages SET s = X'0102'");
  t.match(checkpoint, { epoch: 3, lost: [':counts'] });
});

t.test('a file that is damaged, or of another version, is moved away', async (t) => {
  const file = join(t.testdir({}), 'state.db');
  writeFileSync(file, Buffer.alloc(20_000, 3));
  const telemetry = new FakeTelemetry();
  const first = new SqliteStateStores({ path: file, telemetry });
  t.ok(existsSync(`${file}.damaged`));
  t.match(telemetry.lines, [/moved away/]);
  const store = first.open('flights', origin);
  t.equal(await store.restore(1), null);
  await store.commit(at(1, 0), { ...emptyDelta(), puts: [put('a', 0, null)] });
  await first.close();
  const db = new DatabaseSync(file);
  db.exec('PRAGMA user_version = 1');
  db.close();
  const second = new SqliteStateStores({ path: file });
  t.teardown(() => second.close());
  t.equal(await second.open('flights', origin).restore(1), null);
});

const meetings: Readonly<Record<string, (store: StateStore) => Promise<unknown>>> = {
  'a read': (store) => store.get(['k5', 'k1500']),
  'a commit': (store) =>
    store.commit(at(2, 1), { ...emptyDelta(), puts: [put('k5', 1, null), put('k1500', 1, null)] }),
};

for (const [name, meets] of Object.entries(meetings)) {
  t.test(
    `a file that is damaged while it is open is replaced, for all of its partitions: met by ${name}`,
    async (t) => {
      const file = join(t.testdir({}), 'state.db');
      const stores = new SqliteStateStores({ path: file });
      t.teardown(() => stores.close());
      const other = stores.open('flights', { topic: 'flights', partition: 1 });
      await other.restore(1);
      await other.commit(at(1, 0), { ...emptyDelta(), puts: [put('a', 0, null)] });
      const store = stores.open('flights', origin);
      await store.restore(1);
      const state = new Uint8Array(3_000);
      const puts = Array.from({ length: 2_000 }, (_, i) => ({ ...put(`k${i}`, 0, null), state }));
      await store.commit(at(1, 0), { ...emptyDelta(), puts });
      const harm = new DatabaseSync(file);
      harm.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      const descriptor = openSync(file, 'r+');
      for (let page = 4; page < 200; page++)
        writeSync(descriptor, Buffer.alloc(4_096, 0xee), 0, 4_096, page * 4_096);
      closeSync(descriptor);
      harm.exec('CREATE TABLE other (a)'); // the others read the file again
      harm.close();
      await t.rejects(meets(store), { code: 'STORE_LOST' });
      await t.rejects(
        other.commit(at(2, 1), emptyDelta()),
        { code: 'STORE_LOST' },
        'its rows are gone as well',
      );
      const again = stores.open('flights', origin);
      t.equal(await again.restore(2), null);
      await again.commit(at(1, 0), { ...emptyDelta(), puts: [put('a', 0, null)] });
      t.same(await again.get(['a', 'k5']), [Uint8Array.of(1), null]);
    },
  );
}
