// What a group has committed, by the topic in which Kafka keeps it, in all versions of its records.
import t from 'tap';
import fc from 'fast-check';
import { GroupOffsetsLog, partitionOf } from '../../../src/adapters/kafka/group-offsets-log.ts';
import { KafkaError } from '../../../src/adapters/kafka/client/kafka-error.ts';
import { ByteColumn } from '../../../src/core/byte-column.ts';
import type { StoredBatch } from '../../../src/adapters/kafka/records/stored-batch.ts';
import type { RawBatch } from '../../../src/core/batch.ts';

const PARTITIONS = 3;

const short = (value: number): Buffer =>
  value < 0 ? Buffer.from([0xff, 0xff]) : Buffer.from([value >> 8, value & 255]);
const int = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const long = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
};
const text = (value: string): Buffer => Buffer.concat([short(Buffer.byteLength(value)), Buffer.from(value)]);
const compact = (value: string): Buffer =>
  Buffer.concat([Buffer.from([Buffer.byteLength(value) + 1]), Buffer.from(value)]);

const keyOf = (group: string, topic: string, partition: number, version = 1): Buffer =>
  Buffer.concat([short(version), text(group), text(topic), int(partition)]);

/** By the specifications of its versions in Kafka's source. */
function valueOf(version: number, offset: number, metadata: string): Buffer {
  const at = long(1_796_000_000_000);
  const rest = [
    [text(metadata), at],
    [text(metadata), at, at],
    [text(metadata), at],
    [int(7), text(metadata), at],
    [int(7), compact(metadata), at, Buffer.from([0])],
  ][version] as Buffer[];
  return Buffer.concat([short(version), long(offset), ...rest]);
}

interface Entry {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Whose transaction it is in; none if it is left out. */
  readonly producer?: bigint;
  /** A marker, of what the producer's transaction ended with. */
  readonly ends?: 'commit' | 'abort';
}

const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  let rest = value < 0 ? 1 : value * 2;
  for (; rest > 127; rest >>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
};
const sized = (bytes: Buffer | null): Buffer =>
  bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);

/** A batch of one record. */
function batchOf({ key, value, producer, ends }: Entry, offset: number): StoredBatch {
  const marker = ends === undefined ? null : Buffer.concat([short(0), short(ends === 'commit' ? 1 : 0)]);
  const record = [Buffer.from([0]), varint(0), varint(0), sized(marker ?? key), sized(value), varint(0)];
  return {
    baseOffset: offset,
    lastOffset: offset,
    codec: 0,
    isTransactional: producer !== undefined,
    isControl: ends !== undefined,
    producerId: producer ?? -1n,
    baseTimestampMs: 0,
    appendTimeMs: null,
    count: 1,
    records: sized(Buffer.concat(record)),
    fault: null,
  };
}

/** The topic, one record a batch in each of its partitions, from an offset on. */
class Topic {
  readonly records: Entry[][] = Array.from({ length: PARTITIONS }, () => []);
  low = 0;
  /** Where the first open transaction begins; none if it is infinite. */
  open = Number.POSITIVE_INFINITY;
  reads: Array<readonly [from: number, to: number]> = [];

  put(group: string, entry: Entry): void {
    this.records[partitionOf(group, PARTITIONS)]?.push(entry);
  }

  log(): GroupOffsetsLog {
    return new GroupOffsetsLog({
      offsets: async () => this.records.map(() => ({ low: this.low })),
      ends: async () =>
        this.records.map(({ length }) => ({ readable: Math.min(length, this.open), end: length })),
      batches: async ({ partition }, position) => {
        const records = this.records[partition] ?? [];
        // As a broker that cuts its answers short.
        return records.slice(position, position + 3).map((entry, i) => batchOf(entry, position + i));
      },
      read: (_topic, partition, from, to) => this.#read(partition, from, to),
    });
  }

  async *#read(partition: number, from: number, to: number): AsyncGenerator<RawBatch> {
    this.reads.push([from, to]);
    const records = this.records[partition] ?? [];
    for (const { key, value } of records.slice(Math.max(from, this.low), to)) {
      // what a reader of the topic looks at
      yield { count: 1, keys: ByteColumn.of([key]), values: ByteColumn.of([value]) } as unknown as RawBatch;
    }
  }
}

t.test('the partition is the one that the broker chooses', async (t) => {
  // By Java: Math.abs("...".hashCode()) % 50, of which the last one's hash is the least integer.
  t.equal(partitionOf('millrace.orders', 50), 46);
  t.equal(partitionOf('ä€😀', 50), 1);
  t.equal(partitionOf('polygenelubricants', 50), 0);
});

t.test('each version of the records', async (t) => {
  for (const version of [0, 1, 2, 3, 4])
    for (const keyVersion of [0, 1]) {
      const topic = new Topic();
      topic.put('g', { key: keyOf('g', 'orders', 3, keyVersion), value: valueOf(version, 2 ** 40, 'märz') });
      const found = await topic.log().of('g', { topic: 'orders', partition: 3 });
      t.same(found, { offset: 2 ** 40, metadata: 'märz' }, `version ${version}`);
    }
  const topic = new Topic();
  topic.put('g', { key: keyOf('g', 'orders', 3), value: Buffer.concat([short(5), long(1)]) });
  const error = await topic
    .log()
    .of('g', { topic: 'orders', partition: 3 })
    .catch((reason: unknown) => reason);
  t.ok(error instanceof KafkaError && error.fault === 'unsupported');
});

