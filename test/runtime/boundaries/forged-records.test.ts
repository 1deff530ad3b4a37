// Forged snapshots and boundaries: a fleet decides as if they were not there.
import t from 'tap';
import { MillraceError } from '../../../src/core/errors.ts';
import { ControlObservations } from '../../../src/operators/observations.ts';
import {
  observationRecords,
  type ObservationsRecord,
} from '../../../src/runtime/boundaries/observation-record.ts';
import { snapshotRecords } from '../../../src/runtime/boundaries/snapshot-records.ts';
import { jsonPart } from '../../../src/runtime/learning/state-parts.ts';
import { positionMetadata } from '../../../src/runtime/recovery/committed-position.ts';
import { groupOf } from '../../../src/topology/topics.ts';
import { encoder, origin, topics, topology, World } from './fleet-world.ts';

t.test('forged heads and parts leave the snapshot that was written before them', async (t) => {
  const world = new World();
  await world.prepare();
  const position = { atMs: 10, offset: 1, pending: [], members: [] };
  const parts = new Map([['loop', jsonPart({ a: 1 })]]);
  await world.log.publish(topics.loopState, await snapshotRecords({ position, parts }, new Map(), 0));
  const forged = [
    { ...position, atMs: Date.UTC(2290, 0, 1) },
    { ...position, offset: 1e12 },
    { ...position, pending: [[99, 5] as const] },
    { ...position, members: [{ ...origin, partition: 1.5, idle: false, reachedMs: 10 }] },
    { ...position, members: [{ ...origin, idle: false, reachedMs: 8_640_000_000_000_001 }] },
  ];
  for (const position of forged) {
    const written = await snapshotRecords({ position, parts }, new Map(), 0);
    await world.log.publish(topics.loopState, written.slice(-1));
  }
  const junk = { key: Buffer.from('head'), value: Buffer.from('junk'), timestampMs: 0 };
  await world.log.publish(topics.loopState, [junk, { ...junk, key: Buffer.from('loop#0') }]);
  for (const atMs of [10, 20]) await world.boundary(atMs);
  await world.open();
  await world.until(() => world.decided.includes(20));
  t.same([world.restored, world.decided, world.conditions, world.failures], [1, [20], [], []]);
  t.same(
    world.quarantine.places.map(([, reason]) => reason),
    ['range', 'range', 'range', 'range', 'range', 'malformed'],
  );
  await world.stop();
});

t.test('a log that is away says nothing about a snapshot', async (t) => {
  const world = new World();
  await world.prepare();
  const position = { atMs: 10, offset: 0, pending: [], members: [] };
  const parts = new Map([['loop', jsonPart({ a: 1 })]]);
  await world.log.publish(topics.loopState, await snapshotRecords({ position, parts }, new Map(), 0));
  const committedOffsets = world.log.committedOffsets.bind(world.log);
  world.log.committedOffsets = () => {
    world.log.committedOffsets = committedOffsets;
    return Promise.reject(new MillraceError('LOG_UNAVAILABLE', 'away'));
  };
  await world.boundary(20);
  await world.open();
  await world.until(() => world.decided.includes(20));
  t.same([world.restored, world.quarantine.places, world.conditions, world.failures], [1, [], [], []]);
  await world.stop();
});

t.test('boundaries beyond the committed watermark are not believed', async (t) => {
  const world = new World();
  await world.prepare();
  const writer = await world.log.epochWriter('engine');
  await writer.commit(groupOf(topology.name), origin, 1, positionMetadata(30, null));
  await writer.close();
  await world.boundary(Date.UTC(2290, 0, 1));
  await world.boundary(20);
  await world.boundary(40);
  const [sound] = observationRecords(20, new ControlObservations(origin).drain(true)) as [ObservationsRecord];
  await world.publish(encoder.encode({ ...sound, partition: 99 }));
  await world.boundary(30);
  await world.open();
  await world.until(() => world.decided.includes(30));
  t.same(world.decided, [20, 30]);
  t.same(
    world.quarantine.places,
    [0, 2, 3].map((offset) => [offset, 'range'] as const),
  );
  await world.stop();
});
