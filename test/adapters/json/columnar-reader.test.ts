// The JSON reader against JSON.parse, on generated records and on damaged ones. MUTATED_RECORDS=1000000 takes as many of them.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { Columns } from '../../../src/core/columns.ts';
import { JSON_DEPTH_MAX } from '../../../src/core/event-limits.ts';
import {
  boolean,
  double,
  enumeration,
  float,
  int,
  long,
  nullable,
  string,
  timestamp,
} from '../../../src/core/column-types.ts';
import { randomIntegers } from '../../support/random-integers.ts';
import { DAMAGES, damage, damaged, eventText, looseText, type Damage } from './mutations.ts';
import { JsonOracle } from './oracle.ts';
import { jsonRows } from './rows.ts';

/** With shrinking. */
const GENERATED = 1_000;
const BASES = 400;
const MUTATED = Number(process.env['MUTATED_RECORDS'] ?? 20_000);
const SEED = Number(process.env['MUTATED_SEED'] ?? 1);
// A million take some minutes.
t.setTimeout(0);

const columns: Columns = {
  id: string,
  kind: enumeration(['card', 'cash', 'überweisung', '']),
  flag: boolean,
  amount: double,
  small: float,
  int,
  long,
  at: timestamp,
  seen: nullable(timestamp),
  note: nullable(string),
  'after.amount': nullable(double),
  'after.note': nullable(string),
  'after.deep.more': nullable(int),
  'x"y': nullable(boolean),
};
const rows = jsonRows(columns, 'at');
const oracle = new JsonOracle(columns, 'at');

/** Compares both; whether it is an event. */
function agree(record: Buffer): boolean {
  const expected = oracle.decode(record);
  const found = rows.read(record);
  if (expected === null)
    assert.equal(typeof found, 'string', `read as an event: ${JSON.stringify(record.toString())}`);
  else assert.deepStrictEqual(found, expected, record.toString());
  return expected !== null;
}

t.test('generated and damaged records are what JSON.parse says they are', async (t) => {
  const records = fc.oneof({ weight: 4, arbitrary: eventText }, { weight: 1, arbitrary: looseText });
  const damages = fc.array(damage, { maxLength: 2 });
  fc.assert(
    fc.property(records, damages, (text, all: Damage[]) => {
      agree(all.reduce(damaged, Buffer.from(text)));
    }),
    { numRuns: GENERATED },
  );
  t.pass(`${GENERATED} records`);
});

t.test('so are many damaged ones from a seed', async (t) => {
  const bases = fc
    .sample(eventText, { numRuns: BASES, seed: SEED })
    .map((text) => Buffer.from(text))
    .filter((text) => oracle.decode(text) !== null);
  const random = randomIntegers(SEED);
  let events = 0;
  for (let i = 0; i < MUTATED; i++) {
    const damages = Array.from({ length: 1 + (random() % 2) }, (): Damage => [
      random() % DAMAGES,
      random(),
      random(),
    ]);
    events += Number(agree(damages.reduce(damaged, bases[i % bases.length]!)));
  }
  t.ok(events > MUTATED / 50 && events < MUTATED / 2, `${events} events, ${MUTATED - events} faults`);
});

const event = '"id":"1","kind":"card","flag":true,"amount":1,"small":1,"int":1,"long":1,"at":0';
const withMore = (more: string): string => `{${event},${more}}`;

