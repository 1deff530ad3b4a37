// binary() compared with scikit-learn, exactly for a slice and within the stated error in bins, merged and restored.
import t from 'tap';
import { binary } from '../../src/index.ts';
import { sliceFigures } from '../../src/tasks/figures.ts';
import { near } from '../stats/close.ts';
import vectors from '../vectors/tasks.json' with { type: 'json' };

const task = binary({ column: 'fraud' });

for (const resolution of ['fine', 'coarse'] as const) {
  t.test(`equals scikit-learn, in ${resolution} parts that are merged and restored`, (t) => {
    for (const c of vectors.binary) {
      const [scores, labels] = [Float32Array.from(c.scores), Float32Array.from(c.labels)];
      const whole = sliceFigures(task, scores, labels);
      const merged = task.accumulator(resolution);
      const bounds = [0, ...c.cuts, labels.length];
      for (let part = 0; part + 1 < bounds.length; part += 1) {
        const rows = task.accumulator(resolution);
        for (let i = bounds[part]!; i < bounds[part + 1]!; i += 1) rows.add(scores[i]!, labels[i]!);
        const restored = task.accumulator(resolution);
        restored.restore?.(JSON.parse(JSON.stringify(rows.snapshot?.())));
        merged.merge(restored);
      }
      const figures = merged.figures();
      for (const name of ['auc', 'prAuc'] as const) {
        t.ok(
          near(whole[name] as number, c[name], 1e-12),
          `${c.name}: ${name} ${whole[name]}, not ${c[name]}`,
        );
        const error = Math.abs(figures[name]! - c[name]);
        t.ok(error <= figures[`${name}ErrorMax`]! + 1e-12, `${c.name}: ${name} in bins`);
      }
      t.ok(near(figures['brier']!, c.brier, 1e-9), `${c.name}: Brier score`);
      t.ok(near(whole['brier'] as number, c.brier, 1e-9));
      t.ok(near(figures['f1']!, c.f1, 1e-12), `${c.name}: F1`);
      t.same(merged.confusion?.().counts, c.confusion, `${c.name}: confusion`);
    }
    t.end();
  });
}

t.test('every figure is named, and none is left out', (t) => {
  const names = task.figures.map(({ name }) => name).sort();
  const accumulator = task.accumulator('fine');
  accumulator.add(0.7, 1);
  accumulator.add(0.2, 0);
  t.same(Object.keys(accumulator.figures()).sort(), names);
  t.same(
    Object.keys(sliceFigures(task, Float32Array.of(0.7, 0.2), Float32Array.of(1, 0))).sort(),
    ['n', ...names].sort(),
  );
  t.end();
});
