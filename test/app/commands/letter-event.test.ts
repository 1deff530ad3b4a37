// The events of dead letters by column, as they are shown.
import t from 'tap';
import { LetterEvents } from '../../../src/app/commands/dead-letters/letter-event.ts';
import { openFormat } from '../../../src/app/compose/adapters.ts';
import {
  boolean,
  count,
  days,
  defineTopology,
  double,
  enumeration,
  features,
  json,
  list,
  nullable,
  score,
  sliding,
  source,
  string,
  timestamp,
  view,
} from '../../../src/index.ts';
import { noSchemas } from '../../support/no-schemas.ts';

const topology = defineTopology(
  source('orders', {
    schema: {
      id: string,
      at: timestamp,
      tags: nullable(list(nullable(string))),
      kinds: list(enumeration(['in', 'out'])),
      none: nullable(list(double)),
      'items[].price': list(nullable(double)),
      'items[].sku': list(nullable(string)),
      'attrs.keys()': list(string),
      'attrs.values()': list(double),
      ok: boolean,
    },
    eventTime: 'at',
    format: json(),
  }),
  {
    name: 'orders',
    stages: [
      features({ views: { id: view(['id'], { n: count({ over: sliding(days(1)) }) }) } }),
      score({ key: 'id' }),
    ],
  },
);

t.test('columns of lists are arrays', async (t) => {
  const { eventTime } = topology.source;
  const events = new LetterEvents(await openFormat(topology, noSchemas).decoder(), eventTime);
  const decode = (event: object): ReturnType<LetterEvents['decode']> =>
    events.decode({
      topic: 'orders',
      partition: 0,
      offset: 1,
      timestampMs: 1,
      key: null,
      value: Buffer.from(JSON.stringify(event)),
      code: 'CONTRACT_RANGE',
      message: 'why',
      failedAtMs: 2,
      cut: null,
    });
  const event = {
    id: 'a',
    at: 9e15, // out of range, and shown
    tags: ['x', null, 'y'],
    kinds: ['out', 'in'],
    none: null,
    items: [{ price: 1.5 }, { sku: 's' }],
    attrs: { k: 1, l: 2 },
    ok: true,
  };
  const { items: _items, attrs: _attrs, ...flat } = event;
  t.strictSame(await decode(event), {
    ...flat,
    'items[].price': [1.5, null],
    'items[].sku': [null, 's'],
    'attrs.keys()': ['k', 'l'],
    'attrs.values()': [1, 2],
    ok: 1,
  });
  const empty = await decode({ ...event, tags: [], kinds: [], none: [], items: [], attrs: {} });
  t.match(empty, { tags: [], kinds: [], none: [], 'items[].price': [], 'attrs.keys()': [] }, 'of its own');
  t.equal(await decode({ id: 'a' }), null);
});
