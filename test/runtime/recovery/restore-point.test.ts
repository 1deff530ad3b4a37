// Where a task starts; a group's offset that cannot be right is not believed.
import t from 'tap';
import { COMPLETE_STAGE, completeFrom } from '../../../src/core/complete-state.ts';
import { emptyDelta } from '../../../src/core/state-delta.ts';
import type { Assignment, EventLog } from '../../../src/ports/event-log.ts';
import { restorePoint } from '../../../src/runtime/recovery/restore-point.ts';
import { StateDamage } from '../../../src/runtime/recovery/state-damage.ts';
import { FakeTelemetry, MemoryStateStores } from '../../../src/testing/index.ts';
import { ordersTopology } from '../../support/orders.ts';

const origin = { topic: 'orders', partition: 0 };
const assignment: Assignment = {
  ...origin,
  generation: 1,
  revoked: new AbortController().signal,
  rebalancingSinceMs: 0,
  open: () => {
    throw new Error('nothing is read');
  },
  pause: () => undefined,
  resume: () => undefined,
  released: () => undefined,
};

interface Given {
  readonly stateOffset: number | null;
  readonly groupOffset: number | null;
  /** Source offset of the newest committed prediction. */
  readonly predicted: number | null;
  /** The group's offset as the log has it; that of the group if it is left out. */
  readonly recorded?: number;
}

/** The restore point of a task. */
async function begin(
  { stateOffset, groupOffset, predicted, recorded }: Given,
  stores = new MemoryStateStores(),
  telemetry = new FakeTelemetry(),
) {
  const store = stores.open('orders', origin);
  if (stateOffset !== null) {
    await store.restore(1);
    await store.commit(
      { epoch: 1, offsetNext: stateOffset, watermarkMs: 0, modelVersion: 'v1' },
      emptyDelta(),
    );
  }
  // Few records: a rebuild starts at the earliest, and only needs the range.
  const log: Partial<EventLog> = {
    offsets: () => Promise.resolve([{ low: 0, high: 100 }]),
    topicId: () => Promise.resolve(null),
    recordedOffset: async (_group, _source, answered) =>
      recorded === undefined ? answered : { offset: recorded, metadata: '' },
  };
  return restorePoint({
    topology: ordersTopology(),
    log: log as EventLog,
    assignment,
    archive: null,
    store,
    places: null,
    damage: new StateDamage('orders', 'orders-0', telemetry),
    writer: {
      recordBytesMax: () => Number.POSITIVE_INFINITY,
      append: () => undefined,
      committed: () => Promise.resolve(groupOffset === null ? null : { offset: groupOffset, metadata: '' }),
      commit: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
    telemetry: new FakeTelemetry(),
    rebuildWholeRowsMax: 1_000,
    lastPredicted: () => Promise.resolve(predicted),
    begins: async () => void (announced += 1),
    predictionsFrom: () => undefined,
    forgetRows: () => Promise.resolve(),
    offsetReset: 'earliest',
  });
}

/** Sinks learn what is predicted once a start. */
let announced = 0;

t.test('where a task starts', async (t) => {
  t.match(
    await begin({ stateOffset: null, groupOffset: null, predicted: null }),
    { from: null, committed: { offset: 0 } },
    'fresh',
  );
  t.match(
    await begin({ stateOffset: 5, groupOffset: 9, predicted: 8 }),
    { from: 5, committed: { offset: 9 } },
    'killed between the two',
  );
  t.match(
    await begin({ stateOffset: 9, groupOffset: 9, predicted: null }),
    { from: 9, committed: { offset: 9 } },
    'nothing was predicted',
  );
  t.match(
    await begin({ stateOffset: null, groupOffset: 9, predicted: 3 }),
    { from: null, committed: { offset: 9 } },
    'the store was lost',
  );
});

t.test('a rebuild is marked before it begins, and goes on after a restart', async (t) => {
  const lost = { stateOffset: null, groupOffset: 9, predicted: 3 };
  const stores = new MemoryStateStores();
  t.match(await begin(lost, stores), { from: null, completeFrom: 9, epoch: 0 });
  const store = stores.open('orders', origin);
  const marked = await store.restore(1);
  t.match(marked, { epoch: 0, offsetNext: 0, watermarkMs: Number.NEGATIVE_INFINITY });
  t.equal(completeFrom(marked?.stages.get(COMPLETE_STAGE)), 9);
  const telemetry = new FakeTelemetry();
  const again = await begin(lost, stores, telemetry);
  t.match(again, {
    from: 0,
    completeFrom: 9,
    epoch: 0,
    watermarkMs: Number.NEGATIVE_INFINITY,
    modelVersion: null,
  });
  t.match(telemetry.conditions.get('state_rebuilt orders-0'), /offsets 0 to 9/);
  const at = { epoch: 2, offsetNext: 9, watermarkMs: 0, modelVersion: 'v1' };
  await store.commit(at, emptyDelta());
  const after = new FakeTelemetry();
  t.match(await begin({ ...lost, groupOffset: 12 }, stores, after), { from: 9, completeFrom: 9 });
  t.equal(after.conditions.size, 0, 'it is over');
});

t.test('sinks learn what is predicted, with and without a state', async (t) => {
  announced = 0;
  await begin({ stateOffset: null, groupOffset: null, predicted: null });
  await begin({ stateOffset: 5, groupOffset: 9, predicted: 8 });
  t.equal(announced, 2);
});

t.test('a group that is behind what it has committed is unavailable', async (t) => {
  const error = { code: 'LOG_UNAVAILABLE', message: /behind what it has committed/ };
  await t.rejects(
    begin({ stateOffset: 5, groupOffset: null, predicted: null }),
    error,
    'it knows nothing, and there is state',
  );
  await t.rejects(begin({ stateOffset: 5, groupOffset: 4, predicted: null }), error);
  await t.rejects(
    begin({ stateOffset: null, groupOffset: null, predicted: 0 }),
    error,
    'the state is lost too, and outputs are published',
  );
  await t.rejects(begin({ stateOffset: 5, groupOffset: 7, predicted: 7 }), error, 'it knows a part');
});

t.test('a group that knows less than the log is not believed', async (t) => {
  t.match(await begin({ stateOffset: 5, groupOffset: null, predicted: 7, recorded: 9 }), {
    from: 5,
    committed: { offset: 9 },
  });
  t.match(
    await begin({ stateOffset: null, groupOffset: 4, predicted: null, recorded: 9 }),
    { from: null, committed: { offset: 9 } },
    'the state is lost too, and nothing is published',
  );
  t.match(
    await begin({ stateOffset: null, groupOffset: null, predicted: null, recorded: 9 }),
    { completeFrom: 9 },
    'it is no new group',
  );
  await t.rejects(
    begin({ stateOffset: 5, groupOffset: 4, predicted: 7, recorded: 6 }),
    { code: 'LOG_UNAVAILABLE' },
    'nor is the log, if it is behind',
  );
});
