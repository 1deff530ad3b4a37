// Lookup tables in descriptions, in their comparison, and for the compiler.
import t from 'tap';
import {
  add,
  contract,
  debezium,
  defineTopology,
  derive,
  double,
  enumeration,
  inTable,
  json,
  lookup,
  nullable,
  source,
  string,
  table,
  timestamp,
  type Columns,
  type TableOptions,
  type Topology,
} from '../../src/index.ts';
import { schemaOf } from '../../src/topology/columns-schema.ts';
import { changesBetween } from '../../src/topology/compatibility.ts';
import { describeMermaid, describeText } from '../../src/topology/describe.ts';
import { descriptionOf, parseDescription, type TopologyDescription } from '../../src/topology/description.ts';

const columns = { id: string, merchant: string, at: timestamp };
const payments = source('payments', { schema: columns, eventTime: 'at' });
const schema = { id: string, kind: enumeration(['a']), limit: nullable(double), since: timestamp };
const base = { schema, key: 'id', topic: 'merchants' } as const;

function using(options: TableOptions<Columns>): Topology {
  return defineTopology(payments, {
    stages: [
      contract([inTable('merchant', table('merchants', options))]),
      lookup('merchant', { table: table('limits', base), key: 'merchant', take: { limit: 'limit' } }),
    ],
  });
}

function described(topology: Topology): TopologyDescription {
  return parseDescription(JSON.stringify(descriptionOf(topology, schemaOf(columns))), 'test');
}

const changes = (before: TableOptions<Columns>, after: TableOptions<Columns>): string[] =>
  changesBetween(described(using(before)), described(using(after))).map(
    ({ who, breaks, what }) => `${who} ${breaks ? 'break' : 'fit'}: ${what}`,
  );

t.test('descriptions say where rows come from, and as of when', async (t) => {
  const text = (options: TableOptions<Columns>): string =>
    describeText(using(options))
      .split('\n')
      .filter((line) => line.includes('merchants:'))
      .join();
  t.equal(text(base), "  table       merchants: topic merchants, by id, as of the record's time");
  t.equal(
    text({ ...base, format: debezium(json()), time: 'since' }),
    '  table       merchants: topic merchants, debezium of json, by id, as of since',
  );
  t.match(text({ ...base, current: true }), /a replay may see another one/);
  t.match(text({ schema, key: 'id', query: 'SELECT *\n FROM x' }), /query SELECT \* FROM x, by id, the row/);
  t.match(
    text({ schema, key: 'id', url: 'http://host/{key}' }),
    /GET http:\/\/host\/\{key\}, by id, the row/,
  );
  t.match(text({ schema, key: 'id', file: '/x.csv', time: 'since' }), /file \/x\.csv, by id, as of since/);
  t.match(describeMermaid(using(base)), /table-limits\[\(limits\)\] --> merchant/);
  t.match(describeText(using(base)), /lookup +merchant: limit of table limits by merchant/);
});

t.test('changes of tables concern those who fill them', async (t) => {
  const { limit: _limit, ...fewer } = schema;
  t.strictSame(changes(base, base), []);
  t.strictSame(changes(base, { ...base, topic: 'other' }), [
    'producers break: the origin of the table merchants is topic other, and was topic merchants',
  ]);
  t.strictSame(changes(base, { ...base, time: 'since' }), [
    'producers break: the time of the table merchants is since, and was record',
  ]);
  t.strictSame(changes({ ...base, schema: fewer }, base), [
    "producers fit: table merchants: the column 'limit' is new; events without it have null",
  ]);
  t.strictSame(changes(base, { ...base, schema: { ...schema, more: double } }), [
    "producers break: table merchants: the column 'more' is new and required",
  ]);
  const without = defineTopology(payments, {
    name: 'payments',
    stages: [derive('derive', { twice: add('at', 'at') })],
  });
  const { tables: _tables, ...old } = described(without);
  t.strictSame(
    changesBetween(old, described(using(base))).filter(({ what }) => what.includes('table')).length,
    2,
    'a description of a version without tables',
  );
});

t.test('the compiler knows the columns of a table', async (t) => {
  const limits = table('limits', base);
  const refused = (work: () => unknown): void => {
    t.throws(work, { code: 'TOPOLOGY_INVALID' });
  };
  refused(() =>
    defineTopology(payments, {
      stages: [
        // @ts-expect-error there is no such column in the table
        lookup('one', { table: limits, key: 'merchant', take: { x: 'limitt' } }),
      ],
    }),
  );
  refused(() =>
    defineTopology(payments, {
      // @ts-expect-error there is no such column in the events
      stages: [lookup('one', { table: limits, key: 'merchantt', take: { x: 'limit' } })],
    }),
  );
  refused(() =>
    defineTopology(payments, {
      stages: [
        lookup('one', { table: limits, key: 'merchant', take: { kind: 'kind' } }),
        // @ts-expect-error it is a string
        derive('two', { y: add('kind', 'at') }),
      ],
    }),
  );
  // @ts-expect-error the key is no column
  t.ok(table('limits', { ...base, key: 'idd' }));
});
