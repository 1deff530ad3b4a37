// What is known and learned about what a topic accepts.
import t from 'tap';
import { settingsToHold, TopicLimits } from '../../../src/adapters/kafka/topic-limits.ts';

const HOUR_MS = 3_600_000;
const settings = (entries: Record<string, string>): ReadonlyMap<string, string> =>
  new Map(Object.entries(entries));

t.test("Kafka's defaults, and the settings of a topic", async (t) => {
  const limits = new TopicLimits();
  t.ok(limits.recordBytesMax < 1_048_588 && limits.recordBytesMax > 1_048_000);
  t.ok(limits.times(0).latestMs < HOUR_MS && limits.times(0).earliestMs < -1e15);
  limits.described(
    settings({
      'max.message.bytes': '5000000',
      'message.timestamp.after.max.ms': '9223372036854775807',
      'message.timestamp.before.max.ms': String(24 * HOUR_MS),
    }),
  );
  t.ok(limits.recordBytesMax > 4_999_000 && limits.batchBytesMax === 5_000_000);
  t.ok(limits.times(0).latestMs > 1e15);
  t.ok(limits.times(0).earliestMs > -24 * HOUR_MS);
});

t.test('a request has a bound of its own, whatever the topic accepts', async (t) => {
  const limits = new TopicLimits();
  limits.described(settings({ 'max.message.bytes': '2147483647' }));
  t.ok(limits.recordBytesMax < 104_857_600);
  t.ok(Number(settingsToHold(limits.bytesMax)['max.message.bytes']) < 104_857_600);
});

t.test('a batch of several records that is refused says nothing about one of them', async (t) => {
  const limits = new TopicLimits();
  const before = limits.recordBytesMax;
  limits.learnSize({ bytes: 400_000, count: 9 });
  t.equal(limits.batchBytesMax, 200_000);
  t.equal(limits.recordBytesMax, before);
  limits.learnSize({ bytes: 30_000, count: 1 });
  t.ok(limits.recordBytesMax < 30_000 && limits.batchBytesMax < 30_000);
});

t.test("the broker's clock is learned from the range in its message, else step by step", async (t) => {
  const limits = new TopicLimits();
  const nowMs = 10 * HOUR_MS;
  // The broker's clock is at 8 h.
  limits.learnTimes(
    `Timestamp 36000000 of message with offset 0 is out of range. The timestamp should be within [-9223372036826000000, ${9 * HOUR_MS}]`,
    nowMs,
  );
  const { latestMs, earliestMs } = limits.times(nowMs);
  t.ok(latestMs < 9 * HOUR_MS && latestMs > 8.9 * HOUR_MS);
  t.ok(earliestMs < -1e15);
  const steps = Array.from({ length: 4 }, () => {
    limits.learnTimes('INVALID_TIMESTAMP', nowMs);
    return Math.round((latestMs - limits.times(nowMs).latestMs) / HOUR_MS);
  });
  t.same(steps, [1, 3, 7, 15]);
});

t.test('what is refused again and again ends', async (t) => {
  const limits = new TopicLimits();
  let lessons = 0;
  while (limits.mayLearn() && lessons < 1_000) lessons += 1;
  t.ok(lessons > 10 && lessons < 100);
});
