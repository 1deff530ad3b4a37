// Newer JSON Schemas while a topology runs: a record is an event by its values, or a dead letter that says why.
import t from 'tap';
import { json } from '../../src/index.ts';
import { inJson } from '../support/evolution/in-json.ts';
import { AT, testVersions, type Version } from '../support/evolution/versions.ts';

// Each version is committed before the next is registered.
t.setTimeout(120_000);

const NULL_AMOUNT = /^EVENT_MALFORMED: 'amount' is (null|missing)/;
const OTHER_AMOUNT = /^EVENT_MALFORMED: 'amount' is not a number, at byte \d+/;
const jsonVersions: readonly Version[] = [
  inJson('first', {}),
  inJson(
    'property added',
    { note: { type: 'string' }, all: { type: 'array' } },
    { note: 'n', all: [{ amount: 9 }] },
  ),
  inJson('nullable property removed', { tip: false }, { tip: undefined }, { tip: null }),
  inJson('object removed', { buyer: false }, { buyer: undefined }, { 'buyer.country': null }),
  inJson('property removed', { amount: false }, { amount: undefined }, NULL_AMOUNT),
  inJson(
    'property renamed',
    { amount: false, total: { type: 'number' } },
    { amount: undefined, total: 1 },
    NULL_AMOUNT,
  ),
  inJson('number or null, a number', { tip: { type: ['number', 'null'] } }),
  inJson('number or null, null', { tip: { type: ['null', 'number'] } }, { tip: null }, { tip: null }),
  inJson(
    'number or null where null is none',
    { amount: { type: ['number', 'null'] } },
    { amount: null },
    NULL_AMOUNT,
  ),
  inJson('integer', { amount: { type: 'integer' } }, { amount: 7 }, { amount: 7 }),
  inJson('number or text, a number', { amount: { type: ['number', 'string'] } }),
  inJson('number or text, text', { amount: { type: ['string', 'number'] } }, { amount: '2.5' }, OTHER_AMOUNT),
  inJson(
    'anyOf, an object',
    { amount: { anyOf: [{ type: 'number' }, { type: 'object' }] } },
    { amount: { units: 2 } },
    OTHER_AMOUNT,
  ),
  inJson('enum extended', { kind: { enum: ['CARD', 'CASH', 'WIRE'] } }, { kind: 'CASH' }, { kind: 'CASH' }),
  inJson(
    'enum extended by what no column has',
    { kind: { enum: ['CARD', 'CASH', 'WIRE', 'GIFT'] } },
    { kind: 'WIRE' },
    /^EVENT_MALFORMED: 'kind' is not one of its symbols, at byte \d+/,
  ),
  inJson(
    'oneOf, the first',
    { pay: { oneOf: [{ required: ['iban'] }, { required: ['card'] }] } },
    { pay: { iban: 'PT50' } },
    { 'pay.iban': 'PT50' },
  ),
  inJson(
    'oneOf, the second',
    { pay: { oneOf: [{ required: ['card'] }, { required: ['iban'] }] } },
    { pay: { card: { no: 1 } } },
  ),
  inJson('oneOf, null', { pay: { oneOf: [{ type: 'null' }, { type: 'object' }] } }, { pay: null }),
  inJson(
    'oneOf, no object',
    { pay: { oneOf: [{ type: 'string' }, { type: 'object' }] } },
    { pay: 'cash' },
    /^EVENT_MALFORMED: 'pay' is no object|^EVENT_MALFORMED: .*'pay\.iban'/,
  ),
  inJson(
    'additional properties',
    { $schema: { additionalProperties: { type: 'string' } } },
    { 'x-shop': 's', toString: 't', __proto: 1 },
  ),
  inJson('no additional properties', { $schema: { additionalProperties: false } }),
  inJson(
    'nested deeper',
    { buyer: { type: 'object' } },
    { buyer: { address: { country: 'PT' } } },
    { 'buyer.country': null },
  ),
  inJson(
    'instant as text',
    { at: { type: 'string', format: 'date-time' } },
    { at: new Date(AT).toISOString() },
  ),
  inJson('a reference', {
    buyer: { $ref: '#/definitions/Buyer' },
    $schema: { definitions: { Buyer: { type: 'object' } } },
  }),
  {
    what: 'no schema',
    type: 'JSON',
    schema: '{"type":',
    records: [[Buffer.from('{}'), /^EVENT_MALFORMED: 'id' is missing/]],
  },
  inJson('first again', {}),
];

t.test('JSON Schema', (t) => testVersions(t, json(), jsonVersions));
