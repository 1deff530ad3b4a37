// Rules over columns of lists, against what plain arrays say.
import fc from 'fast-check';
import t from 'tap';
import {
  contract,
  defineTopology,
  double,
  items,
  list,
  nullable,
  source,
  string,
  timestamp,
  watermarks,
  type Rule,
} from '../../src/index.ts';
import { TopologyDriver } from '../../src/testing/index.ts';

const orders = source('orders', {
  schema: {
    id: string,
    at: timestamp,
    tags: nullable(list(nullable(string))),
    prices: nullable(list(nullable(double))),
  },
  eventTime: 'at',
});
type Reads = 'tags: string[]' | 'tags: list' | 'prices: number[]' | 'prices: list';

const order = fc.record({
  tags: fc.option(fc.array(fc.option(fc.constantFrom('a', 'b', 'c')), { maxLength: 4 })),
  prices: fc.option(fc.array(fc.option(fc.integer({ min: -2, max: 6 })), { maxLength: 4 })),
});
type Order = typeof order extends fc.Arbitrary<infer T> ? T : never;

const cases: ReadonlyArray<readonly [rule: Rule<Reads>, code: string, breaks: (order: Order) => boolean]> = [
  [
    items.length('tags', 1, 2),
    'CONTRACT_LENGTH',
    ({ tags }) => tags !== null && (tags.length < 1 || tags.length > 2),
  ],
  [
    items.range('prices', 0, 4.5),
    'CONTRACT_RANGE',
    ({ prices }) => prices?.some((price) => price !== null && (price < 0 || price > 4.5)) ?? false,
  ],
  [
    items.oneOf('tags', ['a', 'c']),
    'CONTRACT_CATEGORY',
    ({ tags }) => tags?.some((tag) => tag === 'b') ?? false,
  ],
  [items.required('tags'), 'CONTRACT_NULL', ({ tags }) => tags?.includes(null) ?? false],
];

t.test('property: a rule over lists breaks where one of an array does', async (t) => {
  for (const [rule, code, breaks] of cases) {
    await fc.assert(
      fc.asyncProperty(fc.array(order, { maxLength: 30 }), async (sent) => {
        const driver = new TopologyDriver(defineTopology(orders, { stages: [contract([rule])] }));
        const rows = sent.map((one, i) => ({ id: String(i), at: i, ...one }));
        await driver.send(rows);
        t.strictSame(
          driver.deadLetters.map(({ row, code: found }) => [row['id'], found]),
          rows.filter(breaks).map(({ id }) => [id, code]),
          rule.name,
        );
        await driver.close();
      }),
      { numRuns: 40 },
    );
  }
});

t.test('a list that breaks a rule may become null', async (t) => {
  const rule = items.oneOf('tags', ['a'], { otherwise: { default: null } });
  const driver = new TopologyDriver(defineTopology(orders, { stages: [contract([rule])] }));
  await driver.send([
    { id: '1', at: 1, tags: ['a', 'b'], prices: [1] },
    { id: '2', at: 2, tags: ['a'], prices: null },
  ]);
  t.strictSame(
    driver.rows.map(({ tags, prices }) => [tags, prices]),
    [
      [null, [1]],
      [['a'], null],
    ],
  );
});

t.test('what makes no sense is refused', async (t) => {
  const refused = (rule: unknown, message: RegExp): void =>
    void t.throws(() => defineTopology(orders, { stages: [contract([rule as Rule<Reads>])] }), { message });
  refused(items.length('tags', 3, 1), /items\.length\(tags\) is from 3 to 1: give the lower one first/);
  refused(items.range('prices', 4, 1), /items\.range\(prices\) is from 4 to 1/);
  refused(items.oneOf('tags', []), /takes a list of strings/);
  // @ts-expect-error -- the default of a list is null
  refused(items.length('tags', 0, 1, { otherwise: { default: 'a' } }), /that of a list is null/);
  refused(items.range('tags' as 'prices', 0, 1), /'tags' is a list of strings/);
  refused(items.length('id' as 'tags', 0, 1), /'id' is a string/);
  const nested = { ...list(string), type: 'list(list(string))' } as unknown as typeof string;
  t.throws(
    () =>
      defineTopology(source('x', { schema: { at: timestamp, a: nested }, eventTime: 'at' }), {
        stages: [watermarks()],
      }),
    /'a' is a list of lists, which has no column/,
  );
});
