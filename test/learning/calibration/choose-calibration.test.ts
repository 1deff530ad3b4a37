// When scores are mapped: if validation rows show that they are off, and not because of luck.
import t from 'tap';
import { logitOf, mapped } from '../../../src/learning/calibration/calibration.ts';
import { chooseCalibration } from '../../../src/learning/calibration/choose-calibration.ts';
import { Random } from '../../../src/stats/random.ts';
import { meanLogLoss } from '../../../src/stats/log-loss.ts';

interface Rows {
  readonly scores: Float32Array;
  readonly labels: Float32Array;
}

/** @param truth what the score of a row comes true as */
function rowsOf(count: number, seed: number, truth: (score: number) => number): Rows {
  const random = new Random(seed);
  const scores = Float32Array.from({ length: count }, () => 1 / (1 + Math.exp(4 * random.nextDouble() - 1)));
  return { scores, labels: scores.map((score) => Number(random.nextDouble() < truth(score))) };
}

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

t.test('scores that come true are rarely mapped, and lose next to nothing where they are', async (t) => {
  let maps = 0;
  let worst = 0;
  for (let seed = 0; seed < 100; seed += 1) {
    const { scores, labels } = rowsOf(300, seed, (score) => score);
    const map = chooseCalibration(scores, labels, 1);
    if (map === null) continue;
    maps += 1;
    const later = rowsOf(20_000, 1_000 + seed, (score) => score);
    const lost =
      meanLogLoss(mapped(map, later.scores, 1), later.labels) - meanLogLoss(later.scores, later.labels);
    worst = Math.max(worst, lost);
  }
  t.ok(maps <= 8, `${maps} of 100 are mapped`);
  t.ok(worst < 0.03, `${worst} is lost`);
});

t.test('the map is the one that the scores are off by', async (t) => {
  const sure = rowsOf(3_000, 1, (score) => sigmoid(0.4 * logitOf(score) + 0.5));
  const platt = chooseCalibration(sure.scores, sure.labels, 1);
  t.match(platt, { kind: 'platt' });
  if (platt?.kind === 'platt')
    t.ok(Math.abs(platt.slope - 0.4) < 0.1 && Math.abs(platt.intercept - 0.5) < 0.15);
  t.match(chooseCalibration(...both(rowsOf(3_000, 2, (s) => (s > 0.5 ? 0.8 : 0.05))), 1), {
    kind: 'isotonic',
  });
});

function both({ scores, labels }: Rows): [Float32Array, Float32Array] {
  return [scores, labels];
}

t.test('classes get a temperature', async (t) => {
  const random = new Random(4);
  const rows = 1_000;
  const scores = new Float32Array(rows * 3);
  const labels = new Float32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const z = [0, 1, 2].map(() => 3 * random.nextDouble());
    const shares = (power: number): number[] => {
      const sum = z.reduce((all, value) => all + Math.exp(power * value), 0);
      return z.map((value) => Math.exp(power * value) / sum);
    };
    scores.set(shares(2), row * 3);
    const [a = 0, b = 0] = shares(1);
    const draw = random.nextDouble();
    labels[row] = draw < a ? 0 : 1 + Number(draw >= a + b);
  }
  const map = chooseCalibration(scores, labels, 3);
  t.ok(map?.kind === 'temperature' && Math.abs(map.temperature - 2) < 0.4, JSON.stringify(map));
});

t.test('nothing is fitted to few rows of a class, or to scores of the wrong order', async (t) => {
  const few = rowsOf(400, 5, () => 0.01);
  t.ok(few.labels.reduce((sum, label) => sum + label, 0) < 20);
  t.equal(
    chooseCalibration(
      few.scores.map(() => 0.9),
      few.labels,
      1,
    ),
    null,
  );
  t.equal(
    chooseCalibration(new Float32Array(150).fill(0.25), new Float32Array(50), 3),
    null,
    '50 rows of classes',
  );
  const turned = rowsOf(3_000, 6, (score) => 1 - score);
  t.not(chooseCalibration(turned.scores, turned.labels, 1)?.kind, 'platt');
});
