// Boosted quantiles: the loss and its leaves by brute force, and models beside LightGBM's and scikit-learn's on the same rows.
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import t from 'tap';
import { regression, type GbdtParams } from '../../../../src/index.ts';
import { scoreRows } from '../../../../src/learning/score-rows.ts';
import { taskFacts } from '../../../../src/learning/task-calls.ts';
import type { Fit, FitRequest } from '../../../../src/learning/trainer.ts';
import fitter from '../../../../src/learning/trainers/gbdt/fit.ts';
import { gbdtDefaults } from '../../../../src/learning/trainers/gbdt/params.ts';
import { quantileLoss } from '../../../../src/learning/trainers/gbdt/pinball.ts';
import { weightedQuantile } from '../../../../src/learning/trainers/gbdt/weighted-quantile.ts';
import { pinballLoss } from '../../../../src/stats/pinball-loss.ts';
import { openScorers, runtime } from '../../examples.ts';

interface Case {
  readonly name: string;
  readonly train: number;
  readonly features: ReadonlyArray<ReadonlyArray<number | null>>;
  readonly labels: readonly number[];
  readonly losses: Readonly<Record<'lightgbm' | 'scikit-learn' | 'constant', readonly number[]>>;
}
interface Vectors {
  readonly levels: readonly number[];
  readonly params: Partial<GbdtParams>;
  readonly cases: readonly Case[];
}

const file = new URL('../../../vectors/gbdt-quantiles.json', import.meta.url);
const { levels, params, cases } = JSON.parse(readFileSync(file, 'utf8')) as Vectors;
const task = regression({ column: 'y', quantiles: levels });
const scorers = await openScorers();
const whole = { ...params, rowShare: 1, featureShare: 1 };

function fit(
  { features, labels }: Pick<Case, 'features' | 'labels'>,
  own: Partial<GbdtParams>,
  more: Partial<FitRequest<GbdtParams>> = {},
): Promise<Fit> {
  const width = features[0]?.length ?? 0;
  return fitter.fit({
    task: taskFacts(task),
    features: Array.from({ length: width }, (_, i) => ({ name: `f${i}`, kind: 'numeric' })),
    params: { ...gbdtDefaults, ...own },
    champion: null,
    rows: {
      rowCount: labels.length,
      width,
      features: Float32Array.from(features.flat(), (value) => value ?? Number.NaN),
      labels: Float32Array.from(labels),
      weights: new Float32Array(labels.length).fill(1),
      eventTimeMs: new Float64Array(labels.length),
    },
    trainCount: labels.length,
    seed: 1,
    runtime,
    signal: new AbortController().signal,
    ...more,
  });
}

/** All outputs of the rows from `from`. */
function scoresOf({ model }: Fit, { features }: Case, from: number): Promise<Float32Array> {
  const rows = features.slice(from);
  const width = rows[0]?.length ?? 0;
  const values = Float32Array.from(rows.flat(), (value) => value ?? Number.NaN);
  return scoreRows(scorers, model, { features: values, rowCount: rows.length, width }, 1 + levels.length);
}

/** Mean pinball loss of each level. */
function losses(scores: Float32Array, labels: readonly number[]): number[] {
  const width = 1 + levels.length;
  return levels.map((level, k) => {
    const each = labels.map((label, row) => pinballLoss(level, label - scores[row * width + 1 + k]!));
    return each.reduce((sum, loss) => sum + loss, 0) / labels.length;
  });
}

t.test('property: a weighted quantile has the lowest weighted pinball loss', async () => {
  const row = fc.record({ value: fc.integer({ min: -9, max: 9 }), weight: fc.constantFrom(0.25, 1, 1, 2.5) });
  const level = fc.double({ min: 0.01, max: 0.99, noNaN: true });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), level, fc.boolean(), (rows, q, isAlike) => {
      const own = isAlike ? rows.map(({ value }) => ({ value, weight: 3 })) : rows;
      const lossAt = (at: number): number =>
        own.reduce((sum, { value, weight }) => sum + weight * pinballLoss(q, value - at), 0);
      const found = weightedQuantile(
        Float64Array.from(own, ({ value }) => value),
        Float32Array.from(own, ({ weight }) => weight),
        q,
      );
      const best = Math.min(...own.map(({ value }) => lossAt(value)));
      t.ok(lossAt(found) <= best + 1e-6 * (1 + best), `${q}: ${found}`);
    }),
  );
});

