// Newer Protobuf schemas while a topology runs: a record is an event as its own schema says, or a dead letter that says why.
import t from 'tap';
import { protobuf } from '../../src/index.ts';
import { IMPORT, inProto } from '../support/evolution/in-protobuf.ts';
import { AT, testVersions, type Version } from '../support/evolution/versions.ts';

// Each version is committed before the next is registered.
t.setTimeout(120_000);

const CANNOT = (what: string): RegExp =>
  new RegExp(`^SCHEMA_INVALID: schema id \\d+ cannot be read by the topology's: ${what}`);

const protoVersions: readonly Version[] = [
  inProto('first', {}),
  inProto(
    'field added',
    { more: 'string note = 20; repeated int32 codes = 21; map<string, Buyer> all = 22;' },
    {
      note: 'n',
      codes: [1, 2],
      all: { a: { country: 'x' } },
    },
  ),
  inProto('enum value added', { kinds: 'CARD = 0; CASH = 1; WIRE = 2;' }, { kind: 1 }, { kind: 'CASH' }),
  inProto(
    'enum value that no column has',
    { kinds: 'CARD = 0; CASH = 1; WIRE = 2; ' },
    { kind: 2 },
    /^EVENT_MALFORMED: 'kind' is not one of its symbols/,
  ),
  inProto(
    'enum with another first value',
    { kinds: 'UNSPECIFIED = 0; CARD = 1; CASH = 2;' },
    { kind: 2 },
    { kind: 'CASH' },
  ),
  inProto(
    'an unset enum whose first value no column has',
    { kinds: 'UNSPECIFIED = 0; CARD = 1; CASH = 2; ' },
    {},
    /^EVENT_MALFORMED: 'kind' is (missing|not one of its symbols)/,
  ),
  inProto('enum as text', { kind: 'string kind = 2;' }, { kind: 'CASH' }, { kind: 'CASH' }),
  inProto('oneof before', {}, { pay: { by: { case: 'iban', value: 'PT50' } } }, { 'pay.iban': 'PT50' }),
  inProto(
    'oneof member added',
    {
      pay: 'message Pay { oneof by { string iban = 1; string card = 2; Wallet wallet = 3; } } message Wallet { string name = 1; } Pay pay = 6;',
    },
    { pay: { by: { case: 'wallet', value: { name: 'w' } } } },
  ),
  inProto(
    'field moved into a oneof',
    { tip: 'oneof extra { double tip = 4; string gift = 9; }' },
    { tip: undefined, extra: { case: 'gift', value: 'g' } },
    { tip: null },
  ),
  inProto('nullable field removed', { tip: '' }, {}, { tip: null }),
  inProto('message removed', { buyer: '' }, { buyer: undefined }, { 'buyer.country': null }),
  inProto(
    'field removed',
    { amount: 'reserved 3;' },
    {},
    CANNOT("the message shop.Payment has no field for the column 'amount'"),
  ),
  inProto(
    'field renamed',
    { amount: 'double total = 3;' },
    { total: 2.5 },
    CANNOT("the message shop.Payment has no field for the column 'amount'"),
  ),
  inProto('nullable field renamed', { tip: 'optional double gratuity = 4;' }, { gratuity: 1 }, { tip: null }),
  inProto('fields renumbered', {
    amount: 'double amount = 33;',
    tip: 'optional double tip = 3;',
    id: 'string id = 4000;',
  }),
  inProto('numbers exchanged', { amount: 'double amount = 4;', tip: 'optional double tip = 3;' }),
  inProto('float', { amount: 'float amount = 3;' }),
  inProto('integer of 32 bits', { amount: 'int32 amount = 3;' }, { amount: -7 }, { amount: -7 }),
  inProto(
    'integer of 64 bits',
    { amount: 'int64 amount = 3;' },
    { amount: 3_000_000_000n },
    { amount: 3_000_000_000 },
  ),
  inProto('a wrapper', { amount: 'google.protobuf.DoubleValue amount = 3;' }),
  inProto(
    'a wrapper that is not set',
    { amount: 'google.protobuf.DoubleValue amount = 3; ' },
    { amount: undefined },
    /^EVENT_MALFORMED: 'amount' is missing/,
  ),
  inProto('optional, and set', { amount: 'optional double amount = 3;' }),
  inProto(
    'optional, and not set',
    { amount: 'optional double amount = 3; ' },
    { amount: undefined },
    /^EVENT_MALFORMED: 'amount' is missing/,
  ),
  inProto('not optional any more', { tip: 'double tip = 4;' }, { tip: 0 }, { tip: 0 }),
  inProto(
    'nested deeper',
    {
      buyer:
        'message Buyer { message Address { string country = 1; } Address address = 2; } Buyer buyer = 5;',
    },
    { buyer: { address: { country: 'PT' } } },
    { 'buyer.country': null },
  ),
  inProto(
    'message where a value was',
    { amount: 'message Money { double units = 1; } Money amount = 3;' },
    { amount: { units: 2 } },
    CANNOT(
      "the field 'amount' is of type shop.Payment.Money, which the column 'amount', double, cannot hold",
    ),
  ),
  inProto(
    'value where a message was',
    { buyer: 'string buyer = 5;' },
    { buyer: 'b' },
    CANNOT("the field 'buyer' is no message, as 'buyer.country' needs"),
  ),
  inProto(
    'text where a number was',
    { amount: 'string amount = 3;' },
    { amount: '2.5' },
    CANNOT("the field 'amount' is of type string, which the column 'amount', double, cannot hold"),
  ),
  inProto(
    'repeated',
    { amount: 'repeated double amount = 3;' },
    { amount: [2.5] },
    CANNOT("the field 'amount' is repeated, which the column 'amount' cannot hold"),
  ),
  inProto(
    'instant as a Timestamp',
    { at: 'google.protobuf.Timestamp at = 7;' },
    { at: { seconds: 1_700_000_000n } },
  ),
  inProto('instant as text', { at: 'string at = 7;' }, { at: new Date(AT).toISOString() }),
  inProto('message behind another', { before: 'message Refund { string id = 1; }' }),
  inProto('renamed package', { head: `syntax = "proto3"; package other.team; ${IMPORT}` }),
  inProto('proto2', {
    head: `syntax = "proto2"; ${IMPORT}`,
    id: 'required string id = 1;',
    kind: 'optional Kind kind = 2 [default = CARD];',
    amount: 'required double amount = 3;',
    buyer: 'message Buyer { optional string country = 1; } optional Buyer buyer = 5;',
    pay: 'message Pay { oneof by { string iban = 1; string card = 2; } } optional Pay pay = 6;',
    at: 'required int64 at = 7;',
  }),
  {
    what: 'no schema',
    type: 'PROTOBUF',
    schema: 'message {',
    records: [[Buffer.of(0), CANNOT('')]],
  },
  {
    what: 'type of a file that the registry lacks',
    type: 'PROTOBUF',
    schema:
      'syntax = "proto3"; message Payment { string id = 1; double amount = 3; other.Kind kind = 2; int64 at = 7; }',
    records: [[Buffer.of(0), CANNOT("the message Payment has no field for the column 'kind'")]],
  },
  inProto('first again', {}),
];

t.test('Protobuf', (t) => testVersions(t, protobuf(), protoVersions));
