// multiclass() compared with scikit-learn, row by row and merged; and from event to label in a driver.
import t from 'tap';
import {
  defineTopology,
  double,
  features,
  hours,
  labels,
  minutes,
  multiclass,
  nullable,
  numeric,
  score,
  source,
  string,
  timestamp,
  watermarks,
  type Topology,
} from '../../src/index.ts';
import { FLAG_FALLBACK } from '../../src/core/blocks.ts';
import { meanOf } from '../../src/stats/mean.ts';
import { rowLosses, sliceFigures } from '../../src/tasks/figures.ts';
import { judgedRows } from '../../src/tasks/outputs.ts';
import { fakeScorer, TopologyDriver } from '../../src/testing/index.ts';
import { near } from '../stats/close.ts';
import vectors from '../vectors/tasks.json' with { type: 'json' };

const names = ['logLoss', 'brier', 'accuracy', 'macroF1', 'weightedF1', 'calibrationError'] as const;

t.test('equals scikit-learn, in parts that are merged and restored', (t) => {
  for (const c of vectors.multiclass) {
    const width = c.outputs[0]!.length;
    const task = multiclass({ column: 'kind', classes: Array.from({ length: width }, (_, k) => k) });
    const [outputs, numbers] = [Float32Array.from(c.outputs.flat()), Float32Array.from(c.labels)];
    const whole = sliceFigures(task, outputs, numbers);
    const { scores, evidence } = judgedRows(task.output, outputs, numbers);
    const merged = task.accumulator('coarse');
    const bounds = [0, ...c.cuts, numbers.length];
    for (let part = 0; part + 1 < bounds.length; part += 1) {
      const rows = task.accumulator('coarse');
      for (let i = bounds[part]!; i < bounds[part + 1]!; i += 1)
        rows.add(scores[i]!, numbers[i]!, evidence, 3 * i);
      const restored = task.accumulator('coarse');
      restored.restore?.(JSON.parse(JSON.stringify(rows.snapshot?.())));
      merged.merge(restored);
    }
    t.equal(merged.count, numbers.length);
    for (const name of names) {
      t.ok(near(whole[name] as number, c[name], 1e-7), `${c.name}: ${name} ${whole[name]}, not ${c[name]}`);
      t.ok(near(merged.figures()[name]!, c[name], 1e-7), `${c.name}: merged ${name}`);
    }
    const confusion = merged.confusion?.();
    if (width <= 10) t.same(confusion?.counts, c.confusion, `${c.name}: confusion`);
    else {
      const shown = confusion?.classes.map(Number) ?? [];
      t.equal(confusion?.classes.length, 11, 'the ten most frequent labels and the others');
      for (const [i, label] of shown.slice(0, 10).entries())
        for (const [j, top] of shown.slice(0, 10).entries())
          if (confusion?.counts[i]?.[j] !== c.confusion[label]?.[top])
            t.fail(`${c.name}: ${label}, ${top}: ${confusion?.counts[i]?.[j]}`);
      t.equal(
        confusion?.counts.flat().reduce((a, b) => a + b),
        numbers.length,
        'every row is somewhere',
      );
    }
    t.ok(near(c.logLossScikit, c.logLoss, 1e-5));
    t.ok(near(meanOf(rowLosses(task, outputs, numbers)), c.logLoss, 1e-7), `${c.name}: loss of the rows`);
  }
  t.end();
});

const cars = source('cars', {
  schema: { type: string, id: string, size: nullable(double), kind: nullable(string), at: timestamp },
  eventTime: 'at',
});

function topology(classes: ReadonlyArray<string | number>): Topology {
  return defineTopology(cars, {
    stages: [
      watermarks(),
      features({ when: { type: 'seen' }, fields: { size: numeric('size') } }),
      score({ key: 'id' }),
      labels({
        key: 'id',
        when: { type: 'named' },
        task: multiclass({ column: 'kind', classes }),
        timeoutMs: hours(1),
      }),
    ],
  });
}

t.test(
  'a row has the top class, its probability and those of all classes; labels are read by name',
  async (t) => {
    // What is no distribution is replaced by the fallback, which is as likely for every class.
    const model = fakeScorer('v1', 1, ([size = 0]) => (size < 5 ? [0.125, 0.625, 0.25] : [0.5, 0.625, 0.25]));
    const driver = new TopologyDriver(topology(['sedan', 'van', 'truck']), { model });
    const named = (id: string, kind: string | null, at: number): object => ({
      type: 'named',
      id,
      kind,
      at: minutes(at),
    });
    await driver.send([
      { type: 'seen', id: 'a', size: 1, at: 0 },
      { type: 'seen', id: 'b', size: 9, at: minutes(1) },
      named('a', 'bicycle', 2) as never,
      named('a', null, 3) as never,
      named('a', 'truck', 4) as never,
      named('b', 'sedan', 5) as never,
    ]);
    t.match(driver.predictions, [
      { class: 'van', score: 0.625, flags: 0, outputs: { sedan: 0.125, van: 0.625, truck: 0.25 } },
      { class: 'sedan', score: Math.fround(1 / 3), flags: FLAG_FALLBACK },
    ]);
    t.same(
      driver.labels.map(({ key, label, class: name, score: given }) => [key, label, name, given]),
      [
        ['a', 2, 'truck', 0.625],
        ['b', 0, 'sedan', Math.fround(1 / 3)],
      ],
    );
  },
);

t.test('classes that make no sense are refused', (t) => {
  const refusal = (classes: unknown): string => {
    try {
      topology(classes as string[]);
      return '';
    } catch (error) {
      return String(error);
    }
  };
  t.equal(refusal([1, 2, 'x']), '');
  t.match(refusal(['a']), /it has 1 classes, and 2 to 1000 are possible/);
  t.match(refusal(['1', 1]), /it has a class twice/);
  t.match(refusal(['a', null]), /is no list of classes/);
  t.match(refusal('ab'), /is no list of classes/);
  t.match(refusal(Array.from({ length: 1_001 }, (_, k) => k)), /it has 1001 classes/);
  t.end();
});
