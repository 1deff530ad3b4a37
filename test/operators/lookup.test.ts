// Lookups in tables, and the rule over their keys, in a driven topology.
import fc from 'fast-check';
import t from 'tap';
import {
  contract,
  count,
  defineTopology,
  derive,
  double,
  enumeration,
  features,
  inTable,
  int64,
  long,
  lookup,
  minutes,
  nullable,
  source,
  string,
  stringFrom,
  table,
  text,
  timestamp,
  tumbling,
  view,
  watermarks,
} from '../../src/index.ts';
import { TopologyDriver } from '../../src/testing/index.ts';

const payments = source('payments', {
  schema: { id: string, merchant: nullable(string), account: int64, bank: long, at: timestamp },
  eventTime: 'at',
});
const merchants = table('merchants', {
  schema: { id: string, category: enumeration(['food', 'fuel']), limit: nullable(double) },
  key: 'id',
  topic: 'merchants',
});
const accounts = table('accounts', {
  schema: { number: int64, owner: string },
  key: 'number',
  topic: 'accounts',
});
const banks = table('banks', {
  schema: { code: long, name: string, since: timestamp },
  key: 'code',
  time: 'since',
  topic: 'banks',
});

const event = (
  id: string,
  merchant: string | null,
  at: number,
): { id: string; merchant: string | null; account: string; bank: number; at: number } => ({
  id,
  merchant,
  account: '9007199254740993',
  bank: 7,
  at,
});

t.test('later stages see the columns of the row of their instant', async (t) => {
  const topology = defineTopology(payments, {
    stages: [
      lookup('merchant', {
        table: merchants,
        key: 'merchant',
        take: { category: 'category', limit: 'limit' },
      }),
      lookup('account', { table: accounts, key: 'account', take: { owner: 'owner' } }),
      lookup('bank', { table: banks, key: 'bank', take: { bankName: 'name' } }),
      derive('derive', { pair: stringFrom([text('category'), text('owner')], (a, b) => `${a}/${b}`) }),
      watermarks('watermarks', { allowedLatenessMs: minutes(5) }),
      features('features', {
        views: { category: view(['category'], { n: count({ over: tumbling(minutes(60)) }) }) },
      }),
    ],
  });
  const driver = new TopologyDriver(topology, { hotKeysMax: 1 });
  driver.table('merchants').upsert([{ id: 'm1', category: 'food', limit: 10 }], 1_000);
  driver.table('merchants').upsert({ id: 'm1', category: 'fuel', limit: null }, 2_000);
  driver.table('merchants').remove('m1', 4_000);
  driver.table('accounts').upsert({ number: '9007199254740993', owner: 'o' });
  driver.table('banks').upsert([
    { code: 7, name: 'old', since: 0 },
    { code: 7, name: 'new', since: 3_000 },
  ]);
  await driver.send([
    event('a', 'm1', 999),
    event('b', 'm1', 1_000),
    event('c', 'm1', 1_999),
    event('d', 'm1', 3_999),
    event('e', 'm1', 4_000),
    event('f', null, 3_999),
    event('g', 'm2', 3_999),
  ]);
  const shown = (): unknown[] =>
    driver.rows.map((row) => [row['id'], row['category'], row['limit'], row['bankName'], row['pair']]);
  const wanted = [
    ['a', null, null, 'old', 'null/o'],
    ['b', 'food', 10, 'old', 'food/o'],
    ['c', 'food', 10, 'old', 'food/o'],
    ['d', 'fuel', null, 'new', 'fuel/o'],
    ['e', null, null, 'new', 'null/o'],
    ['f', null, null, 'new', 'null/o'],
    ['g', null, null, 'new', 'null/o'],
  ];
  t.strictSame(shown(), wanted);
  await driver.restart();
  t.strictSame(shown(), wanted, 'and after a restart the same');
  t.throws(() => driver.table('merchant'), { code: 'TOPOLOGY_INVALID' });
  t.throws(() => driver.table('banks').upsert({ code: 7, name: 'x', since: null }), { code: 'DATA_INVALID' });
});

