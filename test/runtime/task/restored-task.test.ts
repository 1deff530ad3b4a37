// What a task does before it reads its source: it waits at a boundary that is not decided, and one that cannot be opened
// leaves no slot of a model behind. It knows from which event on it counts.
import t from 'tap';
import type { Assignment, EpochWriter, EventLog } from '../../../src/ports/event-log.ts';
import type { ControlLink } from '../../../src/runtime/boundaries/control-link.ts';
import { ControlObservations } from '../../../src/operators/observations.ts';
import { emptyDelta } from '../../../src/core/state-delta.ts';
import { hours } from '../../../src/index.ts';
import { ModelHub } from '../../../src/runtime/models/model-hub.ts';
import type { PartitionProgress } from '../../../src/runtime/progress/partition-progress.ts';
import { positionMetadata } from '../../../src/runtime/recovery/committed-position.ts';
import { StateDamage } from '../../../src/runtime/recovery/state-damage.ts';
import { restoreTask } from '../../../src/runtime/task/restored-task.ts';
import { defaultTaskSettings, type TaskParts } from '../../../src/runtime/task/task-parts.ts';
import { fakeScorer, FakeTelemetry, MemoryStateStores } from '../../../src/testing/index.ts';
import { ordersTopology } from '../../support/orders.ts';
import { unwatchedProgress } from '../../support/unwatched-progress.ts';

const origin = { topic: 'orders', partition: 0 };
const AT = { epoch: 3, offsetNext: 5, watermarkMs: hours(4), modelVersion: 'none' };

interface Task {
  readonly hub: ModelHub;
  /** The offset and the watermark that are committed; null if nothing is. */
  readonly committed?: readonly [offset: number, watermarkMs: number];
  readonly resume?: ControlLink['resume'];
  /** Of the partition, over all attempts. */
  readonly progress?: PartitionProgress;
  readonly outputs?: (committedBelow: number, countedBelow: number) => object;
}

/** Of the parts only those that are used before the committed predictions are read, which fails. */
async function restore(task: Task): Promise<unknown> {
  const { hub, committed, resume, progress = unwatchedProgress(), outputs = () => ({}) } = task;
  const topology = ordersTopology({ control: { everyMs: hours(1), mode: 'aligned' } });
  const store = new MemoryStateStores().open('orders', origin);
  await store.restore(1);
  if (committed !== undefined) await store.commit(AT, emptyDelta());
  const writer: Partial<EpochWriter> = {
    committed: async () =>
      committed === undefined
        ? null
        : { offset: committed[0], metadata: positionMetadata(committed[1], null) },
  };
  const log: Partial<EventLog> = {
    topicId: async () => null,
    offsets: async () => [{ low: 0, high: 9 }],
    recordedOffset: async (_group, _source, answered) => answered,
  };
  const telemetry = new FakeTelemetry();
  const parts = {
    topology,
    log,
    assignment: { ...origin, generation: 2, revoked: new AbortController().signal } as Assignment,
    archive: null,
    store,
    damage: new StateDamage('orders', 'orders-0', telemetry),
    writer,
    openModel: () => hub.open(null),
    control: { isDurable: true, resume },
    telemetry,
    settings: defaultTaskSettings,
    lastPredicted: async () => null,
    begins: async () => undefined,
    predictionsFrom: () => undefined,
    outputs,
    progress,
    flushSinks: async () => undefined,
    committed: () => Promise.reject(new Error('the broker is away')),
  } as unknown as TaskParts;
  return restoreTask(parts, new ControlObservations(origin), () => undefined);
}

t.test('if the committed predictions cannot be read, the slot is closed', async (t) => {
  const closed: string[] = [];
  const hub = new ModelHub();
  const model = { ...fakeScorer('v1', 1, () => 0), close: async () => void closed.push('v1') };
  hub.promote(model, 0, 1);
  await t.rejects(restore({ hub }), /broker is away/);
  hub.promote(
    fakeScorer('v2', 1, () => 0),
    0,
    2,
  );
  t.same(closed, ['v1'], 'nothing uses the former champion');
});

t.test('a task waits at a boundary again, unless the log has more of the partition', async (t) => {
  const waited: number[] = [];
  const resume = async (_origin: unknown, atMs: number): Promise<boolean> => {
    waited.push(atMs);
    return true;
  };
  const hub = new ModelHub('aligned');
  for (const committed of [
    [5, hours(4)],
    [6, hours(4) + 1],
    [5, hours(4) + 1],
  ] as const)
    await t.rejects(restore({ hub, committed, resume }), /broker is away/);
  t.same(waited, [hours(4)]);
});

t.test('a topic that is created again while the engine runs is counted from its start', async (t) => {
  const progress = unwatchedProgress();
  progress.restored(0, 0);
  progress.committedTo(40);
  progress.counted(40, 40, 0);
  const counted: number[] = [];
  const outputs = (_committedBelow: number, countedBelow: number): object => {
    counted.push(countedBelow);
    return {};
  };
  await t.rejects(restore({ hub: new ModelHub(), progress, outputs }), /broker is away/);
  t.same(counted, [0], 'events below the old offset are of another topic');
});
