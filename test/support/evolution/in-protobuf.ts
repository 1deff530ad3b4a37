// Versions of a Protobuf schema, each with other parts than the base's.
import { create, toBinary, type Message } from '@bufbuild/protobuf';
import { linkedFile, messagesOf } from '../../../src/adapters/protobuf/linked-files.ts';
import { parseProto } from '../../../src/adapters/protobuf/proto-text.ts';
import { base, type Outcome, type Version } from './versions.ts';

export const IMPORT = 'import "google/protobuf/timestamp.proto"; import "google/protobuf/wrappers.proto";';
const BASE: Readonly<Record<string, string>> = {
  head: `syntax = "proto3"; package shop; ${IMPORT}`,
  before: '',
  kinds: 'CARD = 0; CASH = 1;',
  id: 'string id = 1;',
  kind: 'Kind kind = 2;',
  amount: 'double amount = 3;',
  tip: 'optional double tip = 4;',
  buyer: 'message Buyer { string country = 1; } Buyer buyer = 5;',
  pay: 'message Pay { oneof by { string iban = 1; string card = 2; } } Pay pay = 6;',
  at: 'int64 at = 7;',
  more: '',
};

/** The base's message with other parts: its schema, and a record of it. */
export function proto(parts: Readonly<Record<string, string>>): {
  readonly schema: string;
  readonly record: (fields: object) => Buffer;
} {
  const { head, before, kinds, ...fields } = { ...BASE, ...parts };
  const schema = `${head} ${before} enum Kind { ${kinds} } message Payment { ${Object.values(fields).join(' ')} }`;
  const file = linkedFile([parseProto(schema)]);
  const message = messagesOf(file).find(({ name }) => name === 'Payment')!;
  const index = file.messages.indexOf(message);
  // The position of the message stands before it, and a zero for the first.
  const position = index === 0 ? [0] : [2, 2 * index];
  return {
    schema,
    record: (fields) =>
      Buffer.concat([Buffer.from(position), toBinary(message, create(message, fields as Message))]),
  };
}

/** A version of one record, whose id is what it is about. */
export function inProto(
  what: string,
  parts: Readonly<Record<string, string>>,
  more: object = {},
  outcome: Outcome = {},
): Version {
  const { schema, record } = proto(parts);
  return { what, type: 'PROTOBUF', schema, records: [[record({ id: what, ...base, ...more }), outcome]] };
}
