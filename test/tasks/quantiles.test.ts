// regression({ quantiles }) compared with scikit-learn, row by row and merged; and from event to label in a driver.
import * as fc from 'fast-check';
import t from 'tap';
import {
  defineTopology,
  double,
  features,
  gbdt,
  hours,
  labels,
  logistic,
  minutes,
  mlp,
  nullable,
  numeric,
  regression,
  score,
  source,
  string,
  timestamp,
  watermarks,
  type RetrainingOptions,
  type Topology,
} from '../../src/index.ts';
import { FLAG_FALLBACK } from '../../src/core/blocks.ts';
import { meanOf } from '../../src/stats/mean.ts';
import { rowLosses, sliceFigures } from '../../src/tasks/figures.ts';
import { judgedRows, sortQuantiles } from '../../src/tasks/outputs.ts';
import { taskProblems } from '../../src/tasks/check.ts';
import { fakeScorer, TopologyDriver } from '../../src/testing/index.ts';
import { near } from '../stats/close.ts';
import vectors from '../vectors/tasks.json' with { type: 'json' };

t.test('equals scikit-learn, in parts that are merged and restored', (t) => {
  for (const c of vectors.quantiles) {
    const task = regression({ column: 'minutes', quantiles: c.levels });
    t.same(taskProblems(task), []);
    const [width, numbers] = [c.levels.length, Float32Array.from(c.labels)];
    const outputs = Float32Array.from(c.scores.flatMap((value, i) => [value, ...(c.quantiles[i] ?? [])]));
    const whole = sliceFigures(task, outputs, numbers);
    const { scores, evidence } = judgedRows(task.output, outputs, numbers);
    const merged = task.accumulator('coarse');
    const bounds = [0, ...c.cuts, numbers.length];
    for (let part = 0; part + 1 < bounds.length; part += 1) {
      const rows = task.accumulator('coarse');
      for (let i = bounds[part]!; i < bounds[part + 1]!; i += 1)
        rows.add(scores[i]!, numbers[i]!, evidence, width * i);
      const restored = task.accumulator('coarse');
      restored.restore?.(JSON.parse(JSON.stringify(rows.snapshot?.())));
      merged.merge(restored);
    }
    const found = merged.figures();
    t.same(
      Object.keys(found).sort(),
      task.figures.map(({ name }) => name).sort(),
      'every figure is named, and none is left out',
    );
    for (const name of ['mae', 'pinball'] as const) {
      t.ok(near(whole[name] as number, c[name], 1e-9), `${c.name}: ${name} ${whole[name]}, not ${c[name]}`);
      t.ok(near(found[name]!, c[name], 1e-9), `${c.name}: merged ${name}`);
    }
    if (width > 1) {
      t.equal(found['coverage'], c.coverage, `${c.name}: coverage`);
      t.ok(near(found['width']!, c.width, 1e-9), `${c.name}: mean width`);
    }
    for (const [k, level] of c.levels.entries()) {
      const name = `Q${String(level).slice(2)}`;
      t.ok(near(found[`pinball${name}`]!, c.pinballs[k]!, 1e-9), `${c.name}: pinball loss of ${level}`);
      t.equal(found[`share${name}`], c.shares[k]);
    }
    const loss = (c.mae / 2 + c.pinball * width) / (width + 1);
    t.ok(near(meanOf(rowLosses(task, outputs, numbers)), loss, 1e-9), `${c.name}: loss of the rows`);
  }
  t.end();
});

t.test('property: sorting quantiles that cross keeps them, and makes no pinball loss greater', (t) => {
  const task = regression({ column: 'x', quantiles: [0.1, 0.4, 0.8] });
  const number = fc.float({ min: -8, max: 8, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.tuple(number, number, number, number, number), { maxLength: 9 }), (rows) => {
      const outputs = Float32Array.from(rows.flatMap((row) => row.slice(0, 4)));
      const values = Float32Array.from(rows, (row) => row[4]);
      const evidence = rows.flatMap((row) => row.slice(1, 4));
      const before = rows.map((row, i) => task.loss.of(row[0], values[i]!, evidence, 3 * i));
      sortQuantiles(task.output, outputs);
      const after = rowLosses(task, outputs, values);
      return rows.every((row, i) => {
        const own = Array.from(outputs.subarray(4 * i, 4 * i + 4));
        const ascending = own[1]! <= own[2]! && own[2]! <= own[3]! && own[0] === row[0];
        return ascending && after[i]! <= before[i]! + 1e-12;
      });
    }),
  );
  t.end();
});

const rides = source('rides', {
  schema: { type: string, id: string, km: nullable(double), minutes: nullable(double), at: timestamp },
  eventTime: 'at',
});

function topology(quantiles: readonly number[], retraining?: RetrainingOptions): Topology {
  return defineTopology(rides, {
    stages: [
      watermarks(),
      features({ when: { type: 'started' }, fields: { km: numeric('km') } }),
      score({ key: 'id', fallback: 15 }),
      labels({
        key: 'id',
        when: { type: 'ended' },
        task: regression({ column: 'minutes', low: 0, quantiles }),
        timeoutMs: hours(1),
      }),
    ],
    ...(retraining === undefined ? {} : { retraining }),
  });
}

