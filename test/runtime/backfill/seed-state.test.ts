import t, { type Test } from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { SqliteStateStores } from '../../../src/adapters/embedded/state-store.ts';
import { SEED_KEYS_MAX } from '../../../src/core/backfill-limits.ts';
import { emptyDelta } from '../../../src/core/state-delta.ts';
import type { Topology } from '../../../src/index.ts';
import type { StateStores } from '../../../src/ports/state-store.ts';
import { checkUnseeded, seedPartition } from '../../../src/runtime/backfill/seed-state.ts';
import { dropInterruptedSeed } from '../../../src/runtime/recovery/interrupted-seed.ts';
import { groupOf } from '../../../src/topology/topics.ts';

const topic = 'payments';
const place = { topic, partition: 0 };
const topology = { name: 'payments', source: { topic, partitions: 1 } } as unknown as Topology; // all that is read of it
const KEYS = SEED_KEYS_MAX * 2 + 1;
const keyOf = (i: number): string => `features:card=${i}`;
const stateOf = (i: number): Buffer => Buffer.from(`state ${i}`);

interface World {
  readonly log: EmbeddedLog;
  readonly live: SqliteStateStores;
  readonly built: SqliteStateStores;
}

/** The state of a backfill with more keys than one commit has. */
async function world(t: Test): Promise<World> {
  const log = new EmbeddedLog({ path: null });
  const [live, built] = [
    new SqliteStateStores({ path: ':memory:' }),
    new SqliteStateStores({ path: ':memory:' }),
  ];
  t.teardown(async () => {
    await log.close();
    await live.close();
    await built.close();
  });
  await log.ensureTopics([{ topic, partitions: 1, compacted: false, retentionMs: -1 }]);
  const store = built.open(topology.name, place);
  await store.restore(1);
  const puts = Array.from({ length: KEYS }, (_, i) => ({
    key: keyOf(i),
    state: stateOf(i),
    served: i % 2 === 0 ? Buffer.from('v') : null,
    eventTimeMs: i,
    ttlMs: i % 3 === 0 ? null : 1_000_000,
  }));
  const stages = new Map([['watermarks', Buffer.from('counters')]]);
  await store.commit(
    { epoch: 7, offsetNext: 100, watermarkMs: 5, modelVersion: 'v1' },
    { ...emptyDelta(), puts, stages },
  );
  return { log, live, built };
}

/** Fails the nth commit from now on. */
function failing(stores: StateStores, nth: number): StateStores {
  let commits = 0;
  return {
    ...stores,
    open(name, partition) {
      const store = stores.open(name, partition);
      const commit = store.commit.bind(store);
      return Object.assign(store, {
        async commit(...given: Parameters<typeof commit>): Promise<void> {
          commits += 1;
          if (commits === nth) throw new Error('the process is gone');
          await commit(...given);
        },
      });
    },
  };
}

t.test('state, checkpoint and offset are handed over', async (t) => {
  const { log, live, built } = await world(t);
  const parts = { topology, log, stores: live };
  await checkUnseeded(parts, [0]);
  await seedPartition(parts, built, {
    partition: 0,
    model: { version: 'v1', update: 3, refused: null },
    offset: 100,
  });
  const store = live.open(topology.name, place);
  const checkpoint = await store.restore(1);
  t.match(checkpoint, { offsetNext: 100, watermarkMs: 5, modelVersion: 'v1' });
  t.equal(String(checkpoint?.stages.get('watermarks')), 'counters');
  t.strictSame([...live.dump(topology.name, place)], [...built.dump(topology.name, place)]);
  const position = (await log.committedOffsets(groupOf(topology.name), topic)).get(0);
  t.equal(position?.offset, 100);
  t.match(position?.metadata, /"v1",3/);
  await t.rejects(checkUnseeded(parts, [0]), {
    code: 'CONFIG_INVALID',
    message: /the group's offset is 100/,
  });
  t.strictSame([...(await checkUnseeded(parts, [0], () => true))], [0], 'the same backfill goes on after it');
});

t.test('wherever it ends, it leaves nothing that passes for state, and can be repeated', async (t) => {
  for (const nth of [1, 2, 3, 4]) {
    const { log, live, built } = await world(t);
    const parts = { topology, log, stores: live };
    await t.rejects(
      seedPartition({ ...parts, stores: failing(live, nth) }, built, {
        partition: 0,
        model: null,
        offset: 100,
      }),
      /process is gone/,
    );
    const store = live.open(topology.name, place);
    const checkpoint = await store.restore(1);
    await dropInterruptedSeed(store, checkpoint);
    t.ok(checkpoint === null || checkpoint.epoch === 0, `commit ${nth}: no state`);
    if (checkpoint !== null) t.same([...live.dump(topology.name, place)], [], 'and no keys');
    await checkUnseeded(parts, [0]);
    await seedPartition(parts, built, { partition: 0, model: null, offset: 100 });
    t.equal([...live.dump(topology.name, place)].length, KEYS);
  }
});

t.test('state of a topology that has run is not replaced', async (t) => {
  const { log, live } = await world(t);
  const store = live.open(topology.name, place);
  await store.restore(1);
  await store.commit({ epoch: 2, offsetNext: 9, watermarkMs: 5, modelVersion: 'v1' }, emptyDelta());
  const check = checkUnseeded({ topology, log, stores: live }, [0]);
  await t.rejects(check, { code: 'CONFIG_INVALID', message: /the state is that of offset 9/ });
});
