// Aligned, a partition arrives at a boundary once its rows are stored, not with the transaction of its epoch: the leader may
// be another engine, and has a model trained on what the history holds then.
import t from 'tap';
import { ControlObservations } from '../../../src/operators/observations.ts';
import { origin, topics, World } from './fleet-world.ts';

t.test('an epoch that ends at a boundary does not decide it, the arrival does', async (t) => {
  const world = new World();
  t.teardown(() => world.stop());
  await world.prepare();
  const fleet = await world.open();
  const [written] = fleet.closeEpoch(origin, 10, new ControlObservations(origin));
  for (const { value } of written?.records ?? []) await world.publish(value as Buffer);
  const other = fleet.closeEpoch(origin, null, new ControlObservations(origin));
  t.same(other, [], 'an epoch without observations has nothing to say');
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.same(world.decided, []);
  t.equal(await fleet.arrive(origin, 10, { isPassed: false }), true);
  t.same(world.decided, [10]);
  t.equal(await fleet.resume(origin, 10), true, 'an arrival may be written again');
  t.same(world.decided, [10]);
  const [before] = await world.log.offsets(topics.observations);
  t.equal(await fleet.arrive(origin, 10, { isPassed: true }), true);
  t.same(
    await world.log.offsets(topics.observations),
    [before],
    'one that an earlier run has passed says nothing',
  );
});

t.test('an arrival that comes late, from an engine that was frozen, changes nothing', async (t) => {
  const world = new World(2);
  t.teardown(() => world.stop());
  await world.prepare();
  await world.open();
  await world.predicted(1, 0);
  await world.boundary(10, 0);
  await world.predicted(2, 0);
  // What partition 0 has observed since belongs to the boundary at 20, though nothing is decided yet.
  await world.boundary(10, 0);
  await world.predicted(4, 0);
  await world.boundary(20, 0);
  await world.predicted(8, 1);
  await world.boundary(10, 1);
  await world.until(() => world.decided.length === 1);
  await world.boundary(10, 0);
  await world.boundary(20, 1);
  await world.until(() => world.decided.length === 2);
  t.same(world.decided, [10, 20], 'partition 0 is known to have come to 20');
  t.same(world.predictions, [1 + 8, 2 + 4]);
});
