// A chunk of the embedded log is read back whole or not at all, and the rest of the log with it.
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { chunkOf, damagedChunk, packChunk, unpackChunk } from '../../../src/adapters/embedded/log-chunk.ts';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { ByteColumn } from '../../../src/core/byte-column.ts';
import type { RawBatch } from '../../../src/core/batch.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';

const text = (value: string): Buffer => Buffer.from(value);
const chunk = chunkOf(
  40,
  Float64Array.of(1, 2.5, 3),
  ByteColumn.of([text('a'), null, text('')]),
  ByteColumn.of([text('one'), text('two'), null]),
);
const rows = (column: ByteColumn): Array<string | null> =>
  [...column].map((bytes) => bytes?.toString() ?? null);

t.test('a chunk is read back; any byte that changes is noticed', async (t) => {
  const blob = packChunk(chunk);
  const back = unpackChunk(40, 43, blob);
  t.same([...(back?.offsets ?? [])], [40, 41, 42]);
  t.same([...(back?.timestampMs ?? [])], [1, 2.5, 3]);
  t.same(back && rows(back.keys), ['a', null, '']);
  t.same(back && rows(back.values), ['one', 'two', null]);
  for (let at = 0; at < blob.length; at++) {
    const changed = Buffer.from(blob);
    changed[at] = (changed[at] as number) ^ 0x10;
    t.equal(unpackChunk(40, 43, changed), null, `byte ${at}`);
  }
  t.equal(unpackChunk(41, 44, blob), null, 'in another place');
  for (let length = 0; length < blob.length; length++)
    t.equal(unpackChunk(40, 43, blob.subarray(0, length)), null, `cut to ${length}`);
});

t.test('a chunk of 0.1.0 has no checksum', async (t) => {
  const blob = packChunk(chunk);
  const old = Buffer.concat([blob.subarray(0, 8), blob.subarray(12)]);
  old.writeUInt32LE(1, 0);
  t.same(rows(unpackChunk(40, 43, old)?.values ?? ByteColumn.of([])), ['one', 'two', null]);
});

t.test('any bytes are refused without an error, also in the old format', async (t) => {
  const bytes = fc.uint8Array({ maxLength: 200 });
  fc.assert(
    fc.property(bytes, fc.constantFrom(0, 1, 2, 3), fc.nat(8), (content, format, count) => {
      const head = Buffer.alloc(8);
      head.writeUInt32LE(format, 0);
      head.writeUInt32LE(count, 4);
      unpackChunk(0, 10, Buffer.concat([head, content]));
    }),
  );
  t.equal(
    damagedChunk(5, 1e15, 0).offsets.length,
    0,
    'no number from the file decides how much memory is taken',
  );
});

t.test('the records of a damaged chunk are set aside by a task, and skipped by others', async (t) => {
  const path = join(t.testdir({}), 'log.db');
  const telemetry = new FakeTelemetry();
  const spec = { topic: 'flights', partitions: 1, compacted: false, retentionMs: -1 };
  const first = new EmbeddedLog({ path });
  await first.ensureTopics([spec]);
  for (const values of [['a', 'b'], ['c', 'd'], ['e']])
    await first.publish(
      'flights',
      values.map((value) => ({ key: null, value: text(value), timestampMs: 7 })),
    );
  await first.close();
  const db = new DatabaseSync(path);
  db.exec('UPDATE log_chunks SET records = CAST(substr(records, 1, 30) AS BLOB) WHERE base_offset = 2');
  db.close();
  const log = new EmbeddedLog({ path, telemetry });
  t.teardown(() => log.close());
  const read: string[] = [];
  for await (const raw of log.read('flights', 0, 0, 5)) read.push(...[...raw.values].map(String));
  t.same(read, ['a', 'b', 'e']);
  t.equal(telemetry.counts.get('records_skipped_total'), 2);
  t.match(telemetry.conditions.get('records_skipped flights-0'), /2 from offset 2 on: .*damaged/);
  const batches: RawBatch[] = [];
  await new Promise<void>((resolve) => {
    log.subscribe({ groupId: 'g', topic: 'flights' }).subscribe((assignment) => {
      assignment.open(0).subscribe((raw) => {
        batches.push(raw);
        if (raw.offsetNext === 5) resolve();
      });
      assignment.revoked.addEventListener('abort', () => assignment.released());
    });
  });
  const bad = batches.find((raw) => raw.unreadable !== undefined);
  t.match(bad, { count: 2, unreadable: [{ from: 0, to: 2, code: 'BATCH_UNREADABLE' }] });
  t.same([...(bad?.offsets ?? [])], [2, 3]);
});
