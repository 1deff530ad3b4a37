// The door for events over an embedded log: what is written, what is refused, and what a repetition does.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { MillraceError } from '../../../src/core/errors.ts';
import { INGEST_KEY_MS, INGEST_KEYS_MAX, INGEST_ROWS_MAX } from '../../../src/core/port-limits.ts';
import { partitionOf } from '../../../src/core/murmur2.ts';
import type { EventLog, RecordWriter } from '../../../src/ports/event-log.ts';
import type { Idempotency, IngestResult, SentRow } from '../../../src/ports/ingest.ts';
import { encodeKeyRecord } from '../../../src/runtime/ingest/key-record.ts';
import { ingestedSpec } from '../../../src/topology/topics.ts';
import { type Door, idsIn, openDoor, openEmbeddedLog, PARTITIONS } from '../../support/ingest-door.ts';

const ONCE: Idempotency = { key: 'k1', digest: 'd1' };

/** Rows as a body of them would be. */
function rows(...ids: readonly unknown[]): SentRow[] {
  return ids.map((id) => ({ value: { id, amount: 1, at: 0 }, line: null }));
}

interface Sender extends Door {
  readonly send: (
    rows: Iterable<SentRow>,
    more?: { readonly partial?: boolean; readonly idempotency?: Idempotency },
  ) => Promise<IngestResult>;
}

function door(log: EventLog, writer?: (inner: RecordWriter) => RecordWriter): Sender {
  const opened = openDoor(log, writer);
  return {
    ...opened,
    send: (sent, { partial = false, idempotency } = {}) =>
      opened.ingest.write({ rows: sent, bytes: 10, partial, idempotency: idempotency ?? null }),
  };
}

t.test('rows are in the partitions of their keys, and the answer says where', async (t) => {
  const log = await openEmbeddedLog(t);
  const { send, telemetry } = door(log);
  const ids = Array.from({ length: 50 }, (_, i) => `p${i}`);
  const { outcome, accepted, written } = await send(rows(...ids));
  t.strictSame([outcome, accepted], ['written', 50]);
  const found = await idsIn(log);
  for (const id of ids) t.ok(found[partitionOf(Buffer.from(id), PARTITIONS)]?.includes(id), id);
  for (const { partition, rows: count, firstOffset, lastOffset } of written)
    t.strictSame([count, firstOffset, lastOffset], [found[partition]?.length, 0, count - 1]);
  const again = await send(rows('p0'));
  t.equal(again.written[0]?.firstOffset, found[again.written[0]?.partition ?? -1]?.length);
  t.equal(telemetry.counts.get('events_ingested_total'), 51);
});

t.test('of a request with a bad row nothing is written, or the good rows are', async (t) => {
  const log = await openEmbeddedLog(t);
  const { send, telemetry } = door(log);
  const mixed = [
    ...rows('a', 7),
    { value: undefined, line: 3, reason: 'the line is not JSON' },
    ...rows('b'),
  ];
  const refused = await send(mixed);
  t.match(refused, { outcome: 'refused', accepted: 0, rejected: 2 });
  t.match(refused.faults, [
    { row: 1, line: null, column: 'id', reason: /not a string/ },
    { row: 2, line: 3, column: null, reason: 'the line is not JSON' },
  ]);
  t.strictSame((await idsIn(log)).flat(), []);
  t.match(await send(mixed, { partial: true }), { outcome: 'written', accepted: 2, rejected: 2 });
  t.strictSame((await idsIn(log)).flat().toSorted(), ['a', 'b']);
  t.match(await send(rows(7), { partial: true }), { outcome: 'refused', accepted: 0, rejected: 1 });
  t.equal(telemetry.counts.get('events_refused_total'), 2 + 2 + 2 + 1);
});

t.test('a repetition says of no row that it is in the log because it would be accepted now', async (t) => {
  const log = await openEmbeddedLog(t);
  const { send } = door(log);
  const more = { partial: true, idempotency: ONCE };
  t.match(await send(rows('a', 7), more), { accepted: 1, rejected: 1, repeated: false });
  t.match(await send(rows('a', 'b'), more), { accepted: 1, rejected: 1, repeated: true });
  t.strictSame((await idsIn(log)).flat(), ['a']);
});

t.test('requests that wait share a transaction, and each learns where its rows are', async (t) => {
  const log = await openEmbeddedLog(t);
  let commits = 0;
  const { send } = door(log, (inner) => ({
    append: (topic, records) => inner.append(topic, records),
    recordBytesMax: (topic) => inner.recordBytesMax(topic),
    close: () => inner.close(),
    commitRecords: () => {
      commits += 1;
      return inner.commitRecords();
    },
  }));
  const results = await Promise.all(Array.from({ length: 200 }, (_, i) => send(rows(`p${i}`))));
  t.ok(commits < 20, `${commits} commits`);
  const found = await idsIn(log);
  for (const [i, { written }] of results.entries()) {
    const [at] = written;
    t.equal(found[at?.partition ?? -1]?.[at?.firstOffset ?? -1], `p${i}`);
  }
});

