// What a change means to producers and consumers.
import t from 'tap';
import {
  contract,
  count,
  defineTopology,
  divide,
  double,
  enumeration,
  features,
  hours,
  holds,
  int,
  json,
  less,
  list,
  matches,
  nullable,
  nullShare,
  numeric,
  oneOf,
  range,
  required,
  scaled,
  score,
  sliding,
  source,
  string,
  timestamp,
  view,
  type Columns,
  type FeaturesOptions,
  type Rule,
  type Topology,
} from '../../src/index.ts';
import { changesBetween } from '../../src/topology/compatibility.ts';
import { schemaOf } from '../../src/topology/columns-schema.ts';
import { descriptionOf, parseDescription, type TopologyDescription } from '../../src/topology/description.ts';

const columns: Columns = {
  id: string,
  kind: enumeration(['a', 'b']),
  items: int,
  amount: double,
  note: nullable(string),
  at: timestamp,
};
interface Parts {
  readonly schema?: Columns;
  readonly rules?: ReadonlyArray<Rule>;
  readonly features?: FeaturesOptions;
  readonly source?: object;
  readonly more?: object;
}

function described(parts: Parts): TopologyDescription {
  const { schema = columns, rules = [required('amount')], more = {} } = parts;
  const topology: Topology = defineTopology({
    name: 'orders',
    source: source('orders', { schema, eventTime: 'at', ...parts.source }),
    stages: [
      contract(rules),
      features(parts.features ?? { fields: { amount: numeric('amount') } }),
      score({ key: 'id' }),
    ],
    ...more,
  });
  // As a file has it.
  return parseDescription(JSON.stringify(descriptionOf(topology, schemaOf(schema))), 'test');
}

function changes(before: Parts, after: Parts): string[] {
  return changesBetween(described(before), described(after)).map(
    ({ who, breaks, what }) => `${who} ${breaks ? 'break' : 'fit'}: ${what}`,
  );
}

function without(name: string): Columns {
  return Object.fromEntries(Object.entries(columns).filter(([column]) => column !== name));
}

t.test('columns', (t) => {
  const to = (schema: Columns): string[] => changes({}, { schema });
  t.same(to(columns), []);
  t.same(to({ ...columns, fee: double }), ["producers break: the column 'fee' is new and required"]);
  t.same(to({ ...columns, fee: nullable(double) }), [
    "producers fit: the column 'fee' is new; events without it have null",
  ]);
  t.same(to(without('note')), [
    "producers fit: the column 'note' is not read any more",
    "consumers break: the column 'note' is gone",
  ]);
  t.same(to({ ...columns, items: double }), [
    "producers fit: the column 'items' is double, and was int",
    "consumers break: the column 'items' is double, and was int",
  ]);
  t.same(to({ ...columns, note: nullable(double) }), [
    "producers break: the column 'note' is double, and was string",
    "consumers break: the column 'note' is double, and was string",
  ]);
  t.same(to({ ...columns, note: string }), ["producers break: the column 'note' is required"]);
  t.same(to({ ...columns, amount: nullable(double) }), ["consumers break: the column 'amount' may be null"]);
  t.same(to({ ...columns, kind: enumeration(['a', 'c']) }), [
    "producers break: the column 'kind' has no b any more",
    "consumers break: the column 'kind' may be c",
  ]);
  t.end();
});

t.test('digits behind the point', (t) => {
  const cents = { schema: { ...columns, price: scaled(2), prices: list(scaled(2)) } };
  const mills = { schema: { ...columns, price: scaled(3), prices: list(scaled(3)) } };
  t.same(changes(cents, mills), [
    "producers fit: the column 'price' has 3 digits behind the point, and had 2",
    "producers fit: the column 'prices' has 3 digits behind the point, and had 2",
    "consumers break: the column 'price' has 3 digits behind the point, and had 2",
    "consumers break: the column 'prices' has 3 digits behind the point, and had 2",
  ]);
  t.match(changes(mills, cents)[0], /^producers break: the column 'price' has 2 digits/);
  t.same(changes(cents, cents), []);
  t.end();
});

