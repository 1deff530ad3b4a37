// What a fleet does when its snapshots or observations are damaged, or the log refuses: it is reported, and boundaries are
// decided.
import t from 'tap';
import { MillraceError } from '../../../src/core/errors.ts';
import { ControlObservations } from '../../../src/operators/observations.ts';
import {
  observationRecords,
  type ObservationsRecord,
} from '../../../src/runtime/boundaries/observation-record.ts';
import { snapshotRecords } from '../../../src/runtime/boundaries/snapshot-records.ts';
import { jsonPart } from '../../../src/runtime/learning/state-parts.ts';
import { forwardingLog } from '../../support/forwarding.ts';
import { encoder, origin, topics, World } from './fleet-world.ts';

t.test('records that are no observations are skipped and reported', async (t) => {
  const world = new World();
  await world.prepare();
  await world.open();
  await world.publish(Buffer.from('what is this'));
  await world.boundary(9e15);
  const [sound] = observationRecords(20, new ControlObservations(origin).drain(true)) as [ObservationsRecord];
  await world.publish(encoder.encode({ ...sound, labels: Buffer.alloc(7) }));
  await world.publish(encoder.encode({ ...sound, format: 9 }));
  await world.publish(encoder.encode({ ...sound, scores: Buffer.alloc(4) }));
  await world.boundary(30);
  await world.until(() => world.decided.length > 0);
  t.same(world.decided, [30]);
  t.same(world.quarantine.places, [
    [0, 'malformed'],
    [1, 'range'],
    [2, 'malformed'],
    [3, 'version'],
    [4, 'malformed'],
  ]);
  t.same(world.conditions, []);
  await world.stop();
});

t.test('a decision that fails releases the partitions that wait for it', async (t) => {
  const world = new World();
  await world.prepare();
  const fleet = await world.open();
  world.decide = (atMs) => {
    if (atMs === 10) throw new Error('a bug');
  };
  await world.boundary(10);
  await fleet.arrive(origin, 10, { isPassed: false });
  await world.until(() => world.conditions.length > 0);
  t.same(world.conditions, ['decision_failed orders']);
  await world.boundary(20);
  await fleet.arrive(origin, 20, { isPassed: false });
  t.same(world.decided, [20]);
  await world.stop();
});

t.test(
  'a task that starts at a boundary waits for its decision, also if the observations are lost',
  async (t) => {
    const world = new World();
    await world.prepare();
    const decision = Promise.withResolvers<void>();
    world.decision = decision.promise;
    const fleet = await world.open();
    let isReleased = false;
    const released = fleet.resume(origin, 10).then((isDecided) => (isReleased = isDecided));
    await world.until(() => world.deciding === 10);
    t.notOk(isReleased);
    decision.resolve();
    t.ok(await released);
    t.ok(await fleet.resume(origin, 10), 'it is decided');
    await world.boundary(20);
    await world.until(() => world.decided.includes(20));
    t.same(world.decided, [10, 20]);
    world.decision = new Promise(() => undefined);
    const stopped = fleet.resume(origin, 30);
    await world.until(() => world.deciding === 30);
    fleet.close();
    t.notOk(await stopped);
    await world.stop();
  },
);

t.test('a damaged snapshot is reported, and the loop starts from the observations', async (t) => {
  for (const deleted of [false, true]) {
    const world = new World();
    await world.prepare();
    const position = { atMs: 10, offset: 1, pending: [], members: [] };
    const snapshot = { position, parts: new Map([['loop', jsonPart({ a: 1 })]]) };
    const records = await snapshotRecords(snapshot, new Map(), 0);
    records[0]?.value?.writeUInt8(7, 1);
    await world.log.publish(topics.loopState, records);
    for (const atMs of [10, 20]) await world.boundary(atMs);
    if (deleted) await world.log.deleteRecords(topics.observations, 0, 1);
    await world.open();
    await world.until(() => world.decided.includes(20));
    t.same(world.decided, deleted ? [20] : [10, 20]);
    t.same(world.conditions, ['loop_rebuilt orders.loop-state']);
    t.equal(world.lost, deleted ? 1 : 0);
    await world.stop();
  }
});

t.test('a snapshot that is replaced while it is read is read again', async (t) => {
  const world = new World();
  await world.prepare();
  const position = { atMs: 10, offset: 1, pending: [], members: [] };
  const snapshot = { position, parts: new Map([['loop', jsonPart({ a: 1 })]]) };
  for (let i = 0; i < 2; i++)
    for (const one of await snapshotRecords(snapshot, new Map(), 0))
      await world.log.publish(topics.loopState, [one]);
  await world.boundary(10);
  let reads = 0;
  const log = forwardingLog(world.log, {
    async *read(topic, partition, from, to) {
      reads += 1;
      if (reads === 1) await world.log.deleteRecords(topic, partition, 2);
      yield* world.log.read(topic, partition, from, to);
    },
  });
  await world.open(log);
  await world.until(() => world.restored > 0);
  t.same([reads, world.conditions, world.failures], [2, [], []]);
  await world.stop();
});

t.test('a log that is away is waited for, and one that refuses ends the process', async (t) => {
  const world = new World();
  await world.prepare();
  let away = true;
  const log = forwardingLog(world.log, {
    offsets: async (topic) => {
      if (away) throw new MillraceError('LOG_UNAVAILABLE', 'the broker is away');
      return world.log.offsets(topic);
    },
  });
  await world.open(log);
  await world.until(() => world.conditions.includes('decision_failed orders.observations'));
  away = false;
  await world.boundary(10);
  await world.until(() => world.decided.includes(10));
  t.same([world.conditions, world.failures], [[], []]);
  await world.stop();

  const refused = new World();
  await refused.prepare();
  const refusing = forwardingLog(refused.log, {
    offsets: async () => {
      throw new MillraceError('LOG_FAILED', 'not authorized');
    },
  });
  await refused.open(refusing);
  await refused.until(() => refused.failures.length > 0);
  t.match(refused.failures, [{ code: 'LOG_FAILED' }]);
  await refused.stop();
});