t.test('the faults say what is wrong and where, and quote no value', async (t) => {
  const cases: ReadonlyArray<readonly [record: string | Buffer, fault: string]> = [
    ['', 'the text ends too early, at byte 0'],
    ['null', 'the text is no JSON object, at byte 0'],
    [`[{${event}}]`, 'the text is no JSON object, at byte 0'],
    [`\ufeff{${event}}`, 'the text begins with a byte order mark, which JSON does not have, at byte 0'],
    [`{${event}`, 'the text ends too early, at byte 80'],
    [`{${event}} {}`, 'something follows the JSON object, at byte 82'],
    [withMore(''), 'there is no member name, at byte 81'],
    [withMore('"note" "x"'), 'there is no colon behind a member name, at byte 88'],
    [withMore('"note":"x" "y"'), 'there is no comma, and nothing is closed, at byte 92'],
    [withMore('"note":undefined'), 'there is no JSON value, at byte 88'],
    [withMore('"other":01'), 'a number is not one of JSON, at byte 90'],
    [withMore('"other":"\\q"'), 'a string has an escape that JSON does not know, at byte 91'],
    [withMore('"other":"\t"'), 'a control character in a string is not escaped, at byte 90'],
    [Buffer.from(withMore('"other":"\xe9"'), 'latin1'), 'a string is not UTF-8, at byte 90'],
    [Buffer.from(withMore('"note":"\xe9"'), 'latin1'), 'a string is not UTF-8, at byte 88'],
    [withMore('"note":"\\ud800"'), "'note' has half a surrogate pair, at byte 88"],
    [withMore('"note":7'), "'note' is not a string, at byte 88"],
    [withMore('"id":null'), "'id' is null, at byte 86"],
    [withMore('"amount":1e999'), "'amount' is outside the range of double, at byte 90"],
    [withMore('"small":1e39'), "'small' is outside the range of float, at byte 89"],
    [withMore('"int":2147483648'), "'int' is outside the range of int, at byte 87"],
    [withMore('"int":1.5'), "'int' is not an integer, at byte 87"],
    [withMore('"long":9007199254740993'), "'long' is outside the range of long, at byte 88"],
    [withMore('"flag":1'), "'flag' is not true or false, at byte 88"],
    [withMore('"kind":"gold"'), "'kind' is not one of its symbols, at byte 88"],
    [
      withMore('"at":"2026-01-31T12:00:00"'),
      "'at' is not a number of milliseconds or a time with an offset, as in RFC 3339, at byte 86",
    ],
    [withMore('"after":[1]'), "'after.amount' is in what is no object, at byte 89"],
    [`{${event.replace('"id":"1",', '')}}`, "'id' is missing"],
  ];
  for (const [record, fault] of cases) t.equal(rows.read(Buffer.from(record)), fault, String(record));
});

t.test('a value that is skipped may be nested as deep as the bound', async (t) => {
  const nested = (levels: number): Buffer =>
    Buffer.from(withMore(`"x":${'['.repeat(levels)}${']'.repeat(levels)}`));
  t.equal(typeof rows.read(nested(JSON_DEPTH_MAX)), 'object');
  t.equal(
    rows.read(nested(JSON_DEPTH_MAX + 1)),
    `a value is nested deeper than ${JSON_DEPTH_MAX} levels, at byte ${85 + JSON_DEPTH_MAX}`,
  );
  t.match(rows.read(Buffer.from(withMore(`"x":${'{"a":'.repeat(1e6)}`))), /deeper/);
});

t.test('members in another order, with other spaces and among others', async (t) => {
  const { id, at, ...others } = JSON.parse(`{${event}}`) as Record<string, unknown>;
  const record = JSON.stringify({ zip: [1, { at: 2 }], ...others, at, x: null, id }, null, 2);
  t.match(rows.read(Buffer.from(`\r\n\t ${record} \n`)), { id: '1', kind: 'card', amount: 1, at: 0 });
});

t.test('columns that no object can have together are refused', async (t) => {
  const refused = (columns: Columns, message: RegExp): void =>
    void t.throws(() => jsonRows({ at: timestamp, ...columns }, 'at'), { code: 'SCHEMA_INVALID', message });
  refused(
    { after: string, 'after.amount': double },
    /'after' is a column, and 'after\.amount' would be in it/,
  );
  refused({ [Array.from({ length: 65 }, () => 'a').join('.')]: string }, /no path/);
  refused({ 'a\ud800': string }, /no path/);
});
