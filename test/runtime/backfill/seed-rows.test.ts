// What the parts of a topology have exchanged in a backfill, handed over to the live log.
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { SEED_ROWS_MAX } from '../../../src/core/backfill-limits.ts';
import { dropSeededRows, seedRows } from '../../../src/runtime/backfill/seed-rows.ts';

const topic = 'payments.by-merchant';
const place = { topic, partition: 1 };
const ROWS = SEED_ROWS_MAX * 2 + 5;

async function logWith(rows: number): Promise<EmbeddedLog> {
  const log = new EmbeddedLog({ path: null });
  t.teardown(() => log.close());
  await log.ensureTopics([{ topic, partitions: 2, compacted: false, retentionMs: -1 }]);
  const records = Array.from({ length: rows }, (_, i) => ({
    key: Buffer.from(`payments-0-${i}`),
    value: i % 3 === 0 ? null : Buffer.from(`row ${i}`),
    timestampMs: i,
    partition: 1,
  }));
  for (let from = 0; from < rows; from += 1_000) await log.publish(topic, records.slice(from, from + 1_000));
  return log;
}

async function rowsOf(log: EmbeddedLog): Promise<unknown[]> {
  const { low = 0, high = 0 } = (await log.offsets(topic))[1] ?? {};
  const found: unknown[] = [];
  for await (const { count, keys, values, timestampMs } of log.read(topic, 1, low, high))
    for (let i = 0; i < count; i++)
      found.push([keys.at(i)?.toString(), values.at(i)?.toString() ?? null, timestampMs[i]]);
  return found;
}

t.test('each record once and in its order, also after a try that was interrupted', async (t) => {
  const [own, live] = [await logWith(ROWS), await logWith(0)];
  t.equal(await seedRows(own, live, place), ROWS);
  const rows = await rowsOf(own);
  t.strictSame(await rowsOf(live), rows);
  await dropSeededRows(live, place);
  t.strictSame(await rowsOf(live), []);
  t.equal(await seedRows(own, live, place), ROWS * 2, 'after what was deleted');
  t.strictSame(await rowsOf(live), rows);
  t.equal((await live.offsets(topic))[0]?.high, 0, 'the other partition gets nothing');
});

t.test('a partition without a record', async (t) => {
  const [own, live] = [await logWith(0), await logWith(0)];
  t.equal(await seedRows(own, live, place), 0);
});
