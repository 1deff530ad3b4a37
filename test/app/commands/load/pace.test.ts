// Events leave as far apart as their event times are, or a number of times faster.
import t from 'tap';
import { Pace } from '../../../../src/app/commands/load/pace.ts';

t.test('sixty times as fast', async (t) => {
  let nowMs = 1_000;
  const pace = new Pace(60, () => nowMs);
  t.equal(pace.waitMs(500_000), 0, 'the first event is due at once');
  t.equal(pace.waitMs(500_000 + 60_000), 1_000);
  nowMs += 990;
  t.equal(pace.waitMs(500_000 + 60_000), 0, 'what is due within some milliseconds is due');
  t.equal(pace.waitMs(400_000), 0, 'as is what is older');
  t.equal(pace.waitMs(500_000 + 3_600_000), 59_010);
});
