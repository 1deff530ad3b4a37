// The latency bench's schedule: every event once, engine and bare loop in turns, and lateness kept in the names.
import t from 'tap';
import { nowMicros } from '../../bench/latency/clock.ts';
import { keepSchedule, WARM_UP, type Send } from '../../bench/latency/schedule.ts';

const RATE = 500;

t.test('each event is sent once, a second for each in turn, warm-up apart', async (t) => {
  const sends: Send[] = [];
  const counts = await keepSchedule({ rate: RATE, seconds: 1, warmUpSeconds: 1 }, async (send) => {
    sends.push(send);
  });
  t.same(counts, { engine: RATE, bare: RATE });
  for (const to of ['engine', 'bare'] as const) {
    const ids = sends.filter((send) => send.to === to).flatMap((send) => send.ids);
    t.equal(ids.length, 2 * RATE);
    t.equal(ids.filter((id) => id.startsWith(WARM_UP)).length, RATE, 'the first second does not count');
  }
  const turns = sends.map(({ to }) => to).filter((to, i, all) => to !== all[i - 1]);
  t.same(turns, ['engine', 'bare', 'engine', 'bare']);
});

t.test('what is paused up keeps the time it was meant for', async (t) => {
  let late = 0;
  let paused = false;
  await keepSchedule({ rate: RATE, seconds: 1, warmUpSeconds: 0 }, async ({ ids }) => {
    if (!paused) {
      paused = true;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return;
    }
    late = Math.max(late, nowMicros() - Number(ids[0]));
  });
  t.ok(late > 150_000, `an event behind a pause of 200 ms was named ${late} µs before it was sent`);
});
