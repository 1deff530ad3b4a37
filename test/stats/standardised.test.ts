import t from 'tap';
import { adwin } from '../../src/stats/adwin.ts';
import type { DriftDetector } from '../../src/stats/drift-detector.ts';
import { pageHinkley } from '../../src/stats/page-hinkley.ts';
import { Random } from '../../src/stats/random.ts';
import { Standardised } from '../../src/stats/standardised.ts';

const LABELS = 40_000;

/** Where a detector with its defaults raises an alarm over values. */
function alarms(
  detector: DriftDetector,
  values: (i: number, random: Random) => number,
  seed: number,
): number[] {
  const random = new Random(seed);
  const standardised = new Standardised(0.02);
  const instance = detector.open();
  const found: number[] = [];
  for (let i = 0; i < LABELS; i += 1) {
    const value = standardised.next(values(i, random));
    if (!Number.isNaN(value) && instance.update(value)) found.push(i);
  }
  return found;
}

t.test('without a change there is at most one alarm in 10,000 labels, by the defaults', async (t) => {
  const losses: Record<string, (i: number, random: Random) => number> = {
    calibrated: (_i, random) => {
      const p = 0.02 + 0.96 * random.nextDouble();
      return -Math.log(random.nextDouble() < p ? p : 1 - p);
    },
    rare: (_i, random) => (random.nextDouble() < 0.009 ? 4 : 0.01),
  };
  for (const share of [0.02, 0.1, 0.3, 0.45])
    losses[`errors of ${share}`] = (_i, random) => Number(random.nextDouble() < share);
  let level = 0;
  losses['neighbours that resemble each other'] = (i, random) => {
    if (i % 200 === 0) level = random.nextDouble();
    return Number(random.nextDouble() < 0.1 + 0.3 * level);
  };
  for (const [name, values] of Object.entries(losses))
    for (const detector of [adwin(), pageHinkley()]) {
      const found = [1, 2, 3].flatMap((seed) => alarms(detector, values, seed));
      t.ok(found.length <= (3 * LABELS) / 10_000, `${name}, ${detector.name}: ${found.length}`);
    }
});

t.test('a rise is found within some dozens of labels, and where it was', async (t) => {
  for (const seed of [1, 2, 3, 4]) {
    const errors = (i: number, random: Random): number =>
      Number(random.nextDouble() < (i < 20_000 ? 0.1 : 0.5));
    const [first = Number.NaN] = alarms(pageHinkley(), errors, seed).filter((i) => i >= 20_000);
    t.ok(first < 20_100, `${first}`);
    const [slower = Number.NaN] = alarms(adwin(), errors, seed).filter((i) => i >= 20_000);
    t.ok(slower < 20_200, `${slower}`);
  }
});

t.test('a restored one continues identically', async (t) => {
  const random = new Random(7);
  const one = new Standardised(0.02);
  for (let i = 0; i < 1_000; i += 1) one.next(random.nextDouble());
  const other = new Standardised(0.02);
  other.restore(JSON.parse(JSON.stringify(one.snapshot())) as ReturnType<Standardised['snapshot']>);
  for (let i = 0; i < 1_000; i += 1) {
    const value = random.nextDouble();
    if (one.next(value) !== other.next(value)) return t.fail(`${i}`);
  }
  t.pass();
});
