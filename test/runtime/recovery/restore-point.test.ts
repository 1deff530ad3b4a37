// G is believed only where it can be true.
import t from 'tap';
import { emptyDelta } from '../../../src/core/state-delta.ts';
import type { Assignment, EventLog } from '../../../src/ports/event-log.ts';
import { restorePoint } from '../../../src/runtime/recovery/restore-point.ts';
import { FakeTelemetry, MemoryStateStores } from '../../../src/testing/index.ts';
import { ordersTopology } from '../../support/orders.ts';

const origin = { topic: 'orders', partition: 0 };
const assignment: Assignment = {
  ...origin,
  generation: 1,
  revoked: new AbortController().signal,
  committedOffset: null,
  rebalancingSinceMs: 0,
  open: () => {
    throw new Error('nothing is read');
  },
  pause: () => undefined,
  resume: () => undefined,
  released: () => undefined,
};

/** Where a task begins whose state is at S, whose group says G, and whose newest prediction is of `predicted`. */
async function begin(of: { S: number | null; G: number | null; predicted: number | null }) {
  const stores = new MemoryStateStores();
  const store = stores.open('orders', origin);
  if (of.S !== null) {
    await store.restore(1);
    await store.commit({ epoch: 1, offsetNext: of.S, watermarkMs: 0, modelVersion: 'v1' }, emptyDelta());
  }
  // Few records: a rebuild begins at the earliest, and only asks for the range.
  const log: Partial<EventLog> = { offsets: () => Promise.resolve([{ low: 0, high: 100 }]) };
  return restorePoint({
    topology: ordersTopology(),
    log: log as EventLog,
    assignment,
    archive: null,
    store,
    writer: {
      append: () => undefined,
      committed: () => Promise.resolve(of.G === null ? null : { offset: of.G, metadata: '' }),
      commit: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
    telemetry: new FakeTelemetry(),
    rebuildWholeRowsMax: 1_000,
    lastPredicted: () => Promise.resolve(of.predicted),
  });
}

t.test('where it begins', async (t) => {
  t.match(await begin({ S: null, G: null, predicted: null }), { from: null, held: { below: 0 } }, 'fresh');
  t.match(
    await begin({ S: 5, G: 9, predicted: 8 }),
    { from: 5, held: { below: 9 } },
    'killed between the two',
  );
  t.match(
    await begin({ S: 9, G: 9, predicted: null }),
    { from: 9, held: { below: 9 } },
    'nothing was predicted',
  );
  t.match(
    await begin({ S: null, G: 9, predicted: 3 }),
    { from: null, held: { below: 9 } },
    'the store was lost',
  );
});

t.test('a group that is behind what it has committed is asked again', async (t) => {
  const error = { code: 'LOG_UNAVAILABLE', message: /behind what it has committed/ };
  await t.rejects(begin({ S: 5, G: null, predicted: null }), error, 'it knows nothing, and there is state');
  await t.rejects(begin({ S: 5, G: 4, predicted: null }), error);
  await t.rejects(begin({ S: null, G: null, predicted: 0 }), error, 'state is lost too, and outputs are out');
  await t.rejects(begin({ S: 5, G: 7, predicted: 7 }), error, 'it knows a part');
});
