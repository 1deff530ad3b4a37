// Record sets written by kafkajs's encoder, read by ours: whole, cut short, and damaged.
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import t from 'tap';
import { rawBatchOf } from '../../../../src/adapters/kafka/wire/fetched.ts';
import type { RawBatch } from '../../../../src/core/batch.ts';
import { RECORD_BATCH_INFLATED_BYTES_MAX } from '../../../../src/core/limits.ts';
import {
  batchesArbitrary,
  encodeBatch,
  fetched,
  plain,
  sealed,
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

t.test('a bit that flips anywhere after the checksum', async (t) => {
  await fc.assert(
    fc.asyncProperty(batchesArbitrary, fc.nat(), async (batches, seed) => {
      const encoded = await Promise.all(batches.map(encodeBatch));
      const hit = seed % encoded.length;
      const bit = 17 * 8 + (seed % ((encoded[hit]!.length - 17) * 8));
      encoded[hit]![bit >> 3]! ^= 1 << (bit & 7);
      t.throws(() => read(Buffer.concat(encoded)), {
        code: 'LOG_FAILED',
        where: `orders-0 at offset ${batches[hit]!.baseOffset}`,
        message: /does not match its checksum/,
      });
      if (!t.passing()) throw new Error('see above');
    }),
    { numRuns: 100, seed: 1, endOnFailure: true },
  );
});

t.test('batches with impossible headers', async (t) => {
  const good = await single(5);
  for (const length of [-1, 0, 4]) {
    const bytes = Buffer.from(good);
    bytes.writeInt32BE(length, 8);
    t.throws(() => read(bytes), { code: 'LOG_FAILED', message: /impossible length/ }, `length ${length}`);
  }
  const short = sealed(Buffer.from(good.subarray(0, 40)));
  t.throws(() => read(short), { code: 'LOG_FAILED', message: /shorter than its header/ });
  for (const count of [-1, 2, 2 ** 31 - 1]) {
    const bytes = Buffer.from(good);
    bytes.writeInt32BE(count, 57);
    t.throws(
      () => read(sealed(bytes)),
      { code: 'LOG_FAILED', message: /does not hold the/ },
      `${count} records`,
    );
  }
  const bytes = await encodeBatch({
    baseOffset: 5,
    lastOffsetDelta: 1,
    records: [plain('a'), plain('b', 1)],
  });
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
      t.throws(
        () => read(sealed(bent)),
        { code: 'LOG_FAILED', message: /does not hold the/ },
        `${what}: ${length}`,
      );
    }
  }
});

t.test('an empty batch, as compaction leaves one, is skipped', async (t) => {
  const empty = await encodeBatch({ baseOffset: 5, lastOffsetDelta: 3, records: [] });
  t.match(read(empty, 5), { count: 0, offsetNext: 9 });
});

t.test('formats and codecs that are not supported are named', async (t) => {
  for (const magic of [0, 1, 3]) {
    const bytes = await single(5);
    bytes[16] = magic;
    t.throws(() => read(bytes), { code: 'LOG_FAILED', message: new RegExp(`format ${magic}`) });
  }
  for (const codec of ['snappy', 'lz4'] as const) {
    const bytes = await single(5, { codec });
    t.throws(() => read(bytes), {
      code: 'LOG_FAILED',
      message: new RegExp(`compressed by ${codec} cannot be read`),
      where: 'orders-0 at offset 5',
      remedy: /compression\.type .* zstd, gzip or none/,
    });
    t.equal(read(Buffer.concat([bytes, await single(6)]), 6)?.count, 1, 'unless they are before the offset');
  }
  const unknown = await single(5);
  unknown.writeInt16BE(7, 21);
  t.throws(() => read(sealed(unknown)), { code: 'LOG_FAILED', message: /codec 7/ });
});

t.test('compressed bytes that are damaged, or expand past the bound', async (t) => {
  for (const codec of ['gzip', 'zstd'] as const) {
    const bytes = await single(5, { codec });
    bytes.fill(0x55, 61);
    t.throws(() => read(sealed(bytes)), {
      code: 'LOG_FAILED',
      message: new RegExp(`a ${codec} .* cannot be decompressed`),
    });
  }
  const bomb = gzipSync(Buffer.alloc(RECORD_BATCH_INFLATED_BYTES_MAX + 1));
  const head = (await single(5, { codec: 'gzip' })).subarray(0, 61);
  t.throws(() => read(sealed(Buffer.concat([head, bomb]))), {
    code: 'LOG_FAILED',
    message: /cannot be decompressed/,
  });
});
