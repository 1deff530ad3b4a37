import t from 'tap';
import { judge } from '../../src/learning/gate.ts';
import { Random } from '../../src/stats/random.ts';
import { binary } from '../../src/tasks/binary.ts';
import { atLeast } from '../../src/window/predicate.ts';
import { lossOf, params } from './examples.ts';

const task = binary({ column: 'label', positive: atLeast(1) });
const rows = 2_000;
const random = new Random(1);
const truth = Float32Array.from({ length: rows }, () => 0.05 + 0.9 * random.nextDouble());
const labels = truth.map((p) => (random.nextDouble() < p ? 1 : 0));
/** The truth seen through noise: the more, the worse. */
const noisy = (share: number, seed: number): Float32Array => {
  const draw = new Random(seed);
  return truth.map((p) => (1 - share) * p + share * draw.nextDouble());
};
const strict = { ...params, gateTolerance: 0, gateConfidence: 0.95 };

t.test('a clearly better candidate is promoted, a clearly worse one rejected', (t) => {
  const better = judge(task, truth, labels, { name: 'champion v1', scores: noisy(0.5, 2) }, strict, 1);
  t.equal(better.verdict, 'promote', better.why);
  t.ok(lossOf(better.candidate) < lossOf(better.opponent));
  const worse = judge(task, noisy(0.5, 2), labels, { name: 'champion v1', scores: truth }, params, 1);
  t.equal(worse.verdict, 'reject');
  t.match(worse.why, /: the log loss is not lower\.$/);
  t.end();
});

t.test('the same scores are not lower: rejected', (t) => {
  const same = judge(task, truth, labels, { name: 'champion v1', scores: truth }, params, 1);
  t.equal(same.verdict, 'reject');
  t.match(same.why, /lower by 0\.0000 \(90 % interval 0\.0000 to 0\.0000\)/);
  t.end();
});

t.test('a lead within the luck of the slice needs a tolerance', (t) => {
  const opponent = { name: 'champion v1', scores: noisy(0.12, 3) };
  const close = judge(task, noisy(0.1, 2), labels, opponent, strict, 1);
  t.ok(lossOf(close.candidate) < lossOf(close.opponent), close.why);
  t.equal(close.verdict, 'reject', close.why);
  t.match(close.why, /the interval reaches below 0\.0000/);
  t.equal(
    judge(task, noisy(0.1, 2), labels, opponent, { ...strict, gateTolerance: 0.02 }, 1).verdict,
    'promote',
  );
  t.end();
});
