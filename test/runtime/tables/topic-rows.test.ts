// Rows of a topic: deletions that come before the rows that they delete, and many rows, which share the event loop.
import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { ProjectSchemas } from '../../../src/adapters/schemas/project-schemas.ts';
import type { NumberColumn, RawBatch } from '../../../src/core/batch.ts';
import { ByteColumn } from '../../../src/core/byte-column.ts';
import { Dictionary } from '../../../src/core/dictionary.ts';
import { EARLY_DELETIONS_MAX } from '../../../src/core/table-limits.ts';
import { double, json, string, table } from '../../../src/index.ts';
import { NO_QUARANTINE } from '../../../src/runtime/quarantine/record-quarantine.ts';
import { EarlyDeletions } from '../../../src/runtime/tables/early-deletions.ts';
import { TableStore } from '../../../src/runtime/tables/table-store.ts';
import { TopicRows } from '../../../src/runtime/tables/topic-rows.ts';
import { SourceDecoder } from '../../../src/runtime/task/source-decoder.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { schemaOf } from '../../../src/topology/columns-schema.ts';
import { SourceFormat } from '../../../src/topology/source-format.ts';

const columns = { id: string, limit: double, note: string };
type Put = readonly [key: string, limit: number | null, atMs: number];

async function opened(): Promise<{ rows: TopicRows; store: TableStore }> {
  const declared = table('rates', { schema: columns, key: 'id', topic: 'rates', format: json() });
  const schemas = new ProjectSchemas({ registry: { url: null }, schemaFolders: [] });
  const format = new SourceFormat(
    { topic: 'rates', eventTime: '', schema: columns, format: json() },
    schemas,
    json(),
  );
  const schema = schemaOf({ limit: double, note: string });
  const store = new TableStore({ table: declared, topology: 'x', schema, telemetry: new FakeTelemetry() });
  const decoder = new SourceDecoder(await format.decoder(), null, 'table rates');
  return {
    store,
    rows: new TopicRows({ store, decoder, deletion: null, required: [], quarantine: NO_QUARANTINE }),
  };
}

function batchOf(puts: readonly Put[], from = 0): RawBatch {
  return {
    origin: { topic: 'rates', partition: 0 },
    count: puts.length,
    offsets: Float64Array.from(puts, (_, i) => from + i),
    timestampMs: Float64Array.from(puts, ([, , at]) => at),
    keys: ByteColumn.of(puts.map(([key]) => Buffer.from(key))),
    values: ByteColumn.of(
      puts.map(([id, limit]) =>
        limit === null ? null : Buffer.from(JSON.stringify({ id, limit, note: `${id} ${limit}` })),
      ),
    ),
    offsetNext: from + puts.length,
    highWatermark: from + puts.length,
    receivedAtMs: 0,
  };
}

function limitsAt(store: TableStore, asked: ReadonlyArray<readonly [key: string, at: number]>): number[] {
  const dictionary = new Dictionary();
  const codes = Int32Array.from(asked, ([key]) => dictionary.encode(key));
  const batch = {
    rows: Int32Array.from(asked, (_, i) => i),
    size: asked.length,
    eventTimeMs: Float64Array.from(asked, ([, at]) => at),
  };
  const found = store.reader().find({ kind: 'string', codes, dictionary }, batch);
  return [...(found.column('limit') as NumberColumn).values];
}

t.test('a deletion that comes before the rows of its key deletes those that are earlier', async (t) => {
  const { rows, store } = await opened();
  await rows.take(
    batchOf([
      ['a', null, 400],
      ['a', null, 100],
      ['b', null, 50],
      ['a', 1, 300],
      ['a', 2, 50],
      ['b', 3, 50],
      ['a', 4, 500],
    ]),
  );
  store.rows = rows.rows;
  const asked = [49, 50, 99, 100, 299, 300, 399, 400, 499, 500].map((at) => ['a', at] as const);
  t.strictSame(limitsAt(store, asked), [NaN, 2, 2, NaN, NaN, 1, 1, NaN, NaN, 4]);
  t.strictSame(limitsAt(store, [['b', 50]]), [3], 'of one instant the later record counts');
});

t.test('deletions that wait are bounded, and the longest is forgotten first', async (t) => {
  const early = new EarlyDeletions();
  for (let i = 0; i <= EARLY_DELETIONS_MAX; i++) early.add(Buffer.from(`k${i}`), i);
  t.same(early.take(Buffer.from('k0')), []);
  t.same(early.take(Buffer.from('k1')), [1]);
  t.same(early.take(Buffer.from('k1')), [], 'it is taken once');
  for (let i = 0; i < 200; i++) early.add(Buffer.from('x'), i);
  t.same(early.take(Buffer.from('x')).at(-1), 199);
});

t.test('many rows, and their compaction, leave the event loop its turns', async (t) => {
  const { rows, store } = await opened();
  const KEYS = 70_000;
  const ROUNDS = 3;
  const over = new AbortController();
  let longestMs = 0;
  const watched = (async () => {
    let before = process.threadCpuUsage().user;
    while (!over.signal.aborted) {
      await setImmediate();
      const now = process.threadCpuUsage().user;
      longestMs = Math.max(longestMs, (now - before) / 1_000);
      before = now;
    }
  })();
  // Each round replaces all strings, so that those of before are compacted away.
  const all = Array.from({ length: ROUNDS }, (_, round) =>
    batchOf(Array.from({ length: KEYS }, (_, i): Put => [`key-${i}`, round * 1_000 + (i % 1_000), round])),
  );
  await setImmediate();
  longestMs = 0;
  await Promise.all(all.map((raw) => rows.take(raw)));
  over.abort();
  await watched;
  store.rows = rows.rows;
  t.strictSame(limitsAt(store, [['key-7', 2], ['key-69999', 0], ['key-5', 1]]), [2_007, 999, 1_005]); // prettier-ignore
  t.equal(rows.rows.rows, KEYS);
  t.comment(`longest turn: ${longestMs} ms of processor time`);
  t.ok(longestMs < 100, `${longestMs} ms in a turn`);
});
