// What the embedded log guarantees beyond the contract: bounded memory, a file that survives, compaction, no copies.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { ByteColumn } from '../../../src/core/byte-column.ts';
import { LOG_MEMORY_AHEAD_ROWS_MAX, LOG_MEMORY_RETAINED_ROWS } from '../../../src/core/log-limits.ts';
import type { Assignment, RecordBlock } from '../../../src/ports/event-log.ts';
import { Collector, readAll, record, waitFor } from '../../contracts/event-log-kit.ts';

function spec(topic: string, partitions = 1, compacted = false) {
  return { topic, partitions, compacted, retentionMs: -1 };
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'millrace-log-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** `count` records without keys. */
function blockOf(count: number): RecordBlock {
  const value = Buffer.from('value');
  const length = { length: count };
  return {
    partition: 0,
    timestampMs: new Float64Array(count),
    keys: ByteColumn.of(Array.from(length, () => null)),
    values: ByteColumn.of(Array.from(length, () => value)),
  };
}

t.test('a producer waits while the group is behind, and memory stays bounded', async (t) => {
  const log = new EmbeddedLog({ path: null });
  await log.ensureTopics([spec('in')]);
  const assigned = Promise.withResolvers<Assignment>();
  const member = log.subscribe({ groupId: 'g', topic: 'in' }).subscribe(assigned.resolve);
  const assignment = await assigned.promise;
  const seen = new Collector(assignment.open(null));
  const writer = await log.epochWriter('w');
  const total = LOG_MEMORY_AHEAD_ROWS_MAX * 6;
  const rows = 4_096;
  let published = 0;
  let committed = 0;
  let waits = 0;
  let aheadMax = 0;
  let heldMax = 0;
  const commits = setInterval(() => {
    committed = seen.batches.at(-1)?.offsetNext ?? 0;
    void writer.commit('g', assignment, committed);
  }, 50);
  while (published < total) {
    const room = log.appendBlock('in', blockOf(rows));
    if (room !== undefined) {
      waits++;
      await room;
    }
    published += rows;
    aheadMax = Math.max(aheadMax, published - committed);
    const [{ low, high } = { low: 0, high: 0 }] = await log.offsets('in');
    heldMax = Math.max(heldMax, high - low);
    seen.rows.length = 0;
  }
  clearInterval(commits);
  await waitFor(() => seen.batches.at(-1)?.offsetNext === total, 'all records');
  t.ok(waits > 0, 'the producer was held back');
  t.ok(aheadMax <= LOG_MEMORY_AHEAD_ROWS_MAX + rows, `${aheadMax} records ahead at most`);
  t.ok(
    heldMax <= LOG_MEMORY_AHEAD_ROWS_MAX + LOG_MEMORY_RETAINED_ROWS + 2 * rows,
    `${heldMax} records at most in memory`,
  );
  let next = 0;
  for (const batch of seen.batches) {
    if (batch.offsets[0] !== next) t.fail(`a gap before ${batch.offsets[0]}`);
    next = batch.offsetNext;
  }
  assignment.released();
  member.unsubscribe();
  await log.close();
});

t.test('publishes that wait keep their order', async (t) => {
  const log = new EmbeddedLog({ path: null });
  await log.ensureTopics([spec('in')]);
  void log.appendBlock('in', blockOf(LOG_MEMORY_AHEAD_ROWS_MAX));
  const waiting = ['1', '2', '3'].map((value) => log.publish('in', [record(null, value)]));
  const state = await Promise.race([waiting[0], sleep(20).then(() => 'waits')]);
  t.equal(state, 'waits', 'no group has read: the topic is full');
  const writer = await log.epochWriter('w');
  await writer.commit('g', { topic: 'in', partition: 0 }, LOG_MEMORY_AHEAD_ROWS_MAX);
  await Promise.all(waiting);
  const values: Array<string | undefined> = [];
  for await (const batch of log.read('in', 0, LOG_MEMORY_AHEAD_ROWS_MAX, LOG_MEMORY_AHEAD_ROWS_MAX + 3)) {
    values.push(...Array.from(batch.values, (value) => value?.toString()));
  }
  t.strictSame(values, ['1', '2', '3']);
  await log.close();
});

t.test('an output topic that no group reads keeps its newest records', async (t) => {
  const log = new EmbeddedLog({ path: null });
  await log.ensureTopics([spec('in'), spec('out')]);
  const writer = await log.epochWriter('w');
  const rows = LOG_MEMORY_RETAINED_ROWS / 4;
  const records = Array.from({ length: rows }, () => record(null, 'x'));
  for (let epoch = 0; epoch < 8; epoch++) {
    writer.append('out', records);
    await writer.commit('g', { topic: 'in', partition: 0 }, epoch);
  }
  const [bounds] = await log.offsets('out');
  t.strictSame(bounds, { low: rows * 8 - LOG_MEMORY_RETAINED_ROWS, high: rows * 8 });
  await t.rejects(
    async () => {
      for await (const batch of log.read('out', 0, 0, 10))
        t.fail(`read ${batch.count} records that are gone`);
    },
    { code: 'LOG_CHANGED', message: /no longer holds offset 0/ },
  );
  await log.close();
});

t.test('chunks reach subscribers by reference', async (t) => {
  const log = new EmbeddedLog({ path: null });
  await log.ensureTopics([spec('in')]);
  const seen = new Collector(log.tail('in', 'earliest'));
  const block = blockOf(2_048);
  void log.appendBlock('in', block);
  await seen.count(2_048);
  t.equal(seen.batches[0]?.values, block.values);
  t.equal(seen.batches[0]?.timestampMs, block.timestampMs);
  await log.close();
  t.ok(seen.completed, 'closing ends a tail');
  await t.rejects(log.publish('in', []), { code: 'LOG_UNAVAILABLE' });
});

t.test('a file keeps records, offsets, generations and fences; topics in memory start empty', async (t) => {
  const path = join(folder(), 'log.sqlite');
  const open = (): EmbeddedLog => new EmbeddedLog({ path, inMemory: (topic) => topic === 'volatile' });
  const first = open();
  await first.ensureTopics([spec('kept', 2), spec('volatile')]);
  await first.publish('kept', [record('a', '1'), record('b', null), { ...record(null, '3'), partition: 1 }]);
  await first.publish('volatile', [record('a', '1')]);
  const old = await first.epochWriter('w');
  await old.commit('g', { topic: 'kept', partition: 1 }, 1, 'why');
  await old.commit('g', { topic: 'volatile', partition: 0 }, 1);
  const generation = await generationOf(first);
  await first.close();

  const second = open();
  await second.ensureTopics([spec('kept', 2), spec('volatile')]);
  await t.rejects(second.ensureTopics([spec('kept', 3)]), { code: 'LOG_FAILED' });
  t.equal((await readAll(second, 'kept', 0)).length + (await readAll(second, 'kept', 1)).length, 3);
  t.strictSame(await second.offsets('volatile'), [{ low: 0, high: 0 }]);
  t.same(second.committedOffset('g', { topic: 'kept', partition: 1 }), { offset: 1, metadata: 'why' });
  t.equal(second.committedOffset('g', { topic: 'volatile', partition: 0 }), null);
  t.ok((await generationOf(second)) > generation, 'generations go on');
  const writer = await second.epochWriter('w');
  await second.publish('kept', [{ ...record('a', '4'), partition: 1 }]);
  t.strictSame((await readAll(second, 'kept', 1)).at(-1)?.value, '4');
  await writer.commit('g', { topic: 'kept', partition: 1 }, 2);
  await second.close();
});

t.test('a compacted topic keeps the newest record of each key, and its offsets', async (t) => {
  const path = join(folder(), 'log.sqlite');
  const first = new EmbeddedLog({ path });
  await first.ensureTopics([spec('models', 1, true)]);
  for (let i = 0; i < 10; i++) await first.publish('models', [record(`k${i % 2}`, String(i))]);
  await first.close();
  const second = new EmbeddedLog({ path });
  t.strictSame(
    (await readAll(second, 'models')).map(({ offset, value }) => [offset, value]),
    [
      [8, '8'],
      [9, '9'],
    ],
  );
  t.strictSame(await second.offsets('models'), [{ low: 0, high: 10 }]);
  await second.publish('models', [record('k0', null)]);
  t.equal((await readAll(second, 'models')).at(-1)?.offset, 10);
  await second.close();
});

t.test('what a tombstone deletes is gone from the file, and so is the tombstone', async (t) => {
  const path = join(folder(), 'log.sqlite');
  const first = new EmbeddedLog({ path });
  await first.ensureTopics([spec('keys', 1, true)]);
  await first.publish('keys', [record('ann', 'secret'), record('bob', '1')]);
  await first.publish('keys', [record('ann', null)]);
  await first.close();
  const second = new EmbeddedLog({ path });
  t.strictSame(
    (await readAll(second, 'keys')).map(({ offset, value }) => [offset, value]),
    [[1, '1']],
  );
  t.strictSame(await second.offsets('keys'), [{ low: 0, high: 3 }]);
  await second.close();
});

t.test('a file that is no log is refused, and named', async (t) => {
  t.throws(() => new EmbeddedLog({ path: folder() }), { code: 'CONFIG_INVALID' });
});

async function generationOf(log: EmbeddedLog): Promise<number> {
  const assigned = Promise.withResolvers<Assignment>();
  const member = log.subscribe({ groupId: 'g', topic: 'kept' }).subscribe(assigned.resolve);
  const { generation } = await assigned.promise;
  member.unsubscribe();
  return generation;
}
