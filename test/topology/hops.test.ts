import t from 'tap';
import {
  contract,
  count,
  defineTopology,
  derive,
  distinct,
  double,
  features,
  lastCategory,
  lookup,
  hours,
  numeric,
  range,
  score,
  sliding,
  string,
  table,
  text,
  timestamp,
  view,
  watermarks,
  type SourceOptions,
  type Stage,
  type Topology,
} from '../../src/index.ts';
import { describeText } from '../../src/topology/describe.ts';
import { hopsOf } from '../../src/topology/hops.ts';
import { partsOf } from '../../src/topology/parts.ts';
import { topicSpecs } from '../../src/topology/topics.ts';

const over = sliding(hours(1));
const n = { n: count({ over }) };
const schema = { id: string, card: string, merchant: string, device: string, amount: double, at: timestamp };

const shops = table('shops', { schema: { id: string, town: string }, key: 'id', topic: 'shops' });

function topologyOf(
  keys: Readonly<Record<string, readonly string[]>>,
  options: Partial<SourceOptions> = { key: 'card' },
  before: readonly Stage[] = [],
): Topology {
  const views = Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, view(key, n)]));
  return defineTopology({
    name: 'payments',
    source: { topic: 'payments', schema, eventTime: 'at', ...options },
    stages: [...before, features({ fields: { amount: numeric('amount') }, views }), score({ key: 'id' })],
  });
}

function hops(topology: Topology): Array<[string, string[]]> {
  return hopsOf(topology.name, topology.source, topology.features).map(({ name, views }) => [
    name,
    views.map((one) => one.name),
  ]);
}

void t.test('views are brought together by as few hops as possible', async (t) => {
  const all = {
    card: ['card'],
    both: ['card', 'merchant'],
    pair: ['merchant', 'device'],
    merchant: ['merchant'],
    device: ['device'],
  } as const;
  t.same(hops(topologyOf(all)), [
    ['payments.by-merchant', ['pair', 'merchant']],
    ['payments.by-device', ['device']],
  ]);
  t.same(hops(topologyOf({ pair: ['merchant', 'device'], same: ['device', 'merchant'] })), [
    ['payments.by-merchant-device', ['pair', 'same']],
  ]);
  t.same(hops(topologyOf({ card: ['card'], part: ['card', 'device'] }, { key: ['card', 'device'] })), [
    ['payments.by-card', ['card']],
  ]);
  t.same(hops(topologyOf(all, {})), [], 'the source says no key');
  t.same(hops(topologyOf(all, { key: 'card', partitions: 1 })), [], 'one partition has all events');
});

void t.test('the parts of a topology', async (t) => {
  const topology = topologyOf(
    { card: ['card'], merchant: ['merchant'], device: ['device'] },
    { key: 'card' },
    [
      contract('alerts', [range('amount', 0, 5, { otherwise: 'alert' })]),
      contract([range('amount', 0, 10, { otherwise: { default: 0 } }), range('amount', 0, 10)]),
      derive({ upper: text.upper('merchant') }),
    ],
  );
  const { main, others } = partsOf(topology, new Map([['payments.by-device', 7]]));
  const kinds = ({ name, stages }: Topology): string =>
    `${name}: ${stages.map(({ kind }) => kind).join(' ')}`;
  t.same([main, ...others].map(kinds), [
    'payments: contract contract watermarks derive await-answers features score',
    'payments.by-merchant: once watermarks features answer',
    'payments.by-device: once watermarks features answer',
    'payments.front: contract watermarks derive send send',
  ]);
  t.same(main.features?.features, topology.features?.features, 'the vector is the same');
  t.same(
    topicSpecs(main)
      .filter(({ topic }) => /by-|answers/.test(topic))
      .map(({ topic, partitions }) => [topic, partitions]),
    [
      ['payments.by-merchant', 4],
      ['payments.by-merchant.unordered', 4],
      ['payments.by-device', 7],
      ['payments.by-device.unordered', 7],
      ['payments.answers', 4],
    ],
  );
  t.match(describeText(topology), / {2}hop {9}payments\.by-merchant by merchant: merchant; .* 12 bytes\n/);
  t.match(
    describeText(topology),
    /groups {6}millrace\.payments\.front, millrace\.payments\.by-merchant\.merge,/,
  );
});

/** Adds a column that depends on the events before. */
const running: Stage<never, { shop: typeof string }> = {
  id: 'running',
  kind: 'running-total',
  summary: '',
  reads: [],
  adds: { shop: string },
  memoryMs: 1,
  keys: [],
  open: () => ({ operator: (elements) => elements }),
};

