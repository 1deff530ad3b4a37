import t from 'tap';
import { defineTopology, count, features, hours, score, sliding, view, watermarks } from 'millrace';
import type { Topology } from 'millrace';
import { recordKey, recordKeyOf } from '../../../src/app/compose/record-key.ts';

const source = { topic: 'orders', eventTime: 'at' };
const orders = count({ over: sliding(hours(1)) });

function topologyWith(views: Parameters<typeof features>[1]['views']): Topology {
  const stages = [watermarks('watermarks'), features('features', { when: {}, views: views ?? {} })];
  return defineTopology({ name: 'orders', source, stages: [...stages, score('score', { key: 'id' })] });
}

t.test(
  'the key is that of the first view, as all events of an entity must be in one partition',
  async (t) => {
    const topology = topologyWith({
      user: view(['user', 'shop'], { orders }),
      shop: view(['shop'], { orders }),
    });
    t.strictSame(recordKeyOf(topology), ['user', 'shop']);
  },
);

t.test('without stages that name a key there is none', async (t) => {
  const plain = defineTopology({ name: 'orders', source, stages: [watermarks('watermarks')] });
  t.strictSame(recordKeyOf(plain), []);
  t.equal(recordKey({ user: 'a' }, []), null);
});

t.test('several columns are joined as the key of a view is', async (t) => {
  t.equal(String(recordKey({ user: 'a|b', shop: 7 }, ['user', 'shop'])), 'a\\|b|7');
  t.equal(recordKey({ user: 'a', shop: null }, ['user', 'shop']), null);
});
