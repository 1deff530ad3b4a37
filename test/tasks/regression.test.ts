// regression() compared with scikit-learn, row by row and merged.
import t from 'tap';
import {
  defineTopology,
  double,
  features,
  labels,
  numeric,
  regression,
  score,
  source,
  string,
  timestamp,
  watermarks,
} from '../../src/index.ts';
import { figureText, rowLosses, sliceFigures } from '../../src/tasks/figures.ts';
import type { FigureAccumulator } from '../../src/tasks/task.ts';
import { near } from '../stats/close.ts';
import vectors from '../vectors/tasks.json' with { type: 'json' };
import { meanOf } from '../../src/stats/mean.ts';

const orders = source('orders', { schema: { id: string, amount: double, at: timestamp }, eventTime: 'at' });
const task = regression({ column: 'amount' });

t.test('equals scikit-learn, in parts that are merged and restored', (t) => {
  for (const c of vectors.regression) {
    const [scores, values] = [Float32Array.from(c.scores), Float32Array.from(c.labels)];
    const whole = sliceFigures(task, scores, values);
    const merged = task.accumulator('coarse');
    const bounds = [0, ...c.cuts, values.length];
    for (let part = 0; part + 1 < bounds.length; part += 1) {
      const rows: FigureAccumulator = task.accumulator('coarse');
      for (let i = bounds[part]!; i < bounds[part + 1]!; i += 1) rows.add(scores[i]!, values[i]!);
      const restored = task.accumulator('coarse');
      restored.restore?.(JSON.parse(JSON.stringify(rows.snapshot?.())));
      merged.merge(restored);
    }
    t.equal(merged.count, values.length);
    for (const name of ['mae', 'rmse', 'r2'] as const) {
      // R² is a difference of two sums: its digits are those of the larger one.
      t.ok(near(whole[name] as number, c[name], 1e-9), `${c.name}: ${name} ${whole[name]}, not ${c[name]}`);
      t.ok(near(merged.figures()[name]!, c[name], 1e-9), `${c.name}: merged ${name}`);
    }
    const huber = regression({ column: 'amount', loss: { huber: c.delta } });
    t.ok(near(meanOf(rowLosses(task, scores, values)), c.squared, 1e-9), `${c.name}: squared error`);
    t.ok(near(meanOf(rowLosses(huber, scores, values)), c.huber, 1e-9), `${c.name}: Huber loss`);
  }
  t.end();
});

t.test('figures are readable in any unit', (t) => {
  const [mae] = regression({ column: 'amount', unit: 'min' }).figures;
  t.equal(figureText(mae!, 644.123_45), '644.1 min');
  t.equal(figureText(mae!, 0.000_012_345_6), '0.00001235 min');
  t.equal(figureText(mae!, -0), '0 min');
  t.equal(figureText(mae!, null), '-');
  t.end();
});

t.test('the fallback is within the bounds, and options that make no sense are refused', (t) => {
  t.equal(regression({ column: 'amount', low: 5 }).fallback, 5);
  t.equal(regression({ column: 'amount', low: -5, high: 5 }).fallback, 0);
  const refusal = (options: object): string => {
    try {
      defineTopology(orders, {
        stages: [
          watermarks(),
          features({ fields: { amount: numeric('amount') } }),
          score({ key: 'id' }),
          labels({ key: 'id', task: regression({ column: 'amount', ...options }) }),
        ],
      });
      return '';
    } catch (error) {
      return String(error);
    }
  };
  t.equal(refusal({ loss: { huber: 3 }, low: 0, high: 10, fallback: 3 }), '');
  t.match(refusal({ loss: 'absolute' }), /neither 'squared' nor/);
  t.match(refusal({ loss: { huber: 0 } }), /neither 'squared' nor/);
  t.match(refusal({ low: 3, high: 3 }), /no range/);
  t.match(refusal({ low: 3, fallback: 1 }), /fallback 1 .* at least 3/);
  t.match(refusal({ units: 'min' }), /unit/);
  t.end();
});