t.test('the newest of what was committed, as of each call', async (t) => {
  const groups = ['a', 'b', 'c', 'd'];
  const commit = fc.record({
    group: fc.constantFrom(...groups),
    topic: fc.constantFrom('orders', 'orders-1'),
    partition: fc.nat(2),
    offset: fc.option(fc.nat(), { freq: 5 }),
    others: fc.nat(3),
    asks: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(commit, { maxLength: 30 }), async (commits) => {
      const topic = new Topic();
      const log = topic.log();
      const known = new Map<string, number | null>();
      for (const { group, topic: name, partition, offset, others, asks } of commits) {
        for (let i = 0; i < others; i++)
          topic.put(group, { key: Buffer.concat([short(2), text(group)]), value: int(1) });
        topic.put(group, {
          key: keyOf(group, name, partition),
          value: offset === null ? null : valueOf(3, offset, ''),
        });
        known.set(`${group} ${name} ${partition}`, offset);
        if (!asks) continue;
        for (const asked of groups)
          for (const at of [0, 1, 2]) {
            const found = await log.of(asked, { topic: name, partition: at });
            t.equal(found?.offset ?? null, known.get(`${asked} ${name} ${at}`) ?? null);
          }
      }
    }),
    { numRuns: 50 },
  );
});

t.test('what is in use is found near the end, and what is new behind it', async (t) => {
  const topic = new Topic();
  topic.low = 5;
  for (let i = 0; i < 50_000; i++)
    topic.put('g', { key: keyOf('g', 'orders', i < 100 ? 1 : 0), value: valueOf(3, i, '') });
  const log = topic.log();
  t.match(await log.of('g', { topic: 'orders', partition: 0 }), { offset: 49_999 });
  t.same(topic.reads, [[40_000, 50_000]]);
  t.match(await log.of('g', { topic: 'orders', partition: 1 }), { offset: 99 }, 'one that has been idle');
  t.same(topic.reads.slice(1), [
    [30_000, 40_000],
    [10_000, 30_000],
    [5, 10_000],
  ]);
  topic.put('g', { key: keyOf('g', 'orders', 1), value: valueOf(3, 100, '') });
  topic.put('g', { key: keyOf('g', 'orders', 0), value: null });
  const both = [0, 1].map((partition) => log.of('g', { topic: 'orders', partition }));
  t.match(await Promise.all(both), [null, { offset: 100 }]);
  t.same(topic.reads.slice(4), [[50_000, 50_002]]);
  t.equal(await log.of('g', { topic: 'orders', partition: 2 }), null);
  t.equal(topic.reads.length, 5, 'all of it has been read');
});

t.test('behind a transaction that stays open, what has been committed counts', async (t) => {
  const topic = new Topic();
  const put = (partition: number, offset: number | null, producer?: bigint): void =>
    topic.put('g', {
      key: keyOf('g', 'orders', partition),
      value: offset === null ? null : valueOf(3, offset, ''),
      ...(producer === undefined ? {} : { producer }),
    });
  const end = (producer: bigint, ends: 'commit' | 'abort'): void =>
    topic.put('g', { key: null, value: null, producer, ends });
  const log = topic.log();
  const found = async (): Promise<Array<number | null>> =>
    Promise.all(
      [0, 1, 2].map(async (partition) => (await log.of('g', { topic: 'orders', partition }))?.offset ?? null),
    );
  for (const partition of [0, 1, 2]) put(partition, 1);
  topic.open = 3;
  topic.put('g', { key: keyOf('g', 'others', 2), value: valueOf(3, 99, ''), producer: 7n }); // and stays open
  t.same(await found(), [1, 1, 1]);
  put(0, 2, 8n);
  const waiting = found();
  setTimeout(() => end(8n, 'commit'), 100);
  t.same(await waiting, [2, 1, 1], 'what is undecided is waited for');
  put(1, 5, 9n);
  end(9n, 'abort');
  t.same(await found(), [2, 1, 1], 'aborted');
  put(1, 6, 9n);
  put(0, 3, 8n);
  end(9n, 'commit');
  end(8n, 'abort');
  t.same(await found(), [2, 6, 1], 'two at once');
  put(0, 4); // outside of a transaction
  put(1, null);
  t.same(await found(), [4, null, 1]);
});

t.test('a broker that has no records where its log has some is unavailable', async (t) => {
  const topic = new Topic();
  topic.put('g', { key: keyOf('g', 'orders', 0), value: valueOf(3, 8, '') });
  topic.open = 0;
  const log = new GroupOffsetsLog({
    offsets: async () => [{ low: 0 }],
    ends: async () => [{ readable: 0, end: 1 }],
    read: () => {
      throw new Error('nothing is readable');
    },
    batches: async () => [],
  });
  const error = await log.of('g', { topic: 'orders', partition: 0 }).catch((reason: unknown) => reason);
  t.ok(error instanceof KafkaError && error.fault === 'unavailable');
});
