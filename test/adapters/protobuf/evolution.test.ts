// Any schema that a producer moves to: its fields of any types and numbers, in any order, or not there. A record is what
// @bufbuild/protobuf says by that schema; a schema that cannot fill the columns says which.
import assert from 'node:assert/strict';
import { create, toBinary, type DescMessage, type Message } from '@bufbuild/protobuf';
import fc from 'fast-check';
import t from 'tap';
import { linkedFile } from '../../../src/adapters/protobuf/linked-files.ts';
import { parseProto } from '../../../src/adapters/protobuf/proto-text.ts';
import { boolean, double, int, long, nullable, string, timestamp } from '../../../src/core/column-types.ts';
import type { Columns } from '../../../src/core/columns.ts';
import { requiredType } from '../../../src/core/columns.ts';
import { ProtobufOracle } from './oracle.ts';
import { protobufRows } from './rows.ts';

const columns: Columns = {
  id: string,
  amount: double,
  count: nullable(int),
  total: nullable(long),
  flag: nullable(boolean),
  note: nullable(string),
  at: timestamp,
};
const RUNS = 500;

/** Types of fields, and values of each. */
const types: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  double: fc.double({ noNaN: true }),
  float: fc.float({ noNaN: true }),
  int32: fc.integer(),
  sint32: fc.integer(),
  sfixed32: fc.integer(),
  uint32: fc.nat(),
  fixed32: fc.nat(),
  int64: fc.bigInt({ min: -(2n ** 54n), max: 2n ** 54n }),
  sint64: fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n }),
  uint64: fc.bigInt({ min: 0n, max: 2n ** 54n }),
  bool: fc.boolean(),
  string: fc.oneof(fc.string({ unit: 'binary' }), fc.constant('2026-01-31T12:00:00.5Z')),
  Kind: fc.nat({ max: 2 }),
};
const INTEGERS = ['int32', 'sint32', 'sfixed32', 'uint32', 'fixed32', 'int64', 'sint64', 'uint64'];
/** The types that a column may be read from, by the guide. */
const READ: Readonly<Record<string, readonly string[]>> = {
  string: ['string', 'Kind'],
  double: ['double', 'float', 'Kind', ...INTEGERS],
  int: ['Kind', ...INTEGERS],
  long: ['Kind', ...INTEGERS],
  boolean: ['bool'],
  timestamp: [...INTEGERS, 'string'],
};

interface Field {
  readonly name: string;
  readonly type: string;
  readonly label: '' | 'optional ' | 'repeated ';
  readonly value: unknown;
}

const label = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom('' as const, 'optional ' as const) },
  { weight: 1, arbitrary: fc.constant('repeated ' as const) },
);

/** Mostly of a type that fits. */
function fieldOf(name: string, type: string): fc.Arbitrary<Field | null> {
  const fits = fc.constantFrom(...(READ[type] ?? []));
  const any = fc.constantFrom(...Object.keys(types));
  const field = fc
    .oneof({ weight: 20, arbitrary: fits }, { weight: 1, arbitrary: any })
    .chain((found) =>
      fc.record({ name: fc.constant(name), type: fc.constant(found), label, value: types[found]! }),
    );
  return fc.option(field, { freq: 12 });
}

const added: fc.Arbitrary<Field> = fc
  .tuple(fc.constantFrom('extra', 'more'), fc.constantFrom(...Object.keys(types)))
  .chain(([name, type]) =>
    fc.record({ name: fc.constant(name), type: fc.constant(type), label, value: types[type]! }),
  );

const version = fc
  .tuple(
    fc.tuple(...Object.entries(columns).map(([name, type]) => fieldOf(name, requiredType(type)))),
    fc.option(added),
  )
  .chain(([own, more]) => {
    const fields = [...own, more].filter((field) => field !== null);
    return fc.record({
      fields: fc.shuffledSubarray(fields, { minLength: fields.length }),
      numbers: fc.uniqueArray(fc.integer({ min: 1, max: 5_000 }), {
        minLength: fields.length,
        maxLength: fields.length,
      }),
      isSet: fc.array(fc.boolean(), { minLength: fields.length, maxLength: fields.length }),
    });
  });

function messageOf(fields: readonly Field[], numbers: readonly number[]): DescMessage {
  const lines = fields.map(({ name, type, label }, i) => `${label}${type} ${name} = ${numbers[i]};`);
  const text = `syntax = "proto3"; enum Kind { NONE = 0; CARD = 1; CASH = 2; } message Event { ${lines.join(' ')} }`;
  return linkedFile([parseProto(text)]).messages[0]!;
}

/** The columns that the schema cannot fill. */
function unfilled(fields: readonly Field[]): string[] {
  return Object.entries(columns)
    .filter(([name, type]) => {
      const field = fields.find((one) => one.name === name);
      if (field === undefined) return !type.type.endsWith('?');
      const isRead = READ[requiredType(type)]?.includes(field.type) === true;
      return field.label === 'repeated ' || !isRead;
    })
    .map(([name]) => name);
}

t.test('property: a record is what its own schema says', async (t) => {
  const counts = { refused: 0, events: 0, faults: 0 };
  fc.assert(
    fc.property(version, ({ fields, numbers, isSet }) => {
      const message = messageOf(fields, numbers);
      const without = unfilled(fields);
      if (without.length > 0) {
        counts.refused++;
        const names = new RegExp(without.map((name) => `'${name}'`).join('|'));
        assert.throws(() => protobufRows(message, columns, 'at'), names);
        return;
      }
      const given = fields.filter((_, i) => isSet[i] || Math.abs(numbers[i] ?? 0) % 4 > 0);
      const values = given.map(({ name, label, value }) => [name, label === 'repeated ' ? [value] : value]);
      const record = Buffer.from(toBinary(message, create(message, Object.fromEntries(values) as Message)));
      const isThere = ([name]: readonly [string, unknown]): boolean =>
        fields.some((field) => field.name === name);
      const own = Object.fromEntries(Object.entries(columns).filter(isThere));
      const expected = new ProtobufOracle(message, own, 'at').decode(record);
      const found = protobufRows(message, columns, 'at').read(record);
      counts[expected === null ? 'faults' : 'events']++;
      if (expected === null) assert.equal(typeof found, 'string', JSON.stringify(found));
      else {
        const nulls = Object.fromEntries(Object.keys(columns).map((name) => [name, null]));
        assert.deepStrictEqual(found, { ...nulls, ...expected });
      }
    }),
    { numRuns: RUNS },
  );
  for (const [what, count] of Object.entries(counts)) t.ok(count > RUNS / 20, `${what}: ${count}`);
});
