// The contract of an event log (src/ports/event-log.ts): runs against the embedded log and against a real Kafka.
import { setTimeout as sleep } from 'node:timers/promises';
import { firstValueFrom } from 'rxjs';
import type { Test } from 'tap';
import { partitionOf } from '../../src/core/murmur2.ts';
import { textColumn } from '../../src/core/text-bytes.ts';
import type { EpochWriter, LogRecord } from '../../src/ports/event-log.ts';
import {
  Collector,
  fresh,
  type Harness,
  readAll,
  record,
  rowsOf,
  SUITE_MS_MAX,
  topicOf,
} from './event-log-kit.ts';
import { followContract } from './event-log-follow.ts';
import { deletionContract } from './event-log-deletion.ts';
import { groupContract } from './event-log-groups.ts';
import { recordWriterContract } from './event-log-records.ts';

/** @param name of the log under test */
export async function eventLogContract(t: Test, name: string, start: () => Promise<Harness>): Promise<void> {
  await t.test(`event log contract: ${name}`, async (t) => {
    t.setTimeout(SUITE_MS_MAX);
    const harness = await start();
    const log = await harness.open();
    t.teardown(async () => {
      await log.close();
      await harness.stop();
    });

    await t.test('records come back in order, with offsets, keys, times and tombstones', async (t) => {
      const topic = await topicOf(log, 'order');
      await log.publish(topic, [
        record('a', '1', 1_356_998_400_000),
        record('b', null, 5),
        record(null, '3'),
      ]);
      await log.publish(topic, [record('a', '4')]);
      t.strictSame(await readAll(log, topic), [
        { partition: 0, offset: 0, key: 'a', value: '1', timestampMs: 1_356_998_400_000 },
        { partition: 0, offset: 1, key: 'b', value: null, timestampMs: 5 },
        { partition: 0, offset: 2, key: null, value: '3', timestampMs: 1_700_000_000_000 },
        { partition: 0, offset: 3, key: 'a', value: '4', timestampMs: 1_700_000_000_000 },
      ]);
      t.strictSame(await log.offsets(topic), [{ low: 0, high: 4 }]);
      const part: string[] = [];
      for await (const batch of log.read(topic, 0, 1, 3))
        part.push(...rowsOf(batch).map(({ offset }) => String(offset)));
      t.strictSame(part, ['1', '2'], 'read gives [from, to)');
    });

    await deletionContract(t, log);
    await followContract(t, log);

    await recordWriterContract(t, log);

    await t.test('a key has the partition that the Java client gives it', async (t) => {
      const topic = await topicOf(log, 'keys', 7);
      t.equal(await log.partitionCount(topic), 7);
      const keys = Array.from({ length: 60 }, (_, i) => `key-${i * i}`);
      await log.publish(
        topic,
        keys.map((key) => record(key, key)),
      );
      await log.publish(topic, [{ ...record('key-0', 'elsewhere'), partition: 6 }]);
      for (let partition = 0; partition < 7; partition++) {
        const expected = keys.filter((key) => partitionOf(Buffer.from(key), 7) === partition);
        if (partition === 6) expected.push('elsewhere');
        t.strictSame(
          (await readAll(log, topic, partition)).map(({ value }) => value),
          expected,
          `partition ${partition}`,
        );
      }
    });

    await t.test('ensureTopics refuses another partition count, a missing topic is named', async (t) => {
      const topic = await topicOf(log, 'count', 2);
      await log.ensureTopics([{ topic, partitions: 2, compacted: false, retentionMs: -1 }]);
      await t.rejects(log.ensureTopics([{ topic, partitions: 3, compacted: false, retentionMs: -1 }]), {
        code: 'LOG_FAILED',
        where: topic,
      });
      // Kafka may have created it just now, and waits for it.
      const missing = { code: /^LOG_(FAILED|UNAVAILABLE)$/, message: /missing-/ };
      await t.rejects(log.publish(fresh('missing'), [record('a', 'b')]), missing);
    });

    await t.test('large publishes keep their order', async (t) => {
      const topic = await topicOf(log, 'many');
      const records = Array.from({ length: 3_000 }, (_, i) => record(`k${i % 7}`, String(i)));
      await log.publish(topic, records);
      t.strictSame(
        (await readAll(log, topic)).map(({ value }) => Number(value)),
        records.map((_, i) => i),
      );
    });

    await t.test('tail: earliest replays and continues, latest starts at the end', async (t) => {
      const topic = await topicOf(log, 'tail', 2);
      await log.publish(topic, [record('a', 'old-a'), record('b', 'old-b'), record('c', 'old-c')]);
      const earliest = new Collector(log.tail(topic, 'earliest'));
      const latest = new Collector(log.tail(topic, 'latest'));
      await earliest.count(3);
      await sleep(harness.quietMs);
      await log.publish(topic, [record('a', 'new-a'), record('b', 'new-b')]);
      await earliest.count(5);
      await latest.count(2);
      t.strictSame(earliest.values.map(String).sort(), ['new-a', 'new-b', 'old-a', 'old-b', 'old-c']);
      t.strictSame(latest.values.map(String).sort(), ['new-a', 'new-b']);
      earliest.stop();
      latest.stop();
    });

    await t.test('an epoch is visible as a whole, with the group offset, or not at all', async (t) => {
      const [source, out, other] = [
        await topicOf(log, 'src'),
        await topicOf(log, 'out'),
        await topicOf(log, 'other', 2),
      ];
      const groupId = fresh('group');
      await log.publish(source, [record('a', '1'), record('a', '2')]);
      const writer = await log.epochWriter(fresh('writer'));
      const seen = new Collector(log.tail(out, 'earliest'));
      writer.append(out, [record('a', 'p1')]);
      writer.append(other, [record('a', 'q1'), record('b', 'q2')]);
      writer.append(out, [record('a', 'p2')]);
      await sleep(harness.quietMs);
      t.strictSame(seen.values, [], 'nothing before the commit');
      await writer.commit(groupId, { topic: source, partition: 0 }, 2);
      await seen.count(2);
      t.strictSame(seen.values, ['p1', 'p2']);
      // Markers of a transaction reach its partitions one after the other.
      const rows = async (): Promise<number> =>
        (await readAll(log, other, 0)).length + (await readAll(log, other, 1)).length;
      for (let i = 0; i < 100 && (await rows()) < 2; i++) await sleep(20);
      t.equal(await rows(), 2);
      writer.append(out, [record('a', 'p3')]);
      await writer.commit(groupId, { topic: source, partition: 0 }, 2);
      await seen.count(3);
      await writer.commit(groupId, { topic: source, partition: 0 }, 2);
      t.pass('an epoch without records commits its offset alone');
      writer.append(out, {
        partition: 0,
        timestampMs: Float64Array.of(5, 6, 7),
        keys: textColumn(['', 'k', 'l'], 0, 3),
        values: textColumn(['v5', '', 'v7'], 0, 3),
      });
      writer.append(out, [record('a', 'p4')]);
      await writer.commit(groupId, { topic: source, partition: 0 }, 2);
      await seen.count(7);
      t.strictSame(
        seen.rows.slice(3).map(({ key, value, timestampMs }) => [key, value, timestampMs]),
        [
          ['', 'v5', 5],
          ['k', '', 6],
          ['l', 'v7', 7],
          ['a', 'p4', 1_700_000_000_000],
        ],
        'columns, and records after them',
      );
      writer.append(out, [record('a', 'dropped')]);
      await writer.close();
      await sleep(harness.quietMs);
      t.equal(seen.rows.length, 7, 'a closed writer leaves nothing behind');
      seen.stop();
      await firstValueFrom(log.subscribe({ groupId, topic: source }));
      const next = await log.epochWriter(fresh('writer'));
      t.equal((await next.committed(groupId, { topic: source, partition: 0 }))?.offset, 2);
      await next.close();
    });

    await t.test('a second writer of an id fences the first', async (t) => {
      const [source, out] = [await topicOf(log, 'src'), await topicOf(log, 'out')];
      const id = fresh('writer');
      const groupId = fresh('group');
      const from = { topic: source, partition: 0 };
      const first = await log.epochWriter(id);
      first.append(out, [record('a', 'first')]);
      await first.commit(groupId, from, 1);
      first.append(out, [record('a', 'zombie')]);
      const second = await log.epochWriter(id);
      await t.rejects(first.commit(groupId, from, 2), { code: 'FENCED' });
      second.append(out, [record('a', 'second')]);
      await second.commit(groupId, from, 3, 'why');
      await t.rejects(first.commit(groupId, from, 4), /./, 'a fenced writer stays so');
      t.strictSame(
        (await readAll(log, out)).map(({ value }) => value),
        ['first', 'second'],
      );
      await first.close();
      await second.close();
      const third = await log.epochWriter(id);
      t.same(await third.committed(groupId, from), { offset: 3, metadata: 'why' });
      await third.close();
    });

    await t.test('an offset is found by time, whatever the order of the times', async (t) => {
      const topic = await topicOf(log, 'times');
      const at = (timestampMs: number): LogRecord => ({ key: null, value: Buffer.from('x'), timestampMs });
      await log.publish(topic, [at(5_000), at(9_000), at(3_000)]);
      await log.publish(topic, [at(8_000), at(12_000)]);
      const found = [0, 5_000, 5_001, 9_000, 9_001, 12_001].map((timeMs) =>
        log.offsetForTime({ topic, partition: 0 }, timeMs),
      );
      t.same(await Promise.all(found), [0, 0, 1, 1, 4, 5]);
    });

    await t.test('offsets skip what a reader does not see', async (t) => {
      const [source, out] = [await topicOf(log, 'src'), await topicOf(log, 'out')];
      const groupId = fresh('group');
      const writer = await log.epochWriter(fresh('writer'));
      for (let epoch = 0; epoch < 3; epoch++) {
        writer.append(out, [record('a', String(epoch))]);
        await writer.commit(groupId, { topic: source, partition: 0 }, epoch);
      }
      const seen = new Collector(log.tail(out, 'earliest'));
      await seen.count(3);
      const { high } = (await log.offsets(out))[0]!;
      await seen.until(() => seen.batches.at(-1)?.offsetNext === high, 'the end of the log');
      t.strictSame(seen.values, ['0', '1', '2']);
      seen.stop();
      await writer.close();
    });

    await groupContract(t, harness, log);

    await t.test('a second client sees what the first wrote, and the log survives both', async (t) => {
      const topic = await topicOf(log, 'clients');
      const id = fresh('writer');
      const first: EpochWriter = await log.epochWriter(id);
      const client = await harness.open();
      await client.ensureTopics([{ topic, partitions: 1, compacted: false, retentionMs: -1 }]);
      const seen = new Collector(log.tail(topic, 'latest'));
      await sleep(harness.quietMs);
      await client.publish(topic, [record('a', 'from outside')]);
      await seen.count(1);
      const second = await client.epochWriter(id);
      await t.rejects(
        first.commit('g', { topic, partition: 0 }, 1),
        { code: 'FENCED' },
        'fencing reaches across clients',
      );
      await second.close();
      seen.stop();
      await client.close();
      await first.close();
    });
  });
}