t.test('rules', (t) => {
  const from = (before: readonly Rule[], after: readonly Rule[]): string[] =>
    changes({ rules: before }, { rules: after }).map((line) => line.replace(/: .*/, ''));
  const wide = range('amount', 0, 10);
  const flagged = range('amount', 0, 5, { otherwise: 'flag' });
  t.same(from([wide], [wide, required('note')]), ['producers break']);
  t.same(from([wide, required('note')], [wide]), ['consumers break']);
  t.same(from([wide], [range('amount', 1, 10)]), ['producers break']);
  t.same(from([wide], [range('amount', -1, 10)]), ['consumers break']);
  t.same(from([wide], [range('amount', 1, 11)]), ['producers break', 'consumers break']);
  t.same(from([wide], [range('amount', 0, Infinity)]), ['consumers break']);
  t.same(from([range('amount', 0, Infinity)], [wide]), ['producers break']);
  t.same(from([wide], [wide, flagged]), ['producers fit'], 'what is flagged is accepted');
  t.same(from([wide], [range('amount', 0, 10, { otherwise: 'flag' })]), ['consumers break']);
  t.same(from([range('amount', 0, 10, { otherwise: 'alert' })], [wide]), ['producers break']);
  t.same(from([wide], [range('amount', 0, 10, { otherwise: { default: null } })]), []);
  t.same(from([oneOf('note', ['x', 'y'])], [oneOf('note', ['y', 'x'])]), []);
  t.same(from([oneOf('note', ['x', 'y'])], [oneOf('note', ['x'])]), ['producers break']);
  t.same(from([oneOf('note', ['x'])], [oneOf('note', ['x', 'y'])]), ['consumers break']);
  t.same(from([matches('note', 'a')], [matches('note', 'b')]), ['producers break', 'consumers break']);
  t.same(
    from([holds(less('amount', 5))], [holds(less('amount', 6))]),
    ['producers break', 'consumers break'],
    'another condition is another rule',
  );
  t.same(from([nullShare('note', { most: 0.1 })], [nullShare('note', { most: 0.2 })]), ['consumers fit']);
  const forA = required('note', { where: { kind: 'a' } });
  t.same(from([forA], [forA, required('note')]), ['producers break'], 'a rule for other events');
  t.end();
});

t.test('source, features and outputs', (t) => {
  t.same(changes({}, { source: { format: json() } }), [
    'producers break: the format of events is json, and was avro',
  ]);
  t.same(changes({}, { more: { predictions: { format: 'json' } } }), [
    'consumers break: the format of predictions is json, and was avro',
  ]);
  const amount = { amount: numeric('amount') };
  t.same(changes({}, { features: { fields: { ...amount, items: numeric('items') } } }), [
    'consumers break: the feature items is new: models of before do not fit',
  ]);
  t.same(changes({}, { features: { fields: { amount: numeric('items') } } }), [
    'consumers break: the feature amount is numeric(items), and was numeric(amount)',
  ]);
  const over = (n: number): FeaturesOptions => ({
    fields: amount,
    views: { id: view(['id'], { n: count({ over: sliding(hours(n)) }) }) },
  });
  t.same(changes({ features: over(1) }, { features: over(1) }), []);
  t.match(changes({ features: over(1) }, { features: over(2) }), [
    /consumers break: the feature id.n is count by id/,
  ]);
  const derived = (d: number): FeaturesOptions => ({
    fields: amount,
    derived: { part: divide('amount', d) },
  });
  t.same(changes({ features: derived(2) }, { features: derived(3) }), [
    'consumers break: the feature part is divide(amount, 3), and was divide(amount, 2)',
  ]);
  t.end();
});

t.test('what is no description', (t) => {
  const good = described({});
  for (const bad of [
    '',
    '[]',
    '{}',
    JSON.stringify({ ...good, description: 2 }),
    JSON.stringify({ ...good, rules: [7] }),
  ])
    t.throws(() => parseDescription(bad, 'old.json'), { code: 'DATA_INVALID' }, bad.slice(0, 20));
  t.end();
});

void t.test('the key of records, and views that move to another topic', async (t) => {
  const described = (key?: string): TopologyDescription => {
    const topology = defineTopology({
      name: 'cards',
      source: {
        topic: 'cards',
        eventTime: 'at',
        schema: { id: string, card: string, shop: string, at: timestamp },
        ...(key === undefined ? {} : { key }),
      },
      stages: [
        features({
          views: {
            card: view(['card'], { n: count({ over: sliding(hours(1)) }) }),
            shop: view(['shop'], { n: count({ over: sliding(hours(1)) }) }),
          },
        }),
        score({ key: 'id' }),
      ],
    });
    return parseDescription(
      JSON.stringify(descriptionOf(topology, schemaOf(topology.source.schema ?? {}))),
      '',
    );
  };
  const changes = (before: TopologyDescription, after: TopologyDescription): string[] =>
    changesBetween(before, after).map((change) => `${change.breaks ? 'breaks' : 'fits'}: ${change.what}`);
  t.same(changes(described(), described('card')), [
    'breaks: the key of records is card, and was not declared',
    "fits: the features of 'shop' start without events: they come from cards.by-shop",
  ]);
  t.same(changes(described('card'), described('shop')), [
    'breaks: the key of records is shop, and was card',
    "fits: the features of 'card' start without events: they come from cards.by-card",
    "fits: the features of 'shop' start without events: they come from cards",
  ]);
  t.same(changes(described('card'), described()).slice(0, 1), [
    'fits: the key of records is not declared, and was card',
  ]);
});
