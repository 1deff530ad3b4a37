// A training of quantiles: the network learns how far labels spread, and is compared with the quantiles of all labels.
import t from 'tap';
import { gbdt, mlp, regression } from '../../src/index.ts';
import { scoreRows } from '../../src/learning/score-rows.ts';
import { taskFacts } from '../../src/learning/task-calls.ts';
import { sliceFigures } from '../../src/tasks/figures.ts';
import { invalidRows } from '../../src/tasks/outputs.ts';
import type { Candidate, CandidateRequest } from '../../src/learning/candidate.ts';
import { Random } from '../../src/stats/random.ts';
import { makeExample, makeRequest, openScorers, run, type Example } from './examples.ts';

const never = new AbortController().signal;
const scorers = await openScorers();
const levels = [0.1, 0.5, 0.9];
const task = regression({ column: 'minutes', quantiles: levels });

/** The logistic distribution: its quantiles have a formula. */
function logit(share: number): number {
  return Math.log(share / (1 - share));
}

/** Labels spread three times as far in every second category. @returns rows, and the outputs of who knows how they are made */
function spread(
  rowCount: number,
  seed: number,
  fromMs = 0,
): { readonly set: Example; readonly truth: Float32Array } {
  const set = makeExample(rowCount, seed, fromMs);
  const random = new Random(seed);
  const truth = new Float32Array(rowCount * 4);
  for (let i = 0; i < rowCount; i += 1) {
    const [slope, , , kind] = set.features.subarray(i * 5, i * 5 + 5);
    const value = 600 + 40 * slope!;
    const scale = (kind! - 1_000) % 2 === 0 ? 5 : 15;
    const share = Math.min(1 - 1e-6, Math.max(1e-6, random.nextDouble()));
    set.labels[i] = value + scale * logit(share);
    truth.set([value, ...levels.map((level) => value + scale * logit(level))], i * 4);
  }
  return { set, truth };
}

function train(set: Example, more: Partial<CandidateRequest> = {}): Promise<Candidate> {
  return run(makeRequest(set, { task: taskFacts(task), ...more }), never, task);
}

t.test('quantiles are learned, and continued from a champion', async (t) => {
  const first = await train(spread(3_000, 1).set);
  t.equal(first.verdict, 'promote', first.why);
  t.match(first.why, /pinball loss of value and quantiles [\d.]+ against [\d.]+ of the mean and quantiles/);
  const { set: fresh, truth } = spread(4_000, 2);
  const outputs = await scoreRows(scorers, first.model, fresh, 4);
  t.equal(outputs.length, 16_000);
  t.equal(invalidRows(task.output, outputs), 0);
  const figures = sliceFigures(task, outputs, fresh.labels);
  const best = sliceFigures(task, truth, fresh.labels);
  t.ok(
    figures['pinball']! < best['pinball']! * 1.06,
    `pinball ${figures['pinball']}, at best ${best['pinball']}`,
  );
  t.ok(Math.abs(figures['coverage']! - 0.8) < 0.05, `coverage ${figures['coverage']}`);
  for (const [k, level] of levels.entries()) {
    const share = figures[`shareQ${String(level).slice(2)}`]!;
    t.ok(Math.abs(share - level) < 0.05, `share up to the quantile of ${level}: ${share}`);
    // The quantiles are wider where labels are.
    const width = (parity: number): number => {
      const rows = Array.from({ length: fresh.rowCount }, (_, i) => i).filter(
        (i) => (fresh.features[i * 5 + 3]! - 1_000) % 2 === parity,
      );
      return (
        rows.reduce((sum, i) => sum + Math.abs(outputs[i * 4 + 1 + k]! - outputs[i * 4]!), 0) / rows.length
      );
    };
    if (level !== 0.5) t.ok(width(1) > 2 * width(0), `level ${level}: ${width(1)}, ${width(0)}`);
  }
  const champion = { version: 'v1', model: first.model, newestRowMs: first.newestRowMs, trainer: null };
  const next = await train(spread(2_000, 3, 3_000 * 60_000).set, { version: 'v2', champion });
  t.match(next.why, /of the champion v1/);
});

t.test(
  'an interval holds its share of new labels, by each trainer, by both together, and continued',
  async (t) => {
    const interval = regression({ column: 'minutes', interval: 0.8, quantiles: [0.5] });
    const own = { task: taskFacts(interval) };
    const { set: fresh } = spread(6_000, 7);
    const coverageOf = async ({ model }: Candidate): Promise<number> => {
      const outputs = await scoreRows(scorers, model, fresh, 4);
      t.equal(invalidRows(interval.output, outputs), 0);
      return sliceFigures(interval, outputs, fresh.labels)['coverage'] ?? 0;
    };
    const trees = gbdt({ rounds: 300, learningRate: 0.1 });
    const { set } = spread(2_500, 5);
    for (const trainers of [[mlp()], [trees], [mlp(), trees]]) {
      const candidate = await run(makeRequest(set, { ...own, trainers }), never, interval);
      t.match(candidate.why, /calibrated by an interval [\d.e-]+ (wider|narrower) on both sides/);
      const coverage = await coverageOf(candidate);
      t.ok(coverage > 0.76 && coverage < 0.88, `${trainers.length} trainers: coverage ${coverage}`);
      if (trainers.length > 1 || trainers[0]?.name !== 'mlp') continue;
      const { model, newestRowMs, trainer } = candidate;
      const champion = { version: 'v1', model, newestRowMs, trainer };
      const next = spread(2_500, 6, 2_500 * 60_000).set;
      const again = await run(
        makeRequest(next, { ...own, trainers, champion, version: 'v2' }),
        never,
        interval,
      );
      t.ok(again.why.includes('calibrated by an interval'), again.why);
      t.ok(again.rows.validation > 0, 'a fit that continues the champion leaves rows to calibrate on');
      const later = await coverageOf(again);
      t.ok(later > 0.76 && later < 0.86, `continued: coverage ${later}`);
    }
    const few = await run(makeRequest(spread(120, 8).set, { ...own, trainers: [trees] }), never, interval);
    t.match(few.why, /, the interval as fitted/);
    const off = { ...own, trainers: [trees], calibration: 'off' } as const;
    t.match((await run(makeRequest(set, off), never, interval)).why, /, the interval as fitted/);
  },
);
