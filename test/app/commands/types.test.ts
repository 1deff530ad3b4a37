// `millrace types`: the columns of an Avro schema as a module.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { typesOf } from '../../../src/app/commands/types/write-types.ts';
import { flightEventColumns } from '../../../topologies/flight-columns.ts';
import { avroSchema } from '../../../src/topology/avro-schema.ts';
import { commandsOf, shellBlock } from '../../docs/pages.ts';
import { millrace } from '../../support/cli.ts';

const FLIGHTS = 'schemas/flights-value.avsc';

t.test("the flights' columns are what the verb writes for their schema", async (t) => {
  const { code, stdout } = await millrace(['types', FLIGHTS]);
  t.equal(code, 0);
  t.equal(stdout, readFileSync('topologies/flight-columns.ts', 'utf8'));
  const schema: unknown = JSON.parse(readFileSync(FLIGHTS, 'utf8'));
  t.strictSame(JSON.parse(avroSchema('flights', flightEventColumns)), schema);
});

t.test('the command of the guide writes a file', async (t) => {
  const folder = t.testdir({
    schemas: { 'payments-value.avsc': readFileSync(FLIGHTS, 'utf8') },
    topologies: {},
  });
  const [command = ''] = commandsOf(shellBlock('docs/guide/columns.md', 'From an Avro schema'));
  const words = command.replace(/^npx millrace /, '').split(' ');
  const args = words.map((word) => (word.includes('/') ? join(folder, word) : word));
  t.equal((await millrace(args)).code, 0);
  const written = readFileSync(join(folder, 'topologies/payment-columns.ts'), 'utf8');
  t.match(written, /^export type FlightEventColumns = \{$/m);
});

const record = (fields: readonly object[]): string =>
  JSON.stringify({ type: 'record', name: 'String', fields });

t.test(
  'nested records, unions either way, names and documentation that TypeScript would stumble over',
  async (t) => {
    const module = typesOf(
      'x.avsc',
      record([
        { name: 'at', type: ['long', 'null'], doc: 'ends */ early' },
        { name: 'none', type: 'null' },
        {
          name: 'card',
          type: {
            type: 'record',
            name: 'Card',
            fields: [
              { name: 'issuedAt', type: { type: 'long', logicalType: 'timestamp-millis' }, doc: 'When.' },
            ],
          },
        },
        { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['a', 'b'] }, doc: "it's `${x}`" },
        { name: 'kindBefore', type: ['null', 'Kind'], default: null },
      ]),
    );
    for (const line of [
      "import { avroColumns, double, enumeration, long, nullable, timestamp, type ColumnType } from 'millrace';",
      '  /** ends *\\/ early */',
      "  readonly at: ColumnType<'long?'>;",
      "  readonly none: ColumnType<'double?'>;",
      '  /** When. */',
      "  readonly 'card.issuedAt': ColumnType<'timestamp'>;",
      "  readonly kindBefore: ColumnType<'enum?'>;",
      'export const stringColumns: StringColumns = avroColumns(',
      '    at: nullable(long),',
      "    'card.issuedAt': timestamp,",
      "    kindBefore: nullable(enumeration(['a', 'b'])),",
    ]) {
      t.ok(module.includes(`${line}\n`), line);
    }
  },
);

t.test('bytes, arrays, maps and unions have columns', async (t) => {
  const module = typesOf(
    'x.avsc',
    record([
      { name: 'picture', type: 'bytes' },
      { name: 'tags', type: { type: 'array', items: 'string' } },
      { name: 'either', type: ['int', 'string'] },
      { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
      { name: 'more', type: { type: 'map', values: 'int' } },
      {
        name: 'items',
        type: [
          'null',
          {
            type: 'array',
            items: { type: 'record', name: 'I', fields: [{ name: 'price', type: ['null', 'double'] }] },
          },
        ],
      },
    ]),
  );
  for (const line of [
    '    picture: bytes,',
    '    tags: list(string),',
    "    'tags.length': long,",
    "    'items[].price': nullable(list(nullable(double))),",
    "    'more.keys()': list(string),",
    "    'more.values()': list(int),",
    "  readonly 'more.values()': ColumnType<'list(int)'>;",
    "    'either.int': nullable(int),",
    "    'either.string': nullable(string),",
    '    price: decimal,',
  ])
    t.ok(module.includes(`${line}\n`), line);
});

t.test('what is no schema with columns is refused', async (t) => {
  const noColumn = record([]);
  t.throws(() => typesOf('x.avsc', noColumn), { code: 'SCHEMA_INVALID', message: /have columns/ });
  t.throws(() => typesOf('x.avsc', '{ "type": "recrd" }'), { code: 'SCHEMA_INVALID', message: /x\.avsc/ });
  t.throws(() => typesOf('x.avsc', 'no JSON'), { code: 'SCHEMA_INVALID' });
  const { code, stderr } = await millrace(['types', 'schemas/missing.avsc']);
  t.equal(code, 1);
  t.match(stderr, /^millrace: SCHEMA_INVALID: the schema cannot be read: .*missing\.avsc/);
});