t.test('a row has its value and ascending quantiles; labels are values', async (t) => {
  // Those of the second row cross, and the third is below the least value that can be.
  const model = fakeScorer('v1', 1, ([km = 0]) =>
    km < 5 ? [10, 6, 9, 14] : km < 9 ? [20, 30, 18, 12] : [9, -1, 2, 3],
  );
  const driver = new TopologyDriver(topology([0.1, 0.5, 0.9]), { model });
  await driver.send([
    { type: 'started', id: 'a', km: 1, at: 0 },
    { type: 'started', id: 'b', km: 7, at: minutes(1) },
    { type: 'started', id: 'c', km: 12, at: minutes(2) },
    { type: 'ended', id: 'a', minutes: 1, at: minutes(4) },
  ]);
  t.match(driver.predictions, [
    { score: 10, flags: 0, outputs: { value: 10, 'q0.1': 6, 'q0.5': 9, 'q0.9': 14 } },
    { score: 20, flags: 0, outputs: { value: 20, 'q0.1': 12, 'q0.5': 18, 'q0.9': 30 } },
    { score: 15, flags: FLAG_FALLBACK, outputs: { value: 15, 'q0.1': 15, 'q0.5': 15, 'q0.9': 15 } },
  ]);
  t.notOk('class' in (driver.predictions[0] ?? {}), 'a value has no class');
  t.same(driver.labels, [{ key: 'a', label: 1, score: 10 }]);
});

t.test('the first opponent has the quantiles of the labels', (t) => {
  const task = regression({ column: 'minutes', quantiles: [0.25, 0.75] });
  t.same(task.baseline(Float32Array.of(4, 1, 2, 3, 10)), {
    name: 'mean and quantiles',
    score: 4,
    outputs: Float32Array.of(4, 2, 4),
  });
  t.end();
});

t.test('an interval is two of the quantiles', (t) => {
  const output = (interval: number, quantiles?: readonly number[]): unknown => {
    const options = { column: 'y', interval, ...(quantiles === undefined ? {} : { quantiles }) };
    const { quantiles: levels, interval: own } = regression(options).output;
    return [levels, own];
  };
  t.same(output(0.9), [[0.05, 0.95], { share: 0.9, from: 0, to: 1 }]);
  t.same(output(0.8, [0.01, 0.1, 0.5]), [[0.01, 0.1, 0.5, 0.9], { share: 0.8, from: 1, to: 3 }]);
  for (let percent = 1; percent < 100; percent += 1) {
    const [levels] = output(percent / 100) as [readonly number[]];
    t.equal(levels.length, 2);
    t.ok(
      levels.every((level) => String(level).length < 8),
      levels.join(),
    );
  }
  const task = regression({ column: 'y', interval: 0.5, quantiles: [0.01, 0.99] });
  t.same(taskProblems(task), []);
  t.match(
    task.figures.filter(({ name }) => ['coverage', 'width'].includes(name)),
    [{ title: 'coverage of 0.25 to 0.75', headline: true }, { title: 'mean width of 0.25 to 0.75' }],
  );
  // Quantiles of 0.01, 0.25, 0.75, 0.99 behind the value: two of the labels are within the middle ones.
  const rows = Float32Array.from([0, 1, 2, 3].flatMap(() => [5, 0, 4, 7, 10]));
  const figures = sliceFigures(task, rows, Float32Array.of(1, 4, 7, 9));
  t.match(figures, { coverage: 0.5, width: 3 });
  const refusal = (options: object): string => {
    try {
      defineTopology(rides, {
        stages: [
          watermarks(),
          features({ when: { type: 'started' }, fields: { km: numeric('km') } }),
          score({ key: 'id' }),
          labels({
            key: 'id',
            when: { type: 'ended' },
            task: regression({ column: 'minutes', ...options }),
            timeoutMs: 1,
          }),
        ],
      });
      return '';
    } catch (error) {
      return String(error);
    }
  };
  t.equal(refusal({ interval: 0.9 }), '');
  t.match(refusal({ interval: 90 }), /interval.* 90 is no share above 0 and below 1/);
  t.match(refusal({ interval: '0.9' }), /is no share above 0 and below 1/);
  const many = Array.from({ length: 32 }, (_, i) => (i + 1) / 40);
  t.match(
    refusal({ interval: 0.9, quantiles: many }),
    /with the ends of the interval there are 33, and 32 are/,
  );
  t.end();
});

t.test('levels that make no sense are refused, and trainers that predict none', (t) => {
  const refusal = (quantiles: unknown, retraining?: RetrainingOptions): string => {
    try {
      topology(quantiles as number[], retraining);
      return '';
    } catch (error) {
      return String(error);
    }
  };
  t.equal(refusal([0.05, 0.5], { trainers: [mlp(), gbdt()] }), '');
  t.match(refusal([]), /it has 0 levels, and 1 to 32 are possible/);
  t.match(refusal([0.9, 0.1]), /its levels do not ascend/);
  t.match(refusal([0.5, 0.5]), /its levels do not ascend/);
  t.match(refusal([0, 0.5]), /numbers above 0 and below 1/);
  t.match(refusal([90]), /numbers above 0 and below 1/);
  t.match(refusal('0.5'), /numbers above 0 and below 1/);
  t.match(
    refusal([0.5], { trainers: [logistic()] }),
    /trainer 'logistic' cannot train for task 'quantile-regression': it supports .*; mlp\(\), gbdt\(\) and external\(\) train quantiles/,
  );
  t.end();
});
