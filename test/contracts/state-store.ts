// What every state store must do (src/ports/state-store.ts): run against node:sqlite and against a real Redis.
import fc from 'fast-check';
import type { Test } from 'tap';
import { isCode } from '../../src/core/errors.ts';
import { emptyDelta } from '../../src/core/state-delta.ts';
import type { StateStore, StateStores } from '../../src/ports/state-store.ts';
import { servedStateContract } from './served-state.ts';
import { bytes, checkpoint, delta, floats, fresh, HOUR_MS, plain, put, T0 } from './state-store-kit.ts';

async function rejectsWith(t: Test, code: 'FENCED', promise: Promise<unknown>): Promise<void> {
  await t.rejects(promise, { code });
  await promise.catch((error: unknown) => t.ok(isCode(error, code), `a MillraceError ${code}`));
}

export interface StateStoreHarness {
  /** A client of one and the same store; the suite closes it. */
  open(): StateStores;
  /** False: without the test that writes a full epoch, which takes seconds. */
  readonly hasFullEpoch?: boolean;
}

const partition = { topic: 'flights', partition: 3 };

export async function stateStoreContract(t: Test, name: string, harness: StateStoreHarness): Promise<void> {
  const stores = harness.open();
  t.teardown(() => stores.close());
  const opened = async (topology = fresh(), generation = 1): Promise<StateStore> => {
    const store = stores.open(topology, partition);
    await store.restore(generation);
    return store;
  };

  await t.test(`${name}: an empty partition has no checkpoint and no keys`, async (t) => {
    const store = stores.open(fresh(), partition);
    t.equal(await store.restore(1), null);
    t.same(await store.get(['w:a', 'w:b']), [null, null]);
    t.same(await store.get([]), []);
    await store.check();
    await stores.ping();
  });

  await t.test(`${name}: what is committed is read back, by another client too`, async (t) => {
    const topology = fresh();
    const store = await opened(topology);
    const stages = new Map([
      ['counts', bytes(0, 1, 255)],
      ['watermark:x', bytes()],
    ]);
    const puts = [put('w:ä€😀', bytes(0, 10, 13, 255)), put('w:', bytes()), put('w:b', bytes(7))];
    await store.commit(checkpoint(1, { watermarkMs: Number.NEGATIVE_INFINITY }), delta({ puts, stages }));
    const other = harness.open();
    t.teardown(() => other.close());
    const reader = other.open(topology, partition);
    const restored = await reader.restore(2);
    t.match(restored, {
      epoch: 1,
      offsetNext: 100,
      watermarkMs: Number.NEGATIVE_INFINITY,
      modelVersion: 'v1',
    });
    t.same(plain(restored?.stages.get('counts')), [0, 1, 255]);
    t.same(plain(restored?.stages.get('watermark:x')), []);
    const found = await reader.get(['w:b', 'w:none', 'w:ä€😀', 'w:', 'w:b']);
    t.same(found.map(plain), [[7], null, [0, 10, 13, 255], [], [7]]);
  });

  await t.test(`${name}: partitions and topologies do not see each other`, async (t) => {
    const topology = fresh();
    const store = await opened(topology);
    await store.commit(checkpoint(1), delta({ puts: [put('w:a', bytes(1))] }));
    for (const apart of [
      stores.open(topology, { topic: 'flights', partition: 4 }),
      stores.open(topology, { topic: 'other', partition: 3 }),
      stores.open(`${topology}-2`, partition),
    ]) {
      t.equal(await apart.restore(1), null);
      t.same(await apart.get(['w:a']), [null]);
    }
  });

  await t.test(`${name}: within a delta deletes come first, then puts, then appends in order`, async (t) => {
    const store = await opened();
    await store.commit(
      checkpoint(1),
      delta({ puts: [put('a', bytes(1)), put('b', bytes(2)), put('c', bytes(3))] }),
    );
    const append = (key: string, ...values: number[]) => ({
      key,
      bytes: bytes(...values),
      eventTimeMs: T0,
      ttlMs: null,
    });
    await store.commit(
      checkpoint(2),
      delta({
        deletes: ['a', 'b', 'nowhere'],
        puts: [put('b', bytes(20))],
        appends: [append('b', 0, 21), append('c', 30), append('new', 40), append('b', 22), append('a', 50)],
      }),
    );
    const found = await store.get(['a', 'b', 'c', 'new']);
    t.same(found.map(plain), [[50], [20, 0, 21, 22], [3, 30], [40]]);
  });

  await t.test(`${name}: a stage that is not in a delta keeps its state`, async (t) => {
    const topology = fresh();
    const store = await opened(topology);
    await store.commit(
      checkpoint(1),
      delta({
        stages: new Map([
          ['one', bytes(1)],
          ['two', bytes(2)],
        ]),
      }),
    );
    await store.commit(checkpoint(2), delta({ stages: new Map([['one', bytes(9)]]) }));
    const restored = await stores.open(topology, partition).restore(1);
    t.match(restored, { epoch: 2, offsetNext: 200, modelVersion: 'v2' });
    t.same(plain(restored?.stages.get('one')), [9]);
    t.same(plain(restored?.stages.get('two')), [2]);
  });

  await t.test(`${name}: an older owner is fenced and changes nothing`, async (t) => {
    const topology = fresh();
    const old = await opened(topology, 5);
    await old.commit(checkpoint(1), delta({ puts: [put('a', bytes(1))] }));
    const young = stores.open(topology, partition);
    t.match(await young.restore(6), { epoch: 1 });
    const late = delta({ deletes: ['a'], puts: [put('b', bytes(2))], stages: new Map([['s', bytes(1)]]) });
    await rejectsWith(t, 'FENCED', old.commit(checkpoint(9), late));
    await rejectsWith(t, 'FENCED', old.check());
    await rejectsWith(t, 'FENCED', old.restore(5));
    t.same((await young.get(['a', 'b'])).map(plain), [[1], null]);
    await young.commit(checkpoint(2), delta({ puts: [put('c', bytes(3))] }));
    const restored = await stores.open(topology, partition).restore(6);
    t.match(restored, { epoch: 2 }, 'the same generation may restore again');
    t.equal(restored?.stages.size, 0);
  });

  await t.test(
    `${name}: when the group restarts its generations, an owner may take over from a newer one`,
    async (t) => {
      const topology = fresh();
      const before = await opened(topology, 30);
      await before.commit(checkpoint(1), delta({ puts: [put('a', bytes(1))] }));
      const reset = stores.open(topology, partition);
      await rejectsWith(t, 'FENCED', reset.restore(2));
      t.match(await reset.restore(2, true), { epoch: 1 });
      await rejectsWith(t, 'FENCED', before.commit(checkpoint(2), emptyDelta()));
      await reset.commit(checkpoint(2), emptyDelta());
      t.match(await stores.open(topology, partition).restore(3), { epoch: 2 });
    },
  );

  await t.test(`${name}: a commit without a generation is a bug, said so`, async (t) => {
    await t.rejects(stores.open(fresh(), partition).commit(checkpoint(1), emptyDelta()), {
      code: 'INVARIANT',
    });
  });

  await servedStateContract(t, name, stores);

  const fullEpoch = async (t: Test): Promise<void> => {
    const store = await opened();
    const keys = Array.from({ length: 65_536 }, (_, i) => `w:key-${i}`);
    const puts = keys.map((key, i) =>
      put(key, new Uint8Array(64).fill(i), { served: floats(i, i, i, i), ttlMs: 24 * HOUR_MS }),
    );
    await store.commit(checkpoint(1), delta({ puts }));
    const found = await store.get(keys);
    t.ok(found.every((state, i) => state?.length === 64 && state[0] === i % 256));
    await store.commit(checkpoint(2), delta({ deletes: keys }));
    t.ok((await store.get(keys)).every((state) => state === null));
  };
  if (harness.hasFullEpoch ?? true)
    await t.test(`${name}: a full epoch of 65,536 keys is one atomic commit`, fullEpoch);

  await t.test(`${name}: any deltas leave what a plain map would hold`, async (t) => {
    const key = fc.constantFrom('a', 'b', 'c', 'w:x', 'ü');
    const blob = fc.uint8Array({ maxLength: 20 });
    const ttlMs = fc.constantFrom(null, 1e12);
    const step = fc.record({
      deletes: fc.array(key, { maxLength: 3 }),
      puts: fc.array(fc.record({ key, state: blob, ttlMs }), { maxLength: 4 }),
      appends: fc.array(fc.record({ key, bytes: blob, ttlMs }), { maxLength: 4 }),
    });
    const check = async (
      steps: ReadonlyArray<typeof step extends fc.Arbitrary<infer T> ? T : never>,
    ): Promise<void> => {
      const store = await opened();
      const expected = new Map<string, number[]>();
      for (const [i, { deletes, puts, appends }] of steps.entries()) {
        for (const gone of deletes) expected.delete(gone);
        for (const one of puts) expected.set(one.key, [...one.state]);
        for (const one of appends) expected.set(one.key, [...(expected.get(one.key) ?? []), ...one.bytes]);
        const times = { eventTimeMs: T0 };
        await store.commit(
          checkpoint(i),
          delta({
            deletes,
            puts: puts.map((one) => ({ ...one, ...times, served: null })),
            appends: appends.map((one) => ({ ...one, ...times })),
          }),
        );
      }
      const keys = ['a', 'b', 'c', 'w:x', 'ü'];
      t.same(
        (await store.get(keys)).map(plain),
        keys.map((one) => expected.get(one) ?? null),
      );
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 5 }), check), { numRuns: 40 });
  });
}
