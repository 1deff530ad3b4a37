// Batches written by Kafka's Java client, in every codec and message format (test/vectors/KafkaRecordBatches.java).
import { readFileSync } from 'node:fs';
import t from 'tap';
import { rawBatchOf } from '../../../../src/adapters/kafka/wire/fetched.ts';
import { fetched } from '../reference-batches.ts';

interface Vectors {
  readonly baseOffset: number;
  readonly baseMs: number;
  readonly count: number;
  readonly batches: ReadonlyArray<{ readonly magic: number; readonly codec: string; readonly bytes: string }>;
}

const file = new URL('../../../vectors/kafka-record-batches.json', import.meta.url);
const { baseOffset, baseMs, count, batches } = JSON.parse(readFileSync(file, 'utf8')) as Vectors;
const origin = { topic: 'orders', partition: 0 };

for (const { magic, codec, bytes } of batches) {
  const set = Buffer.from(bytes, 'base64');

  t.test(`${codec}, message format ${magic}`, async (t) => {
    const batch = rawBatchOf(origin, fetched(set), baseOffset)!;
    t.equal(batch.count, count);
    t.notOk(batch.unreadable);
    t.equal(batch.offsetNext, baseOffset + count);
    for (let i = 0; i < count; i++) {
      const value = i === 5 ? null : `{"i":${i},"text":"${'abc'.repeat(i % 11)}"}`;
      const row = [batch.offsets[i], batch.timestampMs[i], text(batch.keys.at(i)), text(batch.values.at(i))];
      t.strictSame(row, [
        baseOffset + i,
        magic === 0 ? -1 : baseMs + i,
        i === 3 ? null : `key-${i % 7}`,
        value,
      ]);
    }
    const later = rawBatchOf(origin, fetched(set), baseOffset + 100)!;
    t.equal(later.count, count - 100, 'from an offset in the middle on');
    t.equal(later.offsets[0], baseOffset + 100);
  });

  t.test(
    `${codec}, message format ${magic}: no damage throws, loops, or moves the offset back`,
    async (t) => {
      let random = 1;
      const next = (below: number): number => {
        random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
        return random % below;
      };
      for (let run = 0; run < 300; run++) {
        const bent = Buffer.from(set);
        for (let i = next(4); i >= 0; i--) bent[next(bent.length)] = next(256);
        const cut = run % 3 === 0 ? bent.subarray(0, next(bent.length + 1)) : bent;
        const batch = rawBatchOf(origin, fetched(cut), baseOffset, true);
        if (cut.length > 0) t.ok(batch !== null && batch.offsetNext > baseOffset, `run ${run}`);
        for (const { from, to } of batch?.unreadable ?? []) t.ok(from < to && to <= batch!.count);
      }
    },
  );
}

function text(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString();
}
