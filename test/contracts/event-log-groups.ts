// The part of the event log's contract that is about groups: assignments, positions, pauses, rebalances.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Subscription } from 'rxjs';
import type { Test } from 'tap';
import { isCode } from '../../src/core/errors.ts';
import type { Assignment, EventLog } from '../../src/ports/event-log.ts';
import { Collector, fresh, type Harness, record, topicOf, waitFor } from './event-log-kit.ts';

export async function groupContract(t: Test, harness: Harness, log: EventLog): Promise<void> {
  await t.test('what was just committed is what a writer finds', async (t) => {
    const from = { topic: await topicOf(log, 'committed'), partition: 0 };
    const groupId = fresh('group');
    const writer = await log.epochWriter(fresh('writer'));
    t.equal(await writer.committed(groupId, from), null);
    t.equal(await log.recordedOffset(groupId, from, null), null);
    const offsets = Array.from({ length: 30 }, (_, i) => i + 1);
    const found: Array<number | undefined> = [];
    for (const offset of offsets) {
      await writer.commit(groupId, from, offset);
      found.push((await writer.committed(groupId, from))?.offset);
    }
    t.same(found, offsets);
    t.same(await log.recordedOffset(groupId, from, null), { offset: 30, metadata: '' });
    await writer.commit(groupId, from, 7, 'back');
    t.same(await log.recordedOffset(groupId, from, null), { offset: 7, metadata: 'back' });
    await writer.close();
  });

  await t.test('a group: assignment, position, commit, restart from an offset', async (t) => {
    const topic = await topicOf(log, 'group', 2);
    const groupId = fresh('group');
    await log.publish(
      topic,
      Array.from({ length: 10 }, (_, i) => ({ ...record('k', String(i)), partition: i % 2 })),
    );
    t.equal(await log.memberCount(groupId, topic), 0);
    t.equal((await log.committedOffsets(groupId, topic)).size, 0);
    const assignments: Assignment[] = [];
    const member = log.subscribe({ groupId, topic }).subscribe((one) => assignments.push(one));
    await waitFor(() => assignments.length === 2, 'two assignments');
    const [one, two] = assignments.sort((a, b) => a.partition - b.partition) as [Assignment, Assignment];
    t.equal((await log.committedOffsets(groupId, topic)).get(0) ?? null, null);
    t.equal(one.generation, two.generation);
    const all = new Collector(one.open(null));
    const part = new Collector(two.open(3));
    await all.count(5);
    await part.count(2);
    t.strictSame(all.values, ['0', '2', '4', '6', '8']);
    t.strictSame(part.values, ['7', '9']);
    t.ok(
      all.batches.every((batch) => batch.origin.partition === 0 && batch.highWatermark >= batch.offsetNext),
    );
    t.equal(all.batches.at(-1)?.offsetNext, 5);
    const reopened = new Collector(one.open(3));
    await reopened.count(2);
    t.strictSame(reopened.values, ['6', '8'], 'opened again, it starts at the given offset');
    t.ok(all.completed, 'and the observable before has ended');
    const writer = await log.epochWriter(fresh('writer'));
    await writer.commit(groupId, { topic, partition: 0 }, 4, 'why');
    // A coordinator may return the offset before it for some milliseconds after the commit.
    await waitFor(async () => (await log.committedOffsets(groupId, topic)).size > 0, 'the offset');
    t.same([...(await log.committedOffsets(groupId, topic))], [[0, { offset: 4, metadata: 'why' }]]);
    t.equal(await log.memberCount(groupId, topic), 1);
    await writer.close();
    one.revoked.addEventListener('abort', () => one.released());
    two.revoked.addEventListener('abort', () => two.released());
    member.unsubscribe();
    await waitFor(() => reopened.completed && part.completed, 'the observables to complete');
    t.ok(one.revoked.aborted && two.revoked.aborted);

    const again: Assignment[] = [];
    const restarted = log.subscribe({ groupId, topic }).subscribe((assignment) => again.push(assignment));
    await waitFor(() => again.length === 2, 'two assignments after a restart');
    const back = again.find(({ partition }) => partition === 0)!;
    const at = (await log.committedOffsets(groupId, topic)).get(0)?.offset ?? null;
    t.equal(at, 4);
    t.ok(back.generation > one.generation, 'the generation grows');
    const rest = new Collector(back.open(at));
    await rest.count(1);
    t.strictSame(rest.values, ['8']);
    for (const assignment of again) assignment.released();
    restarted.unsubscribe();
  });

  await t.test('pause stops the records, resume delivers every one of them', async (t) => {
    const topic = await topicOf(log, 'pause');
    await log.publish(topic, [record('a', '0')]);
    const member = log.subscribe({ groupId: fresh('group'), topic });
    const ended = Promise.withResolvers<void>();
    const subscription = member.subscribe((assignment) => {
      void (async () => {
        const seen = new Collector(assignment.open(0));
        await seen.count(1);
        assignment.pause();
        await sleep(harness.quietMs); // what was in flight has come
        await log.publish(topic, [record('a', '1'), record('a', '2')]);
        await sleep(harness.quietMs);
        t.strictSame(seen.values, ['0']);
        assignment.resume();
        await seen.count(3);
        t.strictSame(seen.values, ['0', '1', '2']);
        assignment.released();
      })().then(ended.resolve, ended.reject);
    });
    await ended.promise;
    subscription.unsubscribe();
  });

  await t.test('two members share the partitions, and one takes over from the other', async (t) => {
    const topic = await topicOf(log, 'share', 4);
    const groupId = fresh('group');
    const owned = [new Map<number, Assignment>(), new Map<number, Assignment>()] as const;
    const join = (own: Map<number, Assignment>): Subscription =>
      log.subscribe({ groupId, topic }).subscribe((assignment) => {
        own.set(assignment.partition, assignment);
        const records = assignment.open(null).subscribe();
        assignment.revoked.addEventListener('abort', () => {
          own.delete(assignment.partition);
          records.unsubscribe();
          assignment.released();
        });
      });
    const first = join(owned[0]);
    await waitFor(() => owned[0].size === 4, 'the first member to own everything');
    const kept = new Map(owned[0]);
    const second = join(owned[1]);
    await waitFor(() => owned[0].size === 2 && owned[1].size === 2, 'two and two');
    for (const [partition, assignment] of owned[0])
      t.equal(assignment, kept.get(partition), 'what stays is undisturbed');
    for (const [partition, assignment] of owned[1]) {
      t.ok(assignment.generation > kept.get(partition)!.generation, 'what moved has a newer generation');
    }
    first.unsubscribe();
    await waitFor(() => owned[1].size === 4, 'the second member to own everything');
    second.unsubscribe();
    await waitFor(() => owned[1].size === 0, 'the last member to have left');
  });

  await t.test('an offset that the log does not hold is an error, not a silent jump', async (t) => {
    const topic = await topicOf(log, 'range');
    await log.publish(topic, [record('a', '0')]);
    const assignment = await new Promise<{ assignment: Assignment; member: Subscription }>((resolve) => {
      const member: Subscription = log.subscribe({ groupId: fresh('group'), topic }).subscribe((one) => {
        setImmediate(() => resolve({ assignment: one, member }));
      });
    });
    const seen = new Collector(assignment.assignment.open(-5));
    await waitFor(() => seen.failure !== null, 'the failure');
    t.ok(isCode(seen.failure, 'LOG_CHANGED'));
    assignment.assignment.released();
    assignment.member.unsubscribe();
  });
}