void t.test('what views of another key cannot have', async (t) => {
  const merchant = { merchant: ['merchant'] };
  t.throws(() => topologyOf(merchant, { key: 'crad' }), {
    message: /source\.key: the key reads 'crad': no such column/,
  });
  t.throws(() => topologyOf(merchant, { key: [] }), { message: /source\.key: it names no column/ });
  t.throws(() => topologyOf(merchant, { key: 'card' }, [watermarks({ idleAfterMs: 1 })]), {
    message: /idleAfterMs/,
  });
  t.throws(
    () =>
      defineTopology({
        name: 'payments',
        source: { topic: 'payments', schema, eventTime: 'at', key: 'card' },
        stages: [
          lookup('shop', { table: shops, key: 'merchant', take: { city: 'town' } }),
          derive({ upper: text.upper('city') }),
          features({ views: { merchant: view(['merchant'], { towns: distinct('upper', { over }) }) } }),
        ],
      }),
    { message: /'upper' comes from a table/ },
  );
  t.throws(() => topologyOf({ a: ['card-id'], b: ['card_id'], c: ['card id'] }, { key: 'card' }), {
    message: /two of their keys would have the topic payments\.by-card-id/,
  });
  t.doesNotThrow(
    () => topologyOf({ card: ['card'] }, { key: 'card', sensitive: { id: 'hash' } }),
    'its own key',
  );
  const views = { merchant: view(['merchant'], { shops: distinct('shop', { over }) }) };
  const source = { topic: 'payments', schema, eventTime: 'at', key: 'card' };
  t.doesNotThrow(
    () => defineTopology({ name: 'payments', source, stages: [running, features({ views })] }),
    'what the front computes is sent',
  );
});

void t.test('what views of another key cannot read of the entity', async (t) => {
  const ofCard = { key: 'card', sensitive: { card: 'hash', id: 'drop' }, entity: 'card' } as const;
  const define = (
    ofMerchant: NonNullable<Parameters<typeof view>[1]>,
    options: Partial<SourceOptions> = ofCard,
    before: readonly Stage[] = [],
  ): Topology =>
    defineTopology({
      name: 'payments',
      source: { topic: 'payments', schema, eventTime: 'at', ...options },
      stages: [...before, features({ views: { merchant: view(['merchant'], ofMerchant) } })],
    });
  t.doesNotThrow(() => define({ n: count({ over }) }));
  t.doesNotThrow(() => define({ cards: distinct('card', { over }) }), 'by a pseudonym');
  t.throws(() => define({ last: lastCategory('card', { over }) }), {
    message: /'merchant\.last' has values of 'card'.*distinct/,
  });
  t.throws(() => define({ n: count({ over, bucketBy: 'card', buckets: { top: 2 } }) as never }), {
    message: /has values of 'card'/,
  });
  const byDevice = { ...ofCard, key: 'device' };
  t.throws(() => define({ cards: distinct('card', { over }) }, byDevice), {
    message: /they read 'card', which says whose an event is.*key: 'card'/,
  });
  t.throws(
    () =>
      topologyOf({ merchant: ['merchant'], card: ['card'] }, { ...byDevice, sensitive: { card: 'hash' } }),
    {
      message: /they read 'card', which says whose an event is/,
    },
  );
  const plain = { ...ofCard, sensitive: { device: 'hash' } } as const;
  t.throws(() => define({ cards: distinct('card', { over }) }, plain), {
    message: /they read 'card'.*hash it/,
  });
  const pairs = derive({ pair: text.join('-', 'card', 'device') });
  t.throws(() => define({ pairs: distinct('pair', { over }) }, ofCard, [pairs]), {
    message: /'pair' is computed by stage 'derive', which reads 'card'/,
  });
});

void t.test('answers of a changed declaration are those of another one', async (t) => {
  const fingerprint = (bucketBy: string, buckets: readonly string[]): number | undefined => {
    const stage = features({
      fields: {},
      views: { merchant: view(['merchant'], { n: count({ over, bucketBy, buckets }) }) },
    });
    return hopsOf('payments', { key: 'card' }, stage)[0]?.fingerprint;
  };
  t.equal(fingerprint('device', ['a']), fingerprint('device', ['a']));
  t.not(fingerprint('card', ['a']), fingerprint('device', ['a']));
  t.not(fingerprint('device', ['b']), fingerprint('device', ['a']));
});
