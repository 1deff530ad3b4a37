import t from 'tap';
import type { GateSettings, Judgement } from '../../src/learning/gate.ts';
import { judge } from '../../src/learning/gate.ts';
import { taskCalls, taskFacts } from '../../src/learning/task-calls.ts';
import { Random } from '../../src/stats/random.ts';
import { lossOf, task } from './examples.ts';

const rows = 2_000;
const random = new Random(1);
const truth = Float32Array.from({ length: rows }, () => 0.05 + 0.9 * random.nextDouble());
const labels = truth.map((p) => (random.nextDouble() < p ? 1 : 0));
/** The true probabilities with noise. */
const noisy = (share: number, seed: number): Float32Array => {
  const draw = new Random(seed);
  return truth.map((p) => (1 - share) * p + share * draw.nextDouble());
};
const gate: GateSettings = { share: 0.2, confidence: 0.9, tolerance: 0.005, refit: false };
const strict: GateSettings = { ...gate, tolerance: 0, confidence: 0.95 };

interface Outcome extends Judgement {
  /** Log loss of the candidate, and of its opponent. */
  readonly own: number;
  readonly other: number;
}

async function judged(scores: Float32Array, other: Float32Array, settings: GateSettings): Promise<Outcome> {
  const calls = taskCalls(task);
  const candidate = await calls.assess(scores, labels);
  const opponent = { name: 'champion v1', ...(await calls.assess(other, labels)) };
  return {
    ...judge(taskFacts(task), candidate, opponent, settings, 1),
    own: lossOf(candidate.figures),
    other: lossOf(opponent.figures),
  };
}

t.test('a clearly better candidate is promoted, a clearly worse one rejected', async (t) => {
  const better = await judged(truth, noisy(0.5, 2), strict);
  t.equal(better.verdict, 'promote', better.why);
  t.ok(better.own < better.other);
  t.match(
    better.why,
    /^log loss 0\.\d{4} against 0\.\d{4} of the champion v1 on 2000 newest rows, lower by /,
  );
  t.match(better.why, /, AUC 0\.\d{4} against 0\.\d{4}: the interval stays above 0\.0000\.$/);
  const worse = await judged(noisy(0.5, 2), truth, gate);
  t.equal(worse.verdict, 'reject');
  t.match(worse.why, /: the log loss is not lower\.$/);
});

t.test('a candidate with the same scores is rejected', async (t) => {
  const same = await judged(truth, truth, gate);
  t.equal(same.verdict, 'reject');
  t.match(same.why, /lower by 0\.0000 \(90 % interval 0\.0000 to 0\.0000\)/);
});

t.test('an improvement that is not significant is promoted only with a tolerance', async (t) => {
  const close = await judged(noisy(0.1, 2), noisy(0.12, 3), strict);
  t.ok(close.own < close.other, close.why);
  t.equal(close.verdict, 'reject', close.why);
  t.match(close.why, /the interval reaches below 0\.0000/);
  const tolerant = await judged(noisy(0.1, 2), noisy(0.12, 3), { ...strict, tolerance: 0.02 });
  t.equal(tolerant.verdict, 'promote');
});
