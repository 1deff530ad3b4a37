// A partition that a new owner has taken over is waited for until that owner has caught up.
import t from 'tap';
import { idleRecord } from '../../../src/runtime/boundaries/observation-record.ts';
import { encoder, World } from './fleet-world.ts';

const at = (partition: number): { topic: string; partition: number } => ({ topic: 'orders', partition });

t.test('one that was left idle, with events since, takes part in the next boundary', async (t) => {
  const world = new World(2);
  t.teardown(() => world.stop());
  await world.prepare();
  await world.boundary(10, 0);
  await world.boundary(10, 1);
  await world.publish(encoder.encode(idleRecord(1, true)));
  const events = [0, 1].map((partition) => ({
    key: null,
    value: Buffer.alloc(1),
    timestampMs: 0,
    partition,
  }));
  await world.log.publish('orders', events);
  const fleet = await world.open();
  fleet.join(at(0));
  fleet.join(at(1));
  await world.until(() => world.decided.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await world.predicted(1, 0);
  await world.boundary(20, 0);
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.same(world.decided, [10], 'the events of partition 1 belong to it as well');
  await world.predicted(2, 1);
  await world.boundary(20, 1);
  await world.until(() => world.decided.length === 2);
  t.same(world.predictions, [0, 1 + 2]);
});

t.test('an empty one is not waited for, unless its first events come while the log is asked', async (t) => {
  const world = new World(2);
  t.teardown(() => world.stop());
  await world.prepare();
  const fleet = await world.open();
  fleet.join(at(0));
  fleet.join(at(1));
  fleet.active(at(0));
  await world.boundary(10, 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.same(world.decided, [], 'partition 0 is read');
  await world.boundary(10, 0);
  await world.until(() => world.decided.length === 1);
  await world.boundary(20, 0);
  await world.publish(encoder.encode(idleRecord(1, true)));
  await world.until(() => world.decided.length === 2);
});
