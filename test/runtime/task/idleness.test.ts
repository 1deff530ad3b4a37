import t from 'tap';
import { IDLE_AFTER_MS } from '../../../src/core/task-limits.ts';
import { Idleness } from '../../../src/runtime/task/idleness.ts';

t.test('declared: event time then advances with the clock, one step per second', async (t) => {
  let now = 1_000;
  const idleness = new Idleness(300, () => now);
  idleness.since(50_000);
  now += 299;
  t.notOk(idleness.isDue(false));
  now += 1;
  t.ok(idleness.isDue(false));
  t.equal(idleness.tick(), 50_000, 'nothing has passed since it fell idle');
  now += 999;
  t.equal(idleness.tick(), null);
  now += 1;
  t.equal(idleness.tick(), 51_000);
  // After events the clock counts from their watermark again.
  idleness.interrupt();
  idleness.since(50_500);
  t.notOk(idleness.isDue(false));
  now += 400;
  t.equal(idleness.tick(), 50_600);
  now += 1_000.75;
  t.equal(idleness.tick(), 51_600, 'whole milliseconds, as all event times');
});

t.test('not declared: idle after a while, and event time does not advance', async (t) => {
  let now = 0;
  const idleness = new Idleness(null, () => now);
  idleness.since(50_000);
  now += IDLE_AFTER_MS - 1;
  t.notOk(idleness.isDue(false));
  t.ok(idleness.isDue(true), 'a source that has ended is idle at once');
  now += 1;
  t.ok(idleness.isDue(false));
  t.equal(idleness.tick(), null);
});

t.test('a partition without any event has no event time', async (t) => {
  let now = 0;
  const idleness = new Idleness(100, () => now);
  now = 10_000;
  t.ok(idleness.isDue(false));
  t.equal(idleness.tick(), null);
});

t.test('stages hear of silence once a second, and not while events come', (t) => {
  let now = 0;
  const idleness = new Idleness(null, () => now);
  const heard: number[] = [];
  for (; now <= 3_000; now += 250) {
    const silentMs = idleness.silence();
    if (silentMs !== null) heard.push(silentMs);
    if (now === 1_500) idleness.interrupt();
  }
  t.same(heard, [1_000, 1_000]);
  t.end();
});
