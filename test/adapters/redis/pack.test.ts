// The packed delta read back by a reader written from the layout's description alone.
import fc from 'fast-check';
import t from 'tap';
import { packDelta, packKeys } from '../../../src/adapters/redis/pack.ts';
import type { StateDelta } from '../../../src/core/state-delta.ts';

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
  u8(): number {
    this.at += 1;
    return this.#bytes.readUInt8(this.at - 1);
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
const GRACE_MS = 77;
const expiry = (ttl: number | null): number => (ttl === null ? -1 : ttl + GRACE_MS);
const text = (n: number | null): string => (n === null ? '' : String(n));

t.test('any delta reads back field for field', async (t) => {
  const check = (delta: StateDelta): void => {
    const reader = new Reader(packDelta(delta, GRACE_MS));
    t.equal(reader.u32(), delta.deletes.length);
    for (const gone of delta.deletes) t.equal(reader.field().toString(), gone);
    t.equal(reader.u32(), delta.puts.length);
    for (const put of delta.puts) {
      t.equal(reader.field().toString(), put.key);
      t.ok(reader.field().equals(put.state));
      t.ok(reader.field().equals(put.served ?? Buffer.alloc(0)));
      t.equal(reader.field().toString(), text(put.eventTimeMs));
      t.equal(reader.field().toString(), text(put.ttlMs));
      t.equal(reader.f64(), expiry(put.ttlMs));
      t.equal(reader.u8(), put.served === null ? 0 : 1);
    }
    t.equal(reader.u32(), delta.appends.length);
    for (const append of delta.appends) {
      t.equal(reader.field().toString(), append.key);
      t.ok(reader.field().equals(append.bytes));
      t.equal(reader.field().toString(), text(append.eventTimeMs));
      t.equal(reader.field().toString(), text(append.ttlMs));
      t.equal(reader.f64(), expiry(append.ttlMs));
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
  const appends = [append('a', 1, null), append('b', 2, null), append('a', 3, 10)];
  const reader = new Reader(packDelta({ deletes: [], puts: [], appends, stages: new Map() }, GRACE_MS));
  t.same([reader.u32(), reader.u32(), reader.u32()], [0, 0, 2]);
  t.same([reader.field().toString(), [...reader.field()]], ['a', [1, 3]]);
  t.same([reader.field().toString(), reader.field().toString(), reader.f64()], ['3', '10', 10 + GRACE_MS]);
});

t.test('keys for a read', async (t) => {
  const reader = new Reader(packKeys(['a', '', 'ü']));
  t.same([reader.field().toString(), reader.field().toString(), reader.field().toString()], ['a', '', 'ü']);
  t.ok(reader.done());
});