t.test('a key makes repetitions one request, also after a restart', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-ingest-'));
  const path = join(folder, 'log.db');
  const log = await openEmbeddedLog(t, path);
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const first = door(log);
  const [one, other] = await Promise.all([
    first.send(rows('a', 'b'), { idempotency: ONCE }),
    first.send(rows('a', 'b'), { idempotency: ONCE }),
  ]);
  t.strictSame([one?.repeated, other?.repeated], [false, true], 'also while the first is under way');
  t.strictSame(other?.written, one?.written);
  t.match(await first.send(rows('a', 'b'), { idempotency: ONCE }), { repeated: true, written: one?.written });
  t.match(await first.send(rows('c'), { idempotency: { key: 'k1', digest: 'd2' } }), { outcome: 'conflict' });
  await first.ingest.close();
  await log.close();
  const reopened = await openEmbeddedLog(t, path);
  const again = await door(reopened).send(rows('a', 'b'), { idempotency: ONCE });
  t.match(again, { outcome: 'written', accepted: 2, repeated: true });
  t.strictSame((await idsIn(reopened)).flat().toSorted(), ['a', 'b']);
});

for (const isCommitted of [true, false])
  t.test(`the outcome of a write that failed is found out: committed ${isCommitted}`, async (t) => {
    const log = await openEmbeddedLog(t);
    let fails = 1;
    const { send, telemetry } = door(log, (inner) => ({
      append: (topic, records) => inner.append(topic, records),
      recordBytesMax: (topic) => inner.recordBytesMax(topic),
      close: () => inner.close(),
      async commitRecords() {
        if (fails-- <= 0) return inner.commitRecords();
        if (isCommitted) await inner.commitRecords();
        throw new MillraceError('LOG_UNAVAILABLE', 'the connection broke');
      },
    }));
    await t.rejects(send(rows('a'), { idempotency: ONCE }), { code: 'LOG_UNAVAILABLE' });
    t.ok(telemetry.conditions.has('events_not_taken payments'));
    t.match(await send(rows('a'), { idempotency: ONCE }), {
      outcome: 'written',
      accepted: 1,
      repeated: isCommitted,
    });
    await send(rows('b'));
    t.notOk(telemetry.conditions.has('events_not_taken payments'));
    t.strictSame((await idsIn(log)).flat().toSorted(), ['a', 'b']);
  });

t.test('a request of another process is known, once its transaction has ended', async (t) => {
  const log = await openEmbeddedLog(t);
  await door(log).send(rows('a'), { idempotency: ONCE });
  t.match(await door(log).send(rows('a'), { idempotency: ONCE }), { repeated: true });
  t.strictSame((await idsIn(log)).flat(), ['a']);
});

t.test('keys are read as far back as they are kept', async (t) => {
  const log = await openEmbeddedLog(t);
  const { keys } = door(log);
  await log.ensureTopics([ingestedSpec('payments')]);
  const value = encodeKeyRecord({ digest: 'd', written: [] });
  for (const [name, ageMs] of [
    ['old', INGEST_KEY_MS + 60_000],
    ['older', 2 * INGEST_KEY_MS],
    ['kept', INGEST_KEY_MS - 60_000],
    ['new', 0],
  ] as const)
    await log.publish('payments.ingested', [
      { key: Buffer.from(name), value, timestampMs: Date.now() - ageMs },
    ]);
  await keys.settled();
  t.strictSame(
    ['old', 'older', 'kept', 'new'].map((name) => keys.get(name) !== undefined),
    [false, false, true, true],
  );
});

t.test('the newest keys are remembered, and records that no engine wrote are left out', async (t) => {
  const log = await openEmbeddedLog(t);
  const { keys, quarantine } = door(log);
  await log.ensureTopics([ingestedSpec('payments')]);
  for (const value of ['{', '[]', '{"v":9}', '{"v":1,"digest":"d","parts":[[-1,2]]}', '{"v":1,"parts":[]}'])
    await log.publish('payments.ingested', [
      { key: Buffer.from('x'), value: Buffer.from(value), timestampMs: Date.now() },
    ]);
  await keys.settled();
  t.equal(keys.get('x'), undefined);
  const reasons = quarantine.places.map(([, reason]) => reason);
  t.strictSame(reasons, ['malformed', 'version', 'version', 'malformed', 'malformed']);
  for (let i = 0; i <= INGEST_KEYS_MAX; i++) keys.set(`k${i}`, { digest: 'd', written: [] });
  t.equal(keys.get('k0'), undefined);
  t.ok(keys.get('k1'));
});

t.test('a request with too many rows is refused as a whole', async (t) => {
  const log = await openEmbeddedLog(t);
  const { send } = door(log);
  const [row] = rows('a');
  const many = Array.from({ length: INGEST_ROWS_MAX + 1 }, () => row as SentRow);
  t.match(await send(many), { outcome: 'too_many', accepted: 0 });
  t.strictSame((await idsIn(log)).flat(), []);
});
