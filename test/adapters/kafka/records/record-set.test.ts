// Record sets written by kafkajs's encoder, read by ours: whole, cut short, and damaged.
import * as fc from 'fast-check';
import t from 'tap';
import type { FetchedPartition } from '../../../../src/adapters/kafka/wire/fetch-request.ts';
import { rawBatchOf } from '../../../../src/adapters/kafka/wire/fetched.ts';
import type { RawBatch } from '../../../../src/core/batch.ts';
import { UNREADABLE_ROWS_MAX } from '../../../../src/core/log-limits.ts';
import {
  batchesArbitrary,
  encodeBatch,
  fetched,
  plain,
  sealed,
  setAside,
  single,
  type ReferenceBatch,
} from '../reference-batches.ts';

const origin = { topic: 'orders', partition: 0 };

interface Row {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

function read(set: Buffer, from = 0): RawBatch | null {
  return rawBatchOf(origin, fetched(set), from);
}

function rowsOf(batch: RawBatch | null): Row[] {
  return Array.from({ length: batch?.count ?? 0 }, (_, i) => ({
    offset: batch!.offsets[i]!,
    timestampMs: batch!.timestampMs[i]!,
    key: batch!.keys.at(i),
    value: batch!.values.at(i),
  }));
}

function expectedOf(batches: readonly ReferenceBatch[]): Row[] {
  return batches.flatMap(({ baseOffset, records, appendTimeMs }) =>
    records.map(({ key, value, timestampMs, offsetDelta }) => ({
      offset: baseOffset + offsetDelta,
      timestampMs: appendTimeMs ?? timestampMs,
      key,
      value,
    })),
  );
}

t.test('any batches, from any offset on, cut anywhere: the records of whole batches', async (t) => {
  await fc.assert(
    fc.asyncProperty(batchesArbitrary, fc.nat(), fc.nat(), async (batches, cutSeed, fromSeed) => {
      const encoded = await Promise.all(batches.map(encodeBatch));
      const set = Buffer.concat(encoded);
      t.same(rowsOf(read(set)), expectedOf(batches));

      const cut = cutSeed % (set.length + 1);
      let end = 0;
      const whole = batches.filter((_, i) => (end += encoded[i]!.length) <= cut);
      const first = batches[0]!.baseOffset;
      const last = batches.at(-1)!;
      const from = first + (fromSeed % (last.baseOffset + last.lastOffsetDelta + 2 - first));
      const partial = read(set.subarray(0, cut), from);
      const lastWhole = whole.at(-1);
      const offsetNext = lastWhole === undefined ? 0 : lastWhole.baseOffset + lastWhole.lastOffsetDelta + 1;
      t.same(
        rowsOf(partial),
        expectedOf(whole).filter(({ offset }) => offset >= from),
      );
      t.equal(partial?.offsetNext, offsetNext > from ? offsetNext : undefined);
      for (const column of [partial?.keys, partial?.values, partial?.offsets, partial?.timestampMs]) {
        t.equal(column?.length, partial?.count);
      }
      if (!t.passing()) throw new Error('see above');
    }),
    { numRuns: 150, seed: 1, endOnFailure: true },
  );
});

function lastTry(set: Buffer, from: number, more: Partial<FetchedPartition> = {}): RawBatch | null {
  return rawBatchOf(origin, fetched(set, more), from, true);
}

t.test('a bit that flips anywhere after the checksum: the batches before it, then its records', async (t) => {
  await fc.assert(
    fc.asyncProperty(batchesArbitrary, fc.nat(), async (batches, seed) => {
      const encoded = await Promise.all(batches.map(encodeBatch));
      const hit = seed % encoded.length;
      const bit = 17 * 8 + (seed % ((encoded[hit]!.length - 17) * 8));
      encoded[hit]![bit >> 3]! ^= 1 << (bit & 7);
      const set = Buffer.concat(encoded);
      t.same(
        rowsOf(read(set)),
        expectedOf(batches.slice(0, hit)),
        'the batches before the damaged one are returned',
      );
      t.notOk(read(set)?.unreadable);
      const { baseOffset } = batches[hit]!;
      t.equal(read(set, baseOffset), null, 'nothing moves while another fetch may return other bytes');
      const high = baseOffset + 1_000_000;
      const skipped = lastTry(set, baseOffset, { highWatermark: high })!;
      t.ok(skipped.offsetNext > baseOffset && skipped.offsetNext <= high, 'reading goes on');
      t.ok(skipped.count >= 1 && skipped.count <= UNREADABLE_ROWS_MAX, `${skipped.count}`);
      t.equal(setAside(skipped).length, skipped.count, 'every row is one of the batch');
      t.match(setAside(skipped)[0], [baseOffset, 'BATCH_UNREADABLE', /does not match its checksum/]);
      if (!t.passing()) throw new Error('see above');
    }),
    { numRuns: 100, seed: 1, endOnFailure: true },
  );
});

t.test('batches with impossible headers end with the last try', async (t) => {
  const good = await single(5);
  const broken = [-1, 0, 4].map((length) => {
    const bytes = Buffer.from(good);
    bytes.writeInt32BE(length, 8);
    return [bytes, /impossible length/] as const;
  });
  const magic = Buffer.from(good);
  magic[16] = 3;
  const negative = Buffer.from(good);
  negative.writeInt32BE(-5, 0);
  const more = [
    [sealed(Buffer.from(good.subarray(0, 40))), /shorter than its header/],
    [magic, /unknown message format, number 3/],
    [good.subarray(0, 50), /is cut short/],
    [negative, /is cut short/],
  ] as const;
  for (const [bytes, message] of [...broken, ...more]) {
    t.equal(read(bytes, 5), null, String(message));
    t.match(setAside(lastTry(bytes, 5)), [[5, 'BATCH_UNREADABLE', message]]);
    t.ok(lastTry(bytes, 5)!.offsetNext >= 6);
  }
  t.equal(lastTry(Buffer.alloc(0), 5), null, 'a fetch that returns nothing is no damage');
});

t.test('records that do not add up are set aside, and what follows is read', async (t) => {
  const next = await single(7);
  const bytes = await encodeBatch({
    baseOffset: 5,
    lastOffsetDelta: 1,
    records: [plain('a'), plain('b', 1)],
  });
  const check = (bent: Buffer, rows: number, what: string): void => {
    const batch = read(Buffer.concat([sealed(bent), next]), 5);
    const letters = setAside(batch);
    t.equal(letters.length, rows, what);
    for (const [, code, message] of letters)
      t.match([code, message], ['BATCH_UNREADABLE', /does not hold the/]);
    t.strictSame([...batch!.offsets], rows === 2 ? [5, 6, 7] : [5, 7]);
    t.strictSame([batch!.values.at(0), batch!.keys.at(0)], [null, null]);
    t.equal(String(batch!.values.at(batch!.count - 1)), '7');
    t.equal(batch!.offsetNext, 8);
  };
  for (const count of [-1, 1, 3, 2 ** 31 - 1]) {
    const bent = Buffer.from(bytes);
    bent.writeInt32BE(count, 57);
    check(bent, count < 2 ? 1 : 2, `${count} records`);
  }
  const lengths = { record: 61, key: 65, value: 66 };
  const wrong = {
    record: [0x00, 0x0c, 0x10, 0x7e, 0xff],
    key: [0x0a, 0x7e],
    value: [0x06, 0x7e],
  };
  for (const what of ['record', 'key', 'value'] as const) {
    for (const length of wrong[what]) {
      const bent = Buffer.from(bytes);
      bent[lengths[what]] = length;
      check(bent, 2, `${what}: ${length}`);
    }
  }
});

t.test('an empty batch, as compaction leaves one, is skipped', async (t) => {
  const empty = await encodeBatch({ baseOffset: 5, lastOffsetDelta: 3, records: [] });
  t.match(read(empty, 5), { count: 0, offsetNext: 9 });
});