t.test(
  'property: keys of a view that are looked up are right whatever memory holds and when it restarts',
  async (t) => {
    const topology = defineTopology(payments, {
      stages: [
        watermarks('watermarks', { allowedLatenessMs: minutes(60) }),
        lookup('merchant', { table: merchants, key: 'merchant', take: { category: 'category' } }),
        features('features', {
          views: { category: view(['category'], { n: count({ over: tumbling(minutes(60)) }) }) },
        }),
      ],
    });
    const versions = fc.array(
      fc.tuple(
        fc.constantFrom('m1', 'm2'),
        fc.integer({ min: 0, max: 99 }),
        fc.constantFrom('food', 'fuel', null),
      ),
    );
    const events = fc.array(
      fc.tuple(fc.constantFrom('m1', 'm2', 'm3', null), fc.integer({ min: 0, max: 99 })),
      {
        maxLength: 12,
      },
    );
    const run = async (
      list: ReadonlyArray<readonly [string, number, string | null]>,
      batches: ReadonlyArray<ReadonlyArray<readonly [string | null, number]>>,
      restarts: boolean,
    ): Promise<unknown[]> => {
      const driver = new TopologyDriver(topology, { hotKeysMax: restarts ? 1 : 100 });
      for (const [id, atMs, category] of list) {
        if (category === null) driver.table('merchants').remove(id, atMs);
        else driver.table('merchants').upsert({ id, category, limit: null }, atMs);
      }
      for (const [i, batch] of batches.entries()) {
        await driver.send(batch.map(([merchant, at], j) => event(`${i}-${j}`, merchant, at)));
        if (!restarts) continue;
        if (i % 2 === 0) await driver.barrier();
        await driver.restart();
      }
      return driver.rows.map((row) => [row['id'], row['category']]);
    };
    await fc.assert(
      fc.asyncProperty(versions, fc.array(events, { maxLength: 5 }), async (list, batches) => {
        const wanted = batches.flatMap((batch, i) =>
          batch.map(([merchant, at], j) => {
            let found: readonly [string, number, string | null] | null = null;
            for (const one of list)
              if (one[0] === merchant && one[1] <= at && (found === null || one[1] >= found[1])) found = one;
            return [`${i}-${j}`, found?.[2] ?? null];
          }),
        );
        t.strictSame(await run(list, batches, false), wanted);
        t.strictSame(await run(list, batches, true), wanted);
      }),
      { numRuns: 60 },
    );
  },
);

t.test('a contract takes the keys of a table as its reference', async (t) => {
  const topology = defineTopology(payments, {
    stages: [
      contract([inTable('merchant', merchants), inTable('bank', banks, { otherwise: 'flag' })]),
      watermarks('watermarks'),
    ],
  });
  const driver = new TopologyDriver(topology);
  await driver.send([event('a', 'm1', 1_000), event('b', null, 1_000)]);
  driver.table('merchants').upsert({ id: 'm1', category: 'food' }, 2_000);
  await driver.send([event('c', 'm1', 1_999), event('d', 'm1', 2_000)]);
  t.strictSame(
    driver.deadLetters.map(({ code }) => code),
    ['CONTRACT_REFERENCE', 'CONTRACT_REFERENCE'],
  );
  t.strictSame(
    driver.rows.map((row) => row['id']),
    ['b', 'd'],
  );
});

t.test('what makes no sense is refused with its place', async (t) => {
  const problems = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  const wrong = (options: unknown): string =>
    problems(() =>
      defineTopology(payments, {
        stages: [
          lookup('one', {
            table: table('t', options as Parameters<typeof table>[1]),
            key: 'merchant',
            take: { x: 'v' },
          }),
        ],
      }),
    );
  const sound = { schema: { id: string, v: double }, key: 'id', topic: 't' };
  t.equal(wrong(sound), '');
  t.match(wrong({ ...sound, topic: undefined }), /one of topic, file, query, url/);
  t.match(wrong({ ...sound, file: 'x.csv' }), /both topic and file/);
  t.match(wrong({ ...sound, key: 'idd' }), /no column 'idd'/);
  t.match(wrong({ ...sound, time: 'id' }), /'id' is a string, and must be a timestamp/);
  t.match(wrong({ ...sound, everyMs: 5 }), /no option 'everyMs'/);
  t.match(wrong({ schema: sound.schema, key: 'id', url: 'http://host/x' }), /has no \{key\}/);
  t.match(wrong({ ...sound, keepMs: -1 }), /not a duration/);
  const twice = problems(() =>
    defineTopology(payments, {
      stages: [
        lookup('one', { table: merchants, key: 'merchant', take: { x: 'limit' } }),
        lookup('two', {
          table: table('merchants', { schema: { id: string, v: double }, key: 'id', topic: 'other' }),
          key: 'merchant',
          take: { y: 'v' },
        }),
      ],
    }),
  );
  t.match(twice, /two tables have the name 'merchants'/);
  t.match(
    problems(() =>
      defineTopology(payments, {
        stages: [lookup('one', { table: merchants, key: 'merchant', take: { id: 'category' } })],
      }),
    ),
    /adds 'id', which is there already/,
  );
});
