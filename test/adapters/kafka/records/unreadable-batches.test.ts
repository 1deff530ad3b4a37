// Batches that their codec cannot expand, or that expand too far: each record is a row without bytes, within bounds.
import { gzipSync, zstdCompressSync } from 'node:zlib';
import t from 'tap';
import { rawBatchOf } from '../../../../src/adapters/kafka/wire/fetched.ts';
import type { RawBatch } from '../../../../src/core/batch.ts';
import {
  RECORD_BATCH_INFLATED_BYTES_MAX,
  UNREADABLE_RECORDS_MAX,
  UNREADABLE_ROWS_MAX,
} from '../../../../src/core/log-limits.ts';
import { CODECS, fetched, sealed, setAside, single } from '../reference-batches.ts';

const origin = { topic: 'orders', partition: 0 };

function read(set: Buffer, from = 0): RawBatch | null {
  return rawBatchOf(origin, fetched(set), from);
}

t.test('a batch that its codec cannot expand, or that has an unknown codec', async (t) => {
  for (const codec of ['gzip', 'zstd', 'snappy', 'lz4'] as const) {
    const bytes = await single(5, { codec });
    bytes.fill(0x55, 61);
    const batch = read(Buffer.concat([sealed(bytes), await single(6)]), 5);
    t.match(setAside(batch), [[5, 'BATCH_UNREADABLE', new RegExp(`cannot be decompressed as ${codec}`)]]);
    t.equal(batch?.count, 2);
    t.equal(
      read(Buffer.concat([sealed(bytes), await single(6)]), 6)?.count,
      1,
      'not if it is before the offset',
    );
  }
  const unknown = await single(5);
  unknown.writeInt16BE(7, 21);
  t.match(setAside(read(sealed(unknown), 5)), [[5, 'BATCH_UNREADABLE', /unknown codec, number 7/]]);
});

/** A batch that claims `count` records and whose body is `body`, compressed by a codec. */
async function claiming(count: number, codec: keyof typeof CODECS, body: Buffer): Promise<Buffer> {
  const head = Buffer.from((await single(5)).subarray(0, 61));
  head.writeInt16BE(CODECS[codec], 21);
  head.writeInt32BE(count - 1, 23);
  head.writeInt32BE(count, 57);
  return sealed(Buffer.concat([head, body]));
}

t.test(
  'a batch that expands past the bound: each of its records is a row, and memory stays bounded',
  async (t) => {
    const zeros = Buffer.alloc(RECORD_BATCH_INFLATED_BYTES_MAX + 1);
    const blocks = Math.ceil(zeros.length / 65_536) + 1;
    const lz4Bomb = Buffer.concat([
      Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]),
      ...Array.from({ length: blocks }, () =>
        Buffer.concat([Buffer.from([0x2c, 1, 0, 0]), Buffer.alloc(300, 0xff)]),
      ),
      Buffer.alloc(4),
    ]);
    const snappyBomb = Buffer.from([0x81, 0x80, 0x80, 0x20, 0x00]);
    const bombs = { gzip: gzipSync(zeros), zstd: zstdCompressSync(zeros), lz4: lz4Bomb, snappy: snappyBomb };
    for (const codec of ['gzip', 'zstd', 'lz4', 'snappy'] as const) {
      const set = Buffer.concat([await claiming(3, codec, bombs[codec]), await single(8)]);
      const batch = read(set, 5)!;
      t.match(
        setAside(batch),
        [5, 6, 7].map((offset) => [offset, 'BATCH_TOO_LARGE', new RegExp(`${codec}, expands past 67108864`)]),
      );
      t.equal(batch.offsetNext, 9);
      t.equal(String(batch.values.at(3)), '8');
      t.strictSame(
        setAside(read(set, 7)).map(([offset]) => offset),
        [7],
      );
    }
    const xerial = Buffer.concat([
      Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 5]),
      snappyBomb,
    ]);
    t.match(setAside(read(await claiming(1, 'snappy', xerial), 5)), [[5, 'BATCH_TOO_LARGE', /snappy/]]);
    const lying = Buffer.from([0xff, 0xff, 0xff, 0x1f, 0x00]);
    t.match(setAside(read(await claiming(1, 'snappy', lying), 5)), [
      [5, 'BATCH_UNREADABLE', /claims more bytes/],
    ]);
  },
);

t.test('batches that expand to much are delivered a few at a time', async (t) => {
  const half = gzipSync(Buffer.alloc(RECORD_BATCH_INFLATED_BYTES_MAX * 0.6));
  const batches = await Promise.all(
    [5, 6, 7].map(async (offset) => {
      const bytes = await claiming(1, 'gzip', half);
      bytes.writeInt32BE(offset, 4);
      return bytes;
    }),
  );
  const set = Buffer.concat(batches);
  const seen: number[] = [];
  for (let from = 5; from < 8;) {
    const batch = read(set, from)!;
    t.equal(batch.count, 1);
    seen.push(...batch.offsets);
    from = batch.offsetNext;
  }
  t.strictSame(seen, [5, 6, 7]);
});

t.test('a batch that claims millions of records: pieces of bounded size, and none uncounted', async (t) => {
  const claimed = UNREADABLE_RECORDS_MAX + 1_000;
  const set = await claiming(claimed, 'gzip', Buffer.from('no gzip'));
  let rows = 0;
  let last: RawBatch | null = null;
  for (let from = 5; from < 5 + claimed;) {
    last = read(set, from)!;
    t.ok(last.count <= UNREADABLE_ROWS_MAX);
    rows += last.count;
    from = last.offsetNext;
  }
  t.equal(rows, UNREADABLE_RECORDS_MAX);
  t.equal(last?.offsetNext, 5 + claimed);
  t.match(setAside(last).at(-1)?.[2], /this one stands for 1001 records, up to offset/);
});
