// Where a change was, by the labels behind it: against all labels in a list, and after restarts as without them.
import fc from 'fast-check';
import t from 'tap';
import { ChangeClock } from '../../../src/runtime/learning/change-clock.ts';

const STRIDE = 8;
const TIMES_MAX = 512;

/** Labels that come, how many of the newest a change is behind then, and whether the process ends in between. */
const steps = fc.array(
  fc.record({
    labels: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 6_000 })),
    back: fc.integer({ min: 1, max: 20_000 }),
    isRestarted: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);

const timeOf = (label: number): number => 1_000 * label + (label % 7);
const isPositive = (label: number): boolean => label % 3 === 0;

/** The first of every STRIDE labels is known, of the newest TIMES_MAX ones: the first of them behind the change, or the oldest. */
function expected(seen: number, back: number): { atMs: number; labels: number; positives: number } {
  const known = Array.from({ length: Math.ceil(seen / STRIDE) }, (_, i) => i * STRIDE).slice(-TIMES_MAX);
  const from = known.find((label) => label >= seen - back) ?? known.at(-1) ?? 0;
  const behind = Array.from({ length: seen - from }, (_, i) => from + i);
  return { atMs: timeOf(from), labels: behind.length, positives: behind.filter(isPositive).length };
}

t.test('a change is where the labels say, whatever was restarted', (t) => {
  fc.assert(
    fc.property(steps, (parts) => {
      let clock = new ChangeClock();
      let seen = 0;
      for (const { labels, back, isRestarted } of parts) {
        for (let i = 0; i < labels; i += 1, seen += 1) clock.tick(timeOf(seen), Number(isPositive(seen)));
        if (isRestarted) {
          const snapshot = clock.snapshot();
          clock = new ChangeClock();
          clock.restore(snapshot);
        }
        t.same(clock.newest(back), expected(seen, back));
      }
    }),
    { numRuns: 60 },
  );
  t.end();
});

t.test('nothing is known of no labels', (t) => {
  t.equal(new ChangeClock().newest(1), null);
  t.end();
});
