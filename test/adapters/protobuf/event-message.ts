// The message of the tests, its columns, and records of it: generated fields in any order, any number of times.
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import {
  boolean,
  bytes,
  decimal,
  double,
  enumeration,
  float,
  int,
  int64,
  long,
  nullable,
  scaled,
  string,
  timestamp,
} from '../../../src/core/column-types.ts';
import type { Columns } from '../../../src/core/columns.ts';

/** What no column reads is marked: the oracle's message does not have it. */
export const PROTO = `
syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/wrappers.proto";
enum Kind { UNKNOWN = 0; CARD = 1; CASH = 2; GONE = 3; }
message After {
  message Deep { int32 more = 1; }
  optional double amount = 1;
  string note = 2;
  Deep deep = 3;
}
message Event {
  string id = 1;
  Kind kind = 2;
  bool flag = 3;
  double amount = 4;
  float small = 5;
  int32 int = 6;
  sint64 long = 7;
  google.protobuf.Timestamp at = 8;
  optional string note = 9;
  After after = 10;
  google.protobuf.DoubleValue limit = 11;
  google.protobuf.Duration took = 12;
  oneof pay { string card = 13; After.Deep cash = 14; int32 points = 15; }
  uint32 u32 = 16;
  uint64 u64 = 17;
  fixed32 f32 = 18;
  fixed64 f64 = 19;
  sfixed32 sf32 = 20;
  sfixed64 sf64 = 21;
  int64 i64 = 22;
  sint32 s32 = 23;
  Kind kind_name = 24;
  string written_at = 25;
  int64 id64 = 40;
  uint64 uid64 = 41;
  sint64 sid64 = 42;
  fixed64 fid64 = 43;
  sfixed64 sfid64 = 44;
  int32 id32 = 45;
  uint32 uid32 = 46;
  sint32 sid32 = 47;
  fixed32 fid32 = 48;
  sfixed32 sfid32 = 49;
  string id_text = 50;
  bytes raw = 51;
  string price = 52;
  string cents = 53;
  int32 whole = 54;
  float rate = 55;
  int32 far = 3000;
  repeated string tags = 30; // not read
  map<string, double> parts = 31; // not read
}
`;
export const READ_PROTO: string = PROTO.replace(/^.*\/\/ not read$/gm, '');

export const columns: Columns = {
  id: string,
  kind: enumeration(['UNKNOWN', 'CARD', 'CASH']),
  flag: boolean,
  amount: double,
  small: float,
  int,
  long,
  at: timestamp,
  note: nullable(string),
  'after.amount': nullable(double),
  'after.note': nullable(string),
  'after.deep.more': nullable(int),
  limit: nullable(double),
  took: nullable(double),
  card: nullable(string),
  'cash.more': nullable(int),
  u32: long,
  u64: long,
  f32: long,
  f64: double,
  sf32: int,
  sf64: long,
  i64: nullable(long),
  s32: float,
  kindName: string,
  written_at: nullable(timestamp),
  id64: int64,
  uid64: int64,
  sid64: int64,
  fid64: int64,
  sfid64: int64,
  id32: int64,
  uid32: int64,
  sid32: int64,
  fid32: int64,
  sfid32: int64,
  id_text: nullable(int64),
  raw: bytes,
  price: nullable(decimal),
  cents: nullable(scaled(2)),
  whole: scaled(2),
  rate: decimal,
  far: int,
};

type Write = (writer: BinaryWriter) => void;

const text = fc.string({ unit: 'binary', maxLength: 12 });
const number = fc.oneof(fc.double(), fc.float(), fc.integer());
const i32 = fc.oneof(fc.integer(), fc.integer({ min: 0, max: 5 }));
const u32 = fc.oneof(fc.nat({ max: 2 ** 32 - 1 }), fc.nat({ max: 300 }));
const i64 = fc.oneof(
  { weight: 20, arbitrary: fc.maxSafeInteger().map(BigInt) },
  { weight: 1, arbitrary: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) },
);
const u64 = i64.map((value) => BigInt.asUintN(64, value));

const field = <T>(
  no: number,
  wire: WireType,
  arbitrary: fc.Arbitrary<T>,
  write: (writer: BinaryWriter, value: T) => void,
) =>
  arbitrary.map(
    (value): Write =>
      (writer) =>
        write(writer.tag(no, wire), value),
  );

const message = (no: number, inner: fc.Arbitrary<Write>): fc.Arbitrary<Write> =>
  field(no, WireType.LengthDelimited, fc.array(inner, { maxLength: 3 }), (writer, all) => {
    const body = new BinaryWriter();
    for (const write of all) write(body);
    writer.bytes(body.finish());
  });

const { Varint, Bit32, Bit64, LengthDelimited, StartGroup, EndGroup } = WireType;
const deep = field(1, Varint, i32, (writer, value) => writer.int32(value));
const seconds = fc.oneof({ weight: 9, arbitrary: fc.bigInt({ min: 0n, max: 4_000_000_000n }) }, i64);
const time = fc.oneof(
  field(1, Varint, seconds, (writer, value) => writer.int64(value)),
  field(2, Varint, fc.oneof(fc.nat({ max: 999_999_999 }), i32), (writer, value) => writer.int32(value)),
);
const after = fc.oneof(
  field(1, Bit64, number, (writer, value) => writer.double(value)),
  field(2, LengthDelimited, text, (writer, value) => writer.string(value)),
  message(3, deep),
);
const instant = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') });

