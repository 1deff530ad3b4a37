// A task that cannot be opened leaves no slot of a model behind.
import t from 'tap';
import type { Assignment, EpochWriter } from '../../../src/ports/event-log.ts';
import { ControlObservations } from '../../../src/operators/observations.ts';
import { ModelHub } from '../../../src/runtime/models/model-hub.ts';
import { restoreTask } from '../../../src/runtime/task/restored-task.ts';
import { defaultTaskSettings, type TaskParts } from '../../../src/runtime/task/task-parts.ts';
import { fakeScorer, FakeTelemetry, MemoryStateStores } from '../../../src/testing/index.ts';
import { ordersTopology } from '../../support/orders.ts';

t.test('if the committed predictions cannot be read, the slot is closed', async (t) => {
  const closed: string[] = [];
  const hub = new ModelHub();
  const model = { ...fakeScorer('v1', 1, () => 0), close: async () => void closed.push('v1') };
  hub.promote(model, 0, 1);
  const topology = ordersTopology();
  const origin = { topic: 'orders', partition: 0 };
  const writer: Partial<EpochWriter> = { committed: async () => null };
  // Of the parts only those that are used before the failure.
  const parts = {
    topology,
    assignment: { ...origin, generation: 1 } as Assignment,
    archive: null,
    store: new MemoryStateStores().open('orders', origin),
    writer,
    openModel: () => hub.open(null),
    telemetry: new FakeTelemetry(),
    settings: defaultTaskSettings,
    lastPredicted: async () => null,
    outputs: () => ({}),
    progress: { countedBelow: 0 },
    flushSinks: async () => undefined,
    committed: () => Promise.reject(new Error('the broker is away')),
  } as unknown as TaskParts;
  await t.rejects(
    restoreTask(parts, new ControlObservations(origin), () => undefined),
    /broker is away/,
  );
  hub.promote(
    fakeScorer('v2', 1, () => 0),
    0,
    2,
  );
  t.same(closed, ['v1'], 'nothing uses the former champion');
});
