// A task that is fenced although its process still owns the partition restarts: a former owner may fence the next one's
// transactions once more before it learns of the rebalance.
import t from 'tap';
import { MillraceError } from '../../../src/core/errors.ts';
import type { StateDelta } from '../../../src/core/state-delta.ts';
import { minutes } from '../../../src/index.ts';
import type { LogRecord } from '../../../src/ports/event-log.ts';
import type { Checkpoint, StateStores } from '../../../src/ports/state-store.ts';
import { MemoryStateStores, type Row } from '../../../src/testing/index.ts';
import { order, ordersCodec, ordersSchema, ordersTopology } from '../../support/orders.ts';
import { runTopology } from '../../support/run-topology.ts';

const codec = ordersCodec();
const encoder = await codec.encoder<Row>('orders-value');
const nothing: Row = Object.fromEntries(Object.keys(ordersSchema).map((name) => [name, null]));

const records = Array.from({ length: 200 }, (_, i): LogRecord => {
  const timestampMs = minutes(i);
  const row = { ...nothing, ...order(`o${i}`, 'ann', i, timestampMs) };
  return { key: Buffer.from('k'), value: encoder.encode(row), timestampMs, partition: 0 };
});

/** Rejects the given restores and commits, counted from 1, like a store in which a newer owner has announced itself. */
function fencing(
  inner: StateStores,
  restores: ReadonlySet<number>,
  commits: ReadonlySet<number>,
): StateStores {
  let restored = 0;
  let committed = 0;
  const reject = (): never => {
    throw new MillraceError('FENCED', 'a newer owner has announced itself');
  };
  return {
    open(topology, partition) {
      const store = inner.open(topology, partition);
      return {
        restore: async (generation: number) =>
          restores.has(++restored) ? reject() : store.restore(generation),
        get: (keys) => store.get(keys),
        check: () => store.check(),
        forget: (keys) => store.forget(keys),
        clear: () => store.clear(),
        commit: async (at: Omit<Checkpoint, 'stages'>, delta: StateDelta) =>
          commits.has(++committed) ? reject() : store.commit(at, delta),
      };
    },
    served: () => Promise.resolve(null),
    ping: () => Promise.resolve(),
    verify: () => Promise.resolve(),
    close: () => inner.close(),
  };
}

t.test(
  'a fenced task restarts from its last commit, with the same results as an undisturbed run',
  async (t) => {
    const topology = ordersTopology();
    const calm = await runTopology({
      topology,
      codec,
      records,
      seed: 1,
      lives: [],
      stores: new MemoryStateStores(),
    });
    t.equal(calm.predictions.length, records.length);
    const stores = fencing(new MemoryStateStores(), new Set([1]), new Set([1, 2]));
    const fenced = await runTopology({ topology, codec, records, seed: 1, lives: [], stores });
    t.strictSame(fenced, calm);
  },
);
