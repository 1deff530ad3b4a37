// Columns of repeated fields and maps against @bufbuild/protobuf, on generated records and on damaged ones.
import assert from 'node:assert/strict';
import { create, fromBinary, toBinary, type Message } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import t from 'tap';
import { protoOf } from '../../../src/adapters/protobuf/declared-message.ts';
import { ProtobufEventEncoder } from '../../../src/adapters/protobuf/event-encoder.ts';
import { linkedFile, messagesOf } from '../../../src/adapters/protobuf/linked-files.ts';
import { parseProto } from '../../../src/adapters/protobuf/proto-text.ts';
import {
  bytes,
  double,
  enumeration,
  int,
  int64,
  list,
  long,
  nullable,
  string,
  timestamp,
} from '../../../src/core/column-types.ts';
import type { Columns } from '../../../src/core/columns.ts';
import { LIST_ITEMS_MAX } from '../../../src/core/event-limits.ts';
import { damage, damaged, type Damage } from '../json/mutations.ts';
import { protobufRows } from './rows.ts';

const PROTO = `
syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
enum Kind { UNKNOWN = 0; CARD = 1; }
message Item { string sku = 1; optional double price = 2; Maker maker = 3; }
message Maker { string name = 1; }
message Inner { repeated sint32 counts = 1; }
message Event {
  int64 at = 1;
  repeated string tags = 2;
  repeated double prices = 3;
  repeated Kind kinds = 4;
  repeated Item items = 5;
  map<string, int64> attrs = 6;
  map<int32, Item> lines = 7;
  repeated google.protobuf.Timestamp times = 8;
  Inner inner = 9;
  repeated uint64 ids = 10;
  repeated bytes raw = 11;
}`;
const event = messagesOf(linkedFile([parseProto(PROTO)])).find(({ name }) => name === 'Event')!;
const columns: Columns = {
  at: long,
  tags: list(string),
  prices: list(double),
  kinds: list(enumeration(['UNKNOWN', 'CARD'])),
  'items[].sku': list(string),
  'items[].price': list(nullable(double)),
  'items[].maker.name': list(nullable(string)),
  'attrs.keys()': list(string),
  'attrs.values()': list(long),
  'lines.values().sku': list(string),
  times: list(timestamp),
  'inner.counts': nullable(list(int)),
  ids: list(int64),
  raw: list(bytes),
};
const rows = protobufRows(event, columns, 'at');

interface Event {
  readonly at: bigint;
  readonly tags: string[];
  readonly prices: number[];
  readonly kinds: number[];
  readonly items: Array<{ sku: string; price?: number; maker?: { name: string } }>;
  readonly attrs: Record<string, bigint>;
  readonly lines: Record<string, { sku: string }>;
  readonly times: Array<{ seconds: bigint; nanos: number }>;
  readonly inner?: { counts: number[] };
  readonly ids: bigint[];
  readonly raw: Uint8Array[];
}

