// A topology meets schema ids that it has not seen: of other languages, registered late, or while the registry is away.
import { setTimeout } from 'node:timers/promises';
import avsc from 'avsc';
import t from 'tap';
import { avro } from '../../src/adapters/avro/format.ts';
import { UNKNOWN_SCHEMA_MS_MIN } from '../../src/core/registry-limits.ts';
import { json, protobuf } from '../../src/index.ts';
import type { WorldRegistry } from '../gauntlet/registry.ts';
import { inJson } from '../support/evolution/in-json.ts';
import { inProto, proto } from '../support/evolution/in-protobuf.ts';
import {
  AT,
  base,
  framed,
  opened,
  testVersions,
  type Outcome,
  type Version,
} from '../support/evolution/versions.ts';

t.setTimeout(120_000);

const fields = {
  id: 'string',
  kind: { type: 'enum', name: 'Kind', symbols: ['CARD', 'CASH'] },
  amount: 'double',
  tip: ['null', 'double'],
  at: { type: 'long', logicalType: 'timestamp-millis' },
};

/** Without the columns of nested records. */
function inAvro(what: string, changed: object, more: object = {}, outcome: Outcome = {}): Version {
  const types = Object.entries<unknown>({ ...fields, ...changed }).filter(([, type]) => type !== false);
  const schema = {
    type: 'record',
    name: 'Payment',
    fields: types.map(([name, type]) => ({ name, type: type as avsc.Schema })),
  } as const;
  const value = avsc.Type.forSchema(schema).toBuffer({ id: what, kind: 'CARD', ...base, at: AT, ...more });
  const expected = outcome instanceof RegExp ? outcome : { 'buyer.country': null, ...outcome };
  return { what, type: 'AVRO', schema: JSON.stringify(schema), records: [[value, expected]] };
}

t.test('Avro', (t) =>
  testVersions(t, avro(), [
    inAvro('first', {}),
    inAvro('field added', { note: 'string' }, { note: 'n' }),
    inAvro('nullable field removed', { tip: false }, {}, { tip: null }),
    inAvro(
      'field removed',
      { amount: false },
      {},
      /^SCHEMA_INVALID: .*it has no field amount, which is required/,
    ),
    inAvro('integer', { amount: 'long' }, { amount: 7 }, { amount: 7 }),
    inAvro(
      'may be null',
      { amount: ['null', 'double'] },
      { amount: null },
      /^EVENT_MALFORMED: .*'amount' is null/,
    ),
    inAvro('symbol added', { kind: { ...fields.kind, symbols: ['WIRE', 'CARD', 'CASH'] } }),
    inAvro(
      'symbol that no column has',
      { kind: { ...fields.kind, symbols: ['CARD', 'CASH', 'WIRE'] } },
      { kind: 'WIRE' },
      /^SCHEMA_INVALID: .*has no symbol WIRE/,
    ),
    inAvro(
      'text',
      { amount: 'string' },
      { amount: '2.5' },
      /^SCHEMA_INVALID: .*the column amount would be of string/,
    ),
    inAvro('first again', {}),
  ]),
);

t.test('a producer that moves to another language, and back', async (t) => {
  const versions = [inJson('json', {}), inAvro('avro', {}), inProto('proto', {}), inJson('json again', {})];
  for (const format of [avro(), json(), protobuf()])
    await t.test(format.name, (t) => testVersions(t, format, versions));
});

t.test('an id that is registered late, and a registry that is away while a new one comes', async (t) => {
  const { world, run } = await opened(t, protobuf());
  const { schema, record } = proto({});
  const send = (world: WorldRegistry, id: string, text: string) => {
    const registered = world.add('payments-value', text, 'PROTOBUF');
    return run.sendValues([framed(registered, record({ id, ...base }))]);
  };
  await send(world, 'a', schema);
  await run.sendValues([framed(101, record({ id: 'early', ...base }))]);
  await run.committed();
  await setTimeout(UNKNOWN_SCHEMA_MS_MIN);
  await send(world, 'b', `${schema} // registered as 101`);
  await run.committed();
  world.outage = 'error';
  await send(world, 'c', `${schema} // while it is away`);
  await send(world, 'd', schema);
  await setTimeout(100);
  t.strictSame(
    (await run.predictions()).map(({ key }) => key),
    ['a', 'b'],
    'it waits, and guesses nothing',
  );
  world.outage = 'none';
  await run.committed();
  t.strictSame(
    (await run.predictions()).map(({ key }) => key),
    ['a', 'b', 'c', 'd'],
  );
  const letters = (await run.deadLetters()).map(({ code, message }) => `${code}: ${message}`);
  t.equal(letters.length, 1);
  t.match(letters[0], /^SCHEMA_UNKNOWN: the registry .* has no schema with id 101/);
  await run.stop();
});
