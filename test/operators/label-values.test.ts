// Labels that are no finite Float32: the event carries none, and its prediction goes on waiting.
import t from 'tap';
import {
  atLeast,
  binary,
  defineTopology,
  features,
  labels,
  minutes,
  numberLabel,
  numeric,
  score,
  watermarks,
  type Task,
} from '../../src/index.ts';
import { TopologyDriver } from '../../src/testing/index.ts';
import { order, ordersSchema, payment } from '../support/orders.ts';

const LABELS = [Number.NaN, Infinity, -Infinity, 1e300, 0];

t.test('NaN, the infinities and what Float32 cannot hold are no labels', async (t) => {
  const task: Task<'paid: number'> = {
    ...binary({ column: 'paid', positive: atLeast(1) }),
    label: numberLabel('paid', (value) => LABELS[value] ?? Number.NaN),
  };
  const topology = defineTopology({
    name: 'orders',
    source: { topic: 'orders', eventTime: 'at', partitions: 1 },
    stages: [
      watermarks(),
      features({ when: { type: 'order' }, fields: { amount: numeric('amount') } }),
      score({ key: 'id' }),
      labels({ key: 'id', when: { type: 'payment' }, task, timeoutMs: minutes(30) }),
    ],
  });
  const driver = new TopologyDriver(topology, { schema: ordersSchema });
  await driver.send([order('a', 'ann', 1, minutes(1))]);
  for (const nth of LABELS.keys())
    await driver.send([{ ...payment('a', nth, minutes(2)), event: `payment ${nth}` }]);
  t.match(driver.labels, [{ key: 'a', label: 0 }], 'the first finite one counts');
  t.equal(driver.labels.length, 1);
});
