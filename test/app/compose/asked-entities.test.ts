// Keys of entities that a reader names: from events through the windows and the store.
import t from 'tap';
import { SqliteStateStores } from '../../../src/adapters/embedded/state-store.ts';
import { featureServices } from '../../../src/app/compose/feature-services.ts';
import {
  boolean,
  count,
  defineTopology,
  double,
  features,
  hours,
  int64,
  map,
  score,
  sliding,
  source,
  string,
  stringFrom,
  text,
  timestamp,
  view,
  type Topology,
} from '../../../src/index.ts';
import type { EntityColumns } from '../../../src/ports/features.ts';
import { TopologyDriver } from '../../../src/testing/index.ts';

const NOW = Date.UTC(2026, 4, 1, 12);

/** What the events leave in the only partition. */
async function storeWith(
  { name, source: { topic } }: Topology,
  driver: Pick<TopologyDriver, 'barrier' | 'delta'>,
): Promise<SqliteStateStores> {
  await driver.barrier();
  const stores = new SqliteStateStores({ path: ':memory:' });
  const store = stores.open(name, { topic, partition: 0 });
  await store.restore(1);
  await store.commit({ epoch: 1, offsetNext: 9, watermarkMs: NOW, modelVersion: 'none' }, driver.delta);
  return stores;
}

t.test('keys of any shape and type are those that events have', async (t) => {
  const texts = [
    '',
    '\0',
    'a\0b',
    '{}',
    '{a}',
    'a|b',
    'a\\',
    '\\|',
    '|',
    ' ',
    '%',
    '=',
    'x'.repeat(10_000),
    '\u00e9',
    'e\u0301',
    '\u{1f600}',
    '9007199254740993',
    '9007199254740992',
  ];
  const payments = source('payments', {
    schema: { id: int64, no: double, on: boolean, text: string, at: timestamp },
    eventTime: 'at',
  });
  const n = count({ over: sliding(hours(1)) });
  const keyed = defineTopology(payments, {
    stages: [
      features({
        views: { one: view(['text'], { n }), all: view(['text', 'id', 'no', 'on', 'at'], { n }) },
      }),
      score({ key: 'id', fallback: 0.5 }),
    ],
  });
  const driver = new TopologyDriver(keyed);
  const id = '9007199254740993';
  for (const [i, text] of texts.entries())
    await driver.send(Array.from({ length: i + 1 }, () => ({ id, no: 25, on: true, text, at: NOW })));
  const stores = await storeWith(keyed, driver);
  t.teardown(() => stores.close());
  const reader = featureServices(keyed, stores, () => NOW);
  const read = async (service: string, entities: EntityColumns[]): Promise<unknown> =>
    (await reader.read({ service, entities })).results.map(({ values }) => values[0]);
  const numbers = texts.map((_, i) => i + 1);
  t.same(
    await read(
      'one',
      texts.map((text) => ({ text })),
    ),
    numbers,
  );
  const at = new Date(NOW).toISOString();
  for (const rest of [
    { id, no: 25, on: true, at: NOW },
    { id: 9_007_199_254_740_993n, no: '25.0', on: 'true', at },
    { id, no: ' 2.5e1', on: '1', at: String(NOW) },
  ])
    t.same(
      await read(
        'all',
        texts.map((text) => ({ ...rest, text })),
      ),
      numbers,
      String(rest.no),
    );
  const refused = async (entity: EntityColumns, message: RegExp): Promise<void> =>
    void (await t.rejects(read('all', [{ id, no: 25, on: true, at: NOW, text: 'a', ...entity }]), {
      code: 'DATA_INVALID',
      message,
    }));
  await refused({ id: 9_007_199_254_740_992 }, /'id'.*lost digits.*string/);
  await refused({ no: 'many' }, /'no'.*'many' is no number/);
  await refused({ no: '' }, /is no number/);
  await refused({ text: '\ud800' }, /'text'.*half of a surrogate pair/);
});

t.test(
  'halves of surrogate pairs that a function makes are one key in memory and in the store',
  async (t) => {
    const texts = source('texts', { schema: { text: string, at: timestamp }, eventTime: 'at' });
    const half = defineTopology(texts, {
      stages: [
        map({ text: stringFrom([text('text')], (whole) => whole?.slice(0, 1) ?? null) }),
        features({ views: { half: view(['text'], { n: count({ over: sliding(hours(1)) }) }) } }),
      ],
    });
    const driver = new TopologyDriver(half);
    // Their first halves differ.
    const given = ['\u{1f600}', '\u{20000}', 'a', '\u{1f600}', '\u{20000}'];
    await driver.send(given.map((text) => ({ text, at: NOW })));
    const stores = await storeWith(half, driver);
    t.teardown(() => stores.close());
    t.same(driver.delta.puts.map(({ key }) => key).sort(), ['features:half=a', 'features:half=\ufffd']);
    const reader = featureServices(half, stores, () => NOW);
    const { results } = await reader.read({ service: 'half', entities: [{ text: '\ufffd' }, { text: 'a' }] });
    t.match(results, [{ values: [4] }, { values: [1] }]);
  },
);
