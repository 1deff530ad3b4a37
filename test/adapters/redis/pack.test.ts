// The packed delta read back by a reader written from the layout's description alone.
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { packDelta, packKeys } from '../../../src/adapters/redis/pack.ts';
import type { StateDelta } from '../../../src/core/state-delta.ts';
import { frameScope } from '../../../src/core/state-frame.ts';

class Reader {
  readonly #bytes: Buffer;
  at = 0;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  u32(): number {
    this.at += 4;
    return this.#bytes.readUInt32LE(this.at - 4);
  }
  f64(): number {
    this.at += 8;
    return this.#bytes.readDoubleLE(this.at - 8);
  }
  field(): Buffer {
    const length = this.u32();
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }
  done(): boolean {
    return this.at === this.#bytes.length;
  }
}

const blob = fc.uint8Array({ maxLength: 300 });
const ttlMs = fc.option(fc.integer({ min: 0, max: 1e12 }));
const eventTimeMs = fc.integer({ min: -1e12, max: 4e12 });
const key = fc.string({ unit: 'grapheme', maxLength: 40 });
const deltas: fc.Arbitrary<StateDelta> = fc.record({
  deletes: fc.array(key),
  puts: fc.array(fc.record({ key, state: blob, served: fc.option(blob), eventTimeMs, ttlMs })),
  // One append a key: what more of them become is the contract suite's matter.
  appends: fc.uniqueArray(fc.record({ key, bytes: blob, eventTimeMs, ttlMs }), {
    selector: (one) => one.key,
  }),
  stages: fc.constant(new Map<string, Uint8Array>()),
});
const SCOPE = frameScope('a partition');
const text = (n: number | null): string => (n === null ? '' : String(n));

/** A framed value: version, length, CRC-32 from the FNV-1a hash of scope and key on, payload. */
function payload(t: Test, framed: Buffer, name: string): Buffer {
  const bytes = framed.subarray(9);
  t.equal(framed[0], 1);
  t.equal(framed.readUInt32LE(1), bytes.length);
  let hash = BigInt(crc32('a partition'));
  for (const unit of name.split('')) hash = ((hash ^ BigInt(unit.charCodeAt(0))) * 0x01000193n) & 0xffffffffn;
  t.equal(framed.readUInt32LE(5), crc32(bytes, Number(hash)));
  return bytes;
}

function checkExpiry(t: Test, expiry: number, eventTime: number, ttl: number | null): void {
  if (ttl === null) return void t.equal(expiry, Number.POSITIVE_INFINITY);
  const least = eventTime + ttl;
  t.ok(expiry >= least && expiry <= least + ttl / 16 + 1, `${expiry} is ${least}, rounded up`);
}

t.test('any delta reads back field for field', async (t) => {
  const check = (delta: StateDelta): void => {
    const reader = new Reader(packDelta(delta, SCOPE));
    const replaced = new Set([...delta.deletes, ...delta.puts.map((one) => one.key)]);
    const bases = delta.appends.map((one) => one.key).filter((one) => !replaced.has(one));
    t.equal(reader.u32(), bases.length);
    for (const base of bases) t.equal(reader.field().toString(), base);
    t.equal(reader.u32(), delta.deletes.length);
    for (const gone of delta.deletes) t.equal(reader.field().toString(), gone);
    t.equal(reader.u32(), delta.puts.length);
    for (const put of delta.puts) {
      t.equal(reader.field().toString(), put.key);
      t.ok(payload(t, reader.field(), put.key).equals(put.state));
      t.ok(reader.field().equals(put.served ?? Buffer.alloc(0)));
      t.equal(reader.field().toString(), text(put.eventTimeMs));
      t.equal(reader.field().toString(), text(put.ttlMs));
      checkExpiry(t, reader.f64(), put.eventTimeMs, put.ttlMs);
    }
    t.equal(reader.u32(), delta.appends.length);
    for (const append of delta.appends) {
      t.equal(reader.field().toString(), append.key);
      t.ok(payload(t, reader.field(), append.key).equals(append.bytes));
      t.equal(reader.field().toString(), text(append.eventTimeMs));
      t.equal(reader.field().toString(), text(append.ttlMs));
      checkExpiry(t, reader.f64(), append.eventTimeMs, append.ttlMs);
    }
    t.ok(reader.done());
  };
  fc.assert(fc.property(deltas, check), { numRuns: 50 });
});

t.test("appends to one key become one, in order, with the last one's times", async (t) => {
  const append = (name: string, value: number, ttl: number | null) => ({
    key: name,
    bytes: Uint8Array.of(value),
    eventTimeMs: value,
    ttlMs: ttl,
  });
  const appends = [append('a', 1, null), append('b', 2, null), append('a', 3, 16)];
  const reader = new Reader(packDelta({ deletes: [], puts: [], appends, stages: new Map() }, SCOPE));
  t.same([reader.u32(), reader.field().toString(), reader.field().toString()], [2, 'a', 'b']);
  t.same([reader.u32(), reader.u32(), reader.u32()], [0, 0, 2]);
  t.same([reader.field().toString(), [...payload(t, reader.field(), 'a')]], ['a', [1, 3]]);
  t.same([reader.field().toString(), reader.field().toString(), reader.f64()], ['3', '16', 19]);
});

t.test('keys for a read', async (t) => {
  const reader = new Reader(packKeys(['a', '', 'ü']));
  t.same([reader.field().toString(), reader.field().toString(), reader.field().toString()], ['a', '', 'ü']);
  t.ok(reader.done());
});