/** Entries of a map are in the order of the record; the package has those with numbers for keys first. */
function sorted(keys: unknown, values: unknown): unknown {
  return (keys as string[])
    .map((key, i) => [key, (values as unknown[])[i]] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function expected(message: Event): Record<string, unknown> | null {
  if (message.kinds.some((kind) => kind !== 0 && kind !== 1)) return null;
  const all = [message.at, ...Object.values(message.attrs)].map(Number);
  if (!all.every((value) => Number.isSafeInteger(value))) return null;
  const times = message.times.map(({ seconds, nanos }) => Number(seconds) * 1_000 + Math.floor(nanos / 1e6));
  if (!times.every((time) => Math.abs(time) <= 8.64e15)) return null;
  const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
  return {
    at: Number(message.at),
    tags: message.tags,
    prices: message.prices.map(orNull),
    kinds: message.kinds.map((kind) => (kind === 1 ? 'CARD' : 'UNKNOWN')),
    'items[].sku': message.items.map(({ sku }) => sku),
    'items[].price': message.items.map(({ price }) => orNull(price ?? Number.NaN)),
    'items[].maker.name': message.items.map(({ maker }) => maker?.name ?? null),
    attrs: sorted(Object.keys(message.attrs), Object.values(message.attrs).map(Number)),
    lines: Object.values(message.lines)
      .map(({ sku }) => sku)
      .toSorted(),
    times,
    'inner.counts': message.inner?.counts ?? null,
    ids: message.ids.map(String),
    raw: message.raw.map((one) => Buffer.from(one).toString('base64')),
  };
}

function found(record: Uint8Array): Record<string, unknown> | string {
  const row = rows.read(record);
  if (typeof row === 'string') return row;
  const { 'attrs.keys()': keys, 'attrs.values()': values, 'lines.values().sku': lines, ...rest } = row;
  return { ...rest, attrs: sorted(keys, values), lines: (lines as string[]).toSorted() };
}

const int64Value = fc.bigInt({ min: -(2n ** 53n) + 1n, max: 2n ** 53n - 1n });
const item = fc.record(
  { sku: fc.string(), price: fc.double(), maker: fc.record({ name: fc.string() }) },
  { requiredKeys: ['sku'] },
);
const message = fc.record(
  {
    at: int64Value,
    tags: fc.array(fc.string({ unit: 'grapheme' })),
    prices: fc.array(fc.double()),
    kinds: fc.array(fc.nat({ max: 1 })),
    items: fc.array(item),
    attrs: fc.dictionary(fc.string(), int64Value),
    lines: fc.dictionary(fc.integer().map(String), item),
    times: fc.array(
      fc.record({
        seconds: fc.bigInt({ min: -(10n ** 9n), max: 10n ** 10n }),
        nanos: fc.nat({ max: 999_999_999 }),
      }),
    ),
    inner: fc.record({ counts: fc.array(fc.integer()) }),
    ids: fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
    raw: fc.array(fc.uint8Array({ maxLength: 5 })),
  },
  { requiredKeys: ['at'] },
);

/** Fields as other writers have them: not packed, in several pieces, entries in any order and several with one key. */
const loose = fc.array(
  fc.oneof(
    fc.double().map((value) => new BinaryWriter().tag(3, WireType.Bit64).double(value)),
    fc.constantFrom(0, 1).map((value) => new BinaryWriter().tag(4, WireType.Varint).int32(value)),
    fc.array(fc.nat({ max: 1 })).map((values) => {
      const packed = new BinaryWriter().tag(4, WireType.LengthDelimited).fork();
      for (const value of values) packed.int32(value);
      return packed.join();
    }),
    fc.tuple(fc.constantFrom('a', 'b', ''), fc.integer(), fc.boolean()).map(([key, value, isReversed]) => {
      const entry = new BinaryWriter().tag(6, WireType.LengthDelimited).fork();
      if (isReversed) entry.tag(2, WireType.Varint).int64(value);
      if (key !== '') entry.tag(1, WireType.LengthDelimited).string(key);
      if (!isReversed && value !== 0) entry.tag(2, WireType.Varint).int64(value);
      return entry.join();
    }),
    fc.tuple(fc.constantFrom(0, -1, 7), fc.string()).map(([key, sku]) => {
      const entry = new BinaryWriter().tag(7, WireType.LengthDelimited).fork();
      if (key !== 0) entry.tag(1, WireType.Varint).int32(key);
      if (sku !== '')
        entry.tag(2, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).string(sku).join();
      return entry.join();
    }),
    fc.array(fc.integer()).map((counts) => {
      const inner = new BinaryWriter().tag(9, WireType.LengthDelimited).fork();
      for (const count of counts) inner.tag(1, WireType.Varint).sint32(count);
      return inner.join();
    }),
    fc.nat().map((value) => new BinaryWriter().tag(10, WireType.Varint).uint64(value)),
    fc.string().map((value) => new BinaryWriter().tag(2, WireType.LengthDelimited).string(value)),
  ),
);
const record = fc
  .tuple(message, loose)
  .map(([given, pieces]) =>
    Buffer.concat([toBinary(event, create(event, given as never)), ...pieces.map((piece) => piece.finish())]),
  );

t.test('property: lists are what @bufbuild/protobuf says they are', async (t) => {
  let events = 0;
  fc.assert(
    fc.property(record, (bytes) => {
      const wanted = expected(fromBinary(event, bytes) as Message & Event);
      const row = found(bytes);
      if (wanted === null) assert.equal(typeof row, 'string');
      else {
        assert.deepStrictEqual(row, wanted, bytes.toString('hex'));
        events++;
      }
    }),
    { numRuns: 300 },
  );
  t.ok(events > 150, `${events} events`);
});

t.test('property: damaged records never throw', async (t) => {
  fc.assert(
    fc.property(record, fc.array(damage, { minLength: 1, maxLength: 2 }), (bytes, damages: Damage[]) => {
      found(damages.reduce(damaged, bytes));
    }),
    { numRuns: 300 },
  );
  t.pass();
});

t.test('faults name the column, and a list is bounded', async (t) => {
  const writer = new BinaryWriter();
  for (let i = 0; i <= LIST_ITEMS_MAX; i++) writer.tag(2, WireType.LengthDelimited).string('');
  t.equal(rows.read(writer.finish()), `'tags' has more than ${LIST_ITEMS_MAX} items`);
  t.equal(
    rows.read(new BinaryWriter().tag(4, WireType.Varint).int32(9).finish()),
    "'kinds' is not one of its symbols",
  );
  const big = new BinaryWriter().tag(6, WireType.LengthDelimited).fork();
  big
    .tag(1, WireType.LengthDelimited)
    .string('k')
    .tag(2, WireType.Varint)
    .int64(2n ** 60n);
  t.equal(rows.read(big.join().finish()), "'attrs.values()' is outside the range of long");
});

t.test('an event with lists is encoded as it is read', async (t) => {
  const own: Columns = {
    at: long,
    tags: list(string),
    'items[].sku': list(string),
    'items[].price': list(nullable(double)),
    'attrs.keys()': list(string),
    'attrs.values()': list(double),
  };
  const text = protoOf('orders', own);
  const written = messagesOf(linkedFile([parseProto(text)])).find(({ name }) => name === 'Orders')!;
  const given = {
    at: 5,
    tags: ['a', 'b'],
    'items[].sku': ['p', 'q'],
    'items[].price': [null, 2.5],
    'attrs.keys()': ['k'],
    'attrs.values()': [7],
  };
  const encoder = new ProtobufEventEncoder(written, own, null, 'orders');
  t.same(protobufRows(written, own, 'at').read(encoder.encode(given)), given);
  t.equal(encoder.misfit({ ...given, tags: [null] }), 'tags');
  t.throws(() => protobufRows(written, { at: long, tags: string }, 'at'), /'tags' is repeated/);
});