const any64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -9n, max: 9n }),
);
const anyU64 = any64.map((value) => BigInt.asUintN(64, value));
const decimalText = fc.stringMatching(/^-?[0-9]{1,20}(\.[0-9]{1,9})?([eE][+-]?[0-9]{1,2})?$/);
const centsText = fc.stringMatching(/^-?[0-9]{1,12}(\.[0-9]{1,2}(000)?)?$/);

const known: ReadonlyArray<fc.Arbitrary<Write>> = [
  field(1, LengthDelimited, text, (writer, value) => writer.string(value)),
  field(2, Varint, fc.oneof(fc.nat({ max: 2 }), fc.nat({ max: 4 })), (writer, value) => writer.int32(value)),
  field(3, Varint, fc.boolean(), (writer, value) => writer.bool(value)),
  field(4, Bit64, number, (writer, value) => writer.double(value)),
  field(5, Bit32, fc.float(), (writer, value) => writer.float(value)),
  field(6, Varint, i32, (writer, value) => writer.int32(value)),
  field(7, Varint, i64, (writer, value) => writer.sint64(value)),
  message(8, time),
  field(9, LengthDelimited, text, (writer, value) => writer.string(value)),
  message(10, after),
  message(
    11,
    field(1, Bit64, number, (writer, value) => writer.double(value)),
  ),
  message(12, time),
  field(13, LengthDelimited, text, (writer, value) => writer.string(value)),
  message(14, deep),
  field(15, Varint, i32, (writer, value) => writer.int32(value)),
  field(16, Varint, u32, (writer, value) => writer.uint32(value)),
  field(17, Varint, u64, (writer, value) => writer.uint64(value)),
  field(18, Bit32, u32, (writer, value) => writer.fixed32(value)),
  field(19, Bit64, u64, (writer, value) => writer.fixed64(value)),
  field(20, Bit32, i32, (writer, value) => writer.sfixed32(value)),
  field(21, Bit64, i64, (writer, value) => writer.sfixed64(value)),
  field(22, Varint, i64, (writer, value) => writer.int64(value)),
  field(23, Varint, i32, (writer, value) => writer.sint32(value)),
  field(24, Varint, fc.oneof(fc.nat({ max: 2 }), fc.nat({ max: 4 })), (writer, value) => writer.int32(value)),
  field(
    25,
    LengthDelimited,
    fc.oneof({ weight: 9, arbitrary: instant.map((date) => date.toISOString()) }, text),
    (writer, value) => writer.string(value),
  ),
  field(40, Varint, any64, (writer, value) => writer.int64(value)),
  field(41, Varint, anyU64, (writer, value) => writer.uint64(value)),
  field(42, Varint, any64, (writer, value) => writer.sint64(value)),
  field(43, Bit64, anyU64, (writer, value) => writer.fixed64(value)),
  field(44, Bit64, any64, (writer, value) => writer.sfixed64(value)),
  field(45, Varint, i32, (writer, value) => writer.int32(value)),
  field(46, Varint, u32, (writer, value) => writer.uint32(value)),
  field(47, Varint, i32, (writer, value) => writer.sint32(value)),
  field(48, Bit32, u32, (writer, value) => writer.fixed32(value)),
  field(49, Bit32, i32, (writer, value) => writer.sfixed32(value)),
  field(50, LengthDelimited, fc.oneof(any64, anyU64).map(String), (writer, value) => writer.string(value)),
  field(51, LengthDelimited, fc.uint8Array({ maxLength: 9 }), (writer, value) => writer.bytes(value)),
  field(52, LengthDelimited, decimalText, (writer, value) => writer.string(value)),
  field(53, LengthDelimited, centsText, (writer, value) => writer.string(value)),
  field(54, Varint, i32, (writer, value) => writer.int32(value)),
  field(55, Bit32, fc.float({ noNaN: true }), (writer, value) => writer.float(value)),
  field(3_000, Varint, i32, (writer, value) => writer.int32(value)),
  field(30, LengthDelimited, text, (writer, value) => writer.string(value)),
];
const anyNumber = fc.oneof(fc.integer({ min: 1, max: 32 }), fc.constantFrom(300, 3_000, 2 ** 29 - 1));
/** Of any wire type, whatever the field's is. */
const other = anyNumber.chain((no) =>
  fc.oneof(
    field(no, Varint, i64, (writer, value) => writer.int64(value)),
    field(no, Bit32, u32, (writer, value) => writer.fixed32(value)),
    field(no, Bit64, u64, (writer, value) => writer.fixed64(value)),
    field(no, LengthDelimited, fc.uint8Array({ maxLength: 8 }), (writer, value) => writer.bytes(value)),
    field(no, StartGroup, fc.option(fc.oneof(...known)), (writer, inner) => {
      inner?.(writer);
      writer.tag(no, EndGroup);
    }),
  ),
);

function recordOf(fields: readonly Write[]): Buffer {
  const writer = new BinaryWriter();
  for (const write of fields) write(writer);
  return Buffer.from(writer.finish());
}

/** Any fields in any order, any number of times. */
export const looseRecord: fc.Arbitrary<Buffer> = fc
  .array(fc.oneof({ weight: 6, arbitrary: fc.oneof(...known) }, { weight: 1, arbitrary: other }), {
    maxLength: 20,
  })
  .map(recordOf);

/** Most fields once, in the order of their numbers, as producers write them. */
export const eventRecord: fc.Arbitrary<Buffer> = fc
  .tuple(...known.map((one) => fc.option(one, { freq: 8 })))
  .map((all) => recordOf(all.filter((one) => one !== null)));
