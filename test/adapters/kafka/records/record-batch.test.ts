// Our record batches, read by kafkajs's own decoder.
import { createRequire } from 'node:module';
import * as fc from 'fast-check';
import t from 'tap';
import { PartitionBatches } from '../../../../src/adapters/kafka/records/partition-batches.ts';
import { RecordBatch } from '../../../../src/adapters/kafka/records/record-batch.ts';
import { PRODUCE_BATCH_BYTES_MAX } from '../../../../src/core/log-limits.ts';
import type { LogRecord } from '../../../../src/ports/event-log.ts';
import { columnOf } from '../../../support/byte-columns.ts';

interface Decoded {
  readonly records: ReadonlyArray<{
    readonly offset: string;
    readonly timestamp: string;
    readonly key: Buffer | null;
    readonly value: Buffer | null;
    readonly headers: Readonly<Record<string, Buffer>>;
  }>;
  readonly inTransaction: boolean;
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly lastOffsetDelta: number;
  readonly maxTimestamp: string;
}

// kafkajs neither exports nor types these.
const require = createRequire(import.meta.url);
const Decoder = require('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => object;
const decode = require('kafkajs/src/protocol/recordBatch/v0/decoder.js') as (
  input: object,
) => Promise<Decoded>;
const crcOf = require('kafkajs/src/protocol/recordBatch/crc32C/index.js') as (bytes: Buffer) => number;

const bytes = fc.oneof(
  fc.constant(null),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);
/** That of a block. */
const HEADER = 'ß-source';
const recordArbitrary: fc.Arbitrary<LogRecord> = fc
  .record({
    key: bytes,
    value: bytes,
    timestampMs: fc.oneof(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 17e11, max: 17e11 + 1_000 })),
    headers: fc.option(
      fc.oneof(
        fc.dictionary(
          fc.string({ unit: fc.constantFrom('a', 'b', 'ß', '日'), minLength: 1, maxLength: 8 }),
          fc.string(),
        ),
        fc.string().map((value) => ({ [HEADER]: value })),
      ),
      { nil: undefined },
    ),
  })
  .map(({ headers, ...record }) => (headers === undefined ? record : { ...record, headers }));

t.test('any records', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(recordArbitrary, { minLength: 1, maxLength: 150 }),
      fc.record({
        producerId: fc.bigInt({ min: 0n, max: 2n ** 62n }),
        producerEpoch: fc.nat(32_767),
        sequence: fc.nat(2 ** 31 - 1),
        isTransactional: fc.boolean(),
      }),
      async (records, producer) => {
        const batch = new RecordBatch();
        // Those without headers, or with the block's, as a row of a block as well as alone.
        const columns = {
          partition: 0,
          timestampMs: Float64Array.from(records, ({ timestampMs }) => timestampMs),
          keys: columnOf(records.map(({ key }) => key)),
          values: columnOf(records.map(({ value }) => value)),
        };
        const heads = records.map(({ headers }) => headers?.[HEADER] ?? '');
        const headed = {
          ...columns,
          header: { name: HEADER, values: columnOf(heads.map((head) => Buffer.from(head))) },
        };
        for (const [row, record] of records.entries()) {
          const names = Object.keys(record.headers ?? {});
          if (record.headers === undefined && row % 2 === 0) batch.appendRow(columns, row, null);
          else if (names.join() === HEADER) batch.appendRow(headed, row, Buffer.from(HEADER));
          else batch.append(record);
        }
        const written = batch.finish(producer);
        t.equal(written.readUInt32BE(17), crcOf(written.subarray(21)) >>> 0);
        t.equal(written.readInt32BE(8), written.length - 12);
        t.equal(written.readInt8(16), 2, 'magic');
        const read = await decode(new Decoder(written));
        t.match(read, {
          inTransaction: producer.isTransactional,
          producerId: String(producer.producerId),
          producerEpoch: producer.producerEpoch,
          firstSequence: producer.sequence,
          lastOffsetDelta: records.length - 1,
          maxTimestamp: String(Math.max(...records.map(({ timestampMs }) => timestampMs))),
        });
        t.same(
          read.records.map(({ key, value, timestamp, headers }) => ({
            key,
            value,
            timestampMs: Number(timestamp),
            headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])),
          })),
          records.map((record) => ({ headers: {}, ...record })),
        );
        if (!t.passing()) throw new Error('see above');
      },
    ),
    { numRuns: 100, seed: 1, endOnFailure: true },
  );
});

t.test('batches stay below the size that a broker accepts, and continue the sequence numbers', async (t) => {
  const batches = new PartitionBatches({ topic: 'a', partition: 0 });
  const value = Buffer.alloc(PRODUCE_BATCH_BYTES_MAX / 4);
  for (let i = 0; i < 10; i++) batches.append({ key: null, value, timestampMs: i });
  const producer = { producerId: 1n, producerEpoch: 0 };
  const counts: number[] = [];
  while (!batches.isEmpty) {
    const { bytes: batch, count } = batches.next(producer);
    t.equal(count, batch.readInt32BE(57));
    t.ok(batch.length < 1_048_576);
    t.equal(
      batch.readInt32BE(53),
      counts.reduce((sum, count) => sum + count, 0),
    );
    t.same(batches.next(producer).bytes, batch, 'the same until it is sent');
    counts.push(batch.readInt32BE(57));
    batches.sent();
  }
  t.equal(
    counts.reduce((sum, count) => sum + count, 0),
    10,
  );
  t.ok(counts.length > 2);
});
