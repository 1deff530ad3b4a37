// What a reader of the online store finds while lost state is rebuilt.
import t from 'tap';
import { SqliteStateStores } from '../../../src/adapters/embedded/state-store.ts';
import type { ServedStates, StateStores } from '../../../src/ports/state-store.ts';
import { codec, PARTITIONS, stream } from '../../support/orders-stream.ts';
import { ordersTopology } from '../../support/orders.ts';
import { runTopology } from '../../support/run-topology.ts';

const topology = ordersTopology({ partitions: PARTITIONS });
const KEYS = ['ann', 'bob', 'cid'].map((user) => `features:user=${user}`);

type Seen = (partition: number, served: ServedStates) => void;

/** Reads what is served after each commit. */
function watched(inner: SqliteStateStores, seen: Seen): StateStores {
  return {
    open: (name, partition) => {
      const store = inner.open(name, partition);
      return {
        restore: (...args) => store.restore(...args),
        get: (keys) => store.get(keys),
        check: () => store.check(),
        forget: (keys) => store.forget(keys),
        clear: () => store.clear(),
        async commit(...args): Promise<void> {
          await store.commit(...args);
          const served = await inner.served(name, partition, KEYS);
          if (served !== null) seen(partition.partition, served);
        },
      };
    },
    served: (...args) => inner.served(...args),
    ping: () => inner.ping(),
    verify: () => inner.verify(),
    close: () => inner.close(),
  };
}

for (const rebuildWholeRowsMax of [0, 1_000])
  t.test(`state is incomplete until all events are in it again, ${rebuildWholeRowsMax}`, async (t) => {
    t.setTimeout(60_000);
    const newest = Array.from({ length: PARTITIONS }, () => 0);
    const counts = { incomplete: 0, complete: 0, again: 0 };
    let losses = 0;
    const seen: Seen = (partition, { offsetNext, isComplete }) => {
      const isBehind = offsetNext < (newest[partition] as number);
      newest[partition] = Math.max(newest[partition] as number, offsetNext);
      if (losses === 0) t.ok(isComplete, 'nothing is lost');
      if (isBehind) t.notOk(isComplete, `${partition} at ${offsetNext} of ${newest[partition]}`);
      if (isComplete) counts.complete += 1;
      else counts.incomplete += 1;
      if (isComplete && losses > 0) counts.again += 1;
    };
    let inner = new SqliteStateStores({ path: ':memory:' });
    let stores = watched(inner, seen);
    await runTopology({
      topology,
      codec,
      records: stream(7, 400),
      seed: 7,
      rebuildWholeRowsMax,
      // The second life is killed within its rebuild, which the third one goes on with.
      lives: [
        { instant: 'batch', nth: 12 },
        { instant: 'state', nth: 2 },
      ],
      get stores() {
        return stores;
      },
      between(nth): void {
        if (nth > 0) return;
        losses += 1;
        inner = new SqliteStateStores({ path: ':memory:' });
        stores = watched(inner, seen);
      },
    });
    t.ok(counts.incomplete > PARTITIONS && counts.again > 0, JSON.stringify(counts));
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const served = await inner.served(topology.name, { topic: 'orders', partition }, KEYS);
      t.equal(served?.isComplete, true, 'at the end');
    }
    await inner.close();
  });
