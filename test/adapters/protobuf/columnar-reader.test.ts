// The Protobuf reader against @bufbuild/protobuf, on generated records and on damaged ones. MUTATED_RECORDS=1000000 takes as
// many of them.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { linkedFile, messagesOf } from '../../../src/adapters/protobuf/linked-files.ts';
import { parseProto } from '../../../src/adapters/protobuf/proto-text.ts';
import { damage, DAMAGES, damaged, type Damage } from '../json/mutations.ts';
import { randomIntegers } from '../../support/random-integers.ts';
import { columns, eventRecord, looseRecord, PROTO, READ_PROTO } from './event-message.ts';
import { ProtobufOracle } from './oracle.ts';
import { protobufRows } from './rows.ts';

/** With shrinking. */
const GENERATED = 1_000;
const BASES = 400;
const MUTATED = Number(process.env['MUTATED_RECORDS'] ?? 20_000);
const SEED = Number(process.env['MUTATED_SEED'] ?? 1);
// A million take some minutes.
t.setTimeout(0);

const messageOf = (text: string, name = 'Event') =>
  messagesOf(linkedFile([parseProto(text)])).find((message) => message.name === name)!;
const rows = protobufRows(messageOf(PROTO), columns, 'at');
const oracle = new ProtobufOracle(messageOf(READ_PROTO), columns, 'at');

/** Compares both; whether it is an event. */
function agree(record: Buffer): boolean {
  const expected = oracle.decode(record);
  const found = rows.read(record);
  if (expected === null) assert.equal(typeof found, 'string', `read as an event: ${record.toString('hex')}`);
  else assert.deepStrictEqual(found, expected, record.toString('hex'));
  return expected !== null;
}

t.test('generated and damaged records are what @bufbuild/protobuf says they are', async (t) => {
  const records = fc.oneof({ weight: 2, arbitrary: eventRecord }, { weight: 2, arbitrary: looseRecord });
  const damages = fc.array(damage, { maxLength: 2 });
  let events = 0;
  fc.assert(
    fc.property(records, damages, (record, all: Damage[]) => {
      events += Number(agree(all.reduce(damaged, record)));
    }),
    { numRuns: GENERATED },
  );
  t.ok(events > GENERATED / 40, `${events} of ${GENERATED} records are events`);
});

t.test('so are many damaged ones from a seed', async (t) => {
  const bases = fc
    .sample(eventRecord, { numRuns: BASES, seed: SEED })
    .filter((record) => oracle.decode(record) !== null);
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