t.test(
  'property: gradients are those of the loss, and a leaf moves to the quantile of its rows',
  async () => {
    const number = fc.integer({ min: -50, max: 50 });
    const row = fc.record({
      label: number,
      score: number.map((x) => x + 0.5),
      weight: fc.constantFrom(1, 1, 2),
    });
    const level = fc.constantFrom(0.05, 0.3, 0.5, 0.9);
    fc.assert(
      fc.property(fc.array(row, { minLength: 2, maxLength: 20 }), level, (rows, q) => {
        const loss = quantileLoss(q);
        const rowCount = rows.length;
        const labels = Float32Array.from(rows, ({ label }) => label);
        const weights = Float32Array.from(rows, ({ weight }) => weight);
        const scores = Float64Array.from(rows, ({ score }) => score);
        const labelled = { rowCount, labels, weights };
        const [first, second] = [new Float64Array(rowCount), new Float64Array(rowCount)];
        loss.derivatives(labelled, rowCount, scores, 0, first, second);
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        for (const [i, { weight }] of rows.entries()) {
          const moved = scores.slice();
          moved[i] = moved[i]! + 1e-3;
          const slope = ((loss.mean(labelled, 0, moved) - loss.mean(labelled, 0, scores)) * total) / 1e-3;
          t.ok(Math.abs(slope - first[i]!) < 1e-6 && second[i] === weight, `${slope}, ${first[i]}`);
        }
        const order = Uint32Array.from(rows.keys()).reverse();
        const step = loss.leafScore!(labelled, scores, order, 1, rowCount);
        const own = [...order.subarray(1)];
        const lossAt = (at: number): number =>
          own.reduce((sum, i) => sum + weights[i]! * pinballLoss(q, labels[i]! - scores[i]! - at), 0);
        const best = Math.min(...own.map((i) => lossAt(labels[i]! - scores[i]!)));
        t.ok(lossAt(step) <= best + 1e-6 * (1 + best));
      }),
      { numRuns: 50 },
    );
  },
);

for (const one of cases) {
  t.test(`${one.name}: the pinball losses of LightGBM and scikit-learn`, async (t) => {
    const { train, labels } = one;
    const fitted = await fit(
      { features: one.features.slice(0, train), labels: labels.slice(0, train) },
      whole,
    );
    t.match(fitted.summary, /Boosted 80, 80, 80, 80 of 80 rounds/);
    const own = losses(await scoresOf(fitted, one, train), labels.slice(train));
    for (const [k, level] of levels.entries()) {
      const peers = [one.losses.lightgbm[k]!, one.losses['scikit-learn'][k]!];
      t.ok(own[k]! < 1.03 * Math.min(...peers), `${level}: ${own[k]}, theirs ${peers.join(', ')}`);
      t.ok(own[k]! < one.losses.constant[k]!, `${level}: a constant has ${one.losses.constant[k]}`);
    }
  });
}

t.test('rounds of each quantile are chosen on their own, and repeated', async (t) => {
  const { features, labels, train } = cases[0]!;
  const set = { features: features.slice(0, train), labels: labels.slice(0, train) };
  const first = await fit(set, { patience: 10 }, { trainCount: 900 });
  const { rounds } = first.chosen as { rounds: readonly number[] };
  t.equal(rounds.length, 4);
  t.ok(new Set(rounds).size > 1, `rounds ${rounds.join()}`);
  const again = await fit(set, {}, { chosen: first.chosen });
  t.match(again.summary, `Boosted ${rounds.join(', ')} of `);
  t.same(again.chosen, first.chosen);
});

t.test('quantiles of a monotone feature move one way only', async (t) => {
  const one = cases[0]!;
  const { model } = await fit(one, { ...whole, rounds: 40, monotone: { f0: 'rising', f2: 'falling' } });
  const steps = Array.from({ length: 41 }, (_, i) => (i - 20) / 20);
  for (const column of [0, 2]) {
    const rows = one.features
      .slice(0, 60)
      .flatMap((base) => steps.map((value) => base.map((known, i) => (i === column ? value : known))));
    const scores = await scoresOf({ model, summary: '' }, { ...one, features: rows }, 0);
    const way = column === 0 ? 1 : -1;
    const wrong = scores.findIndex((score, i) => {
      const isFirst = Math.floor(i / 4) % steps.length === 0;
      return !isFirst && way * (score - scores[i - 4]!) < 0;
    });
    t.equal(wrong, -1, `f${column}`);
  }
});

t.test('weights count: rows of no weight change nothing but the bins', async (t) => {
  const { features, labels } = cases[0]!;
  const [some, own] = [features.slice(0, 600), labels.slice(0, 600)];
  const set = { features: [...some, ...some], labels: [...own, ...own.map((label) => 2 * label)] };
  const weights = Float32Array.from(set.labels, (_, i) => (i < 600 ? 1 : 1e-6));
  const rules = { ...whole, rounds: 30, leafRowsMin: 1, leafWeightMin: 20 };
  const rows = {
    rowCount: 1_200,
    width: 4,
    features: Float32Array.from(set.features.flat(), (value) => value ?? Number.NaN),
    labels: Float32Array.from(set.labels),
    weights,
    eventTimeMs: new Float64Array(1_200),
  };
  const weighted = await fit(set, rules, { rows });
  const scores = await scoresOf(weighted, { ...cases[0]!, features: some }, 0);
  const plain = await scoresOf(
    await fit({ features: some, labels: own }, rules),
    { ...cases[0]!, features: some },
    0,
  );
  const gap = losses(scores, own).map((loss, k) => loss / losses(plain, own)[k]!);
  t.ok(
    gap.every((ratio) => ratio > 0.97 && ratio < 1.03),
    `losses are ${gap.join()} of those without these rows`,
  );
});
