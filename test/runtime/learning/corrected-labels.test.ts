// Labels that are corrected and withdrawn, from the labels stage's blocks over observation records into the figures: as if
// each prediction had had its last label alone.
import fc from 'fast-check';
import t from 'tap';
import { binary, multiclass, regression, type Task } from '../../../src/index.ts';
import { days, hours } from '../../../src/core/time.ts';
import { LabelBlockBuilder } from '../../../src/operators/label-block.ts';
import { ControlObservations, type PartitionObservations } from '../../../src/operators/observations.ts';
import type { PendingPrediction } from '../../../src/operators/pending-record.ts';
import { addObservations, observationRecords } from '../../../src/runtime/boundaries/observation-record.ts';
import { QualityTracker } from '../../../src/runtime/learning/quality.ts';
import { TrainableTime } from '../../../src/runtime/learning/trainable-time.ts';
import { near } from '../../stats/close.ts';

const origin = { topic: 'orders', partition: 0 };
const TASKS: readonly Task[] = [
  binary({ column: 'paid' }),
  regression({ column: 'paid', quantiles: [0.1, 0.9] }),
  multiclass({ column: 'kind', classes: ['a', 'b', 'c'] }),
];

/** Labels of a prediction one after the other; NaN takes the one before back. */
type Given = readonly number[];

function predictionOf(task: Task, offset: number): PendingPrediction {
  const outputs: Record<string, readonly number[]> = {
    multiclass: [0.5, 0.3, 0.2],
    'quantile-regression': [1, 0.5, 1.5],
  };
  const own = outputs[task.name];
  return {
    key: String(offset),
    offset,
    timeMs: hours(offset),
    score: own?.[0] ?? (offset % 10) / 10,
    shadowScore: own?.[0] ?? 0.5,
    flags: 0,
    version: `v${offset % 3}`,
    ...(own === undefined ? {} : { outputs: Float32Array.from([...own, ...own]) }),
  };
}

/** What the loop sees of rounds of labels: the first of all predictions, then the second of those that have one. */
function seen(task: Task, all: readonly Given[]): PartitionObservations[] {
  const rounds = Math.max(0, ...all.map(({ length }) => length));
  return Array.from({ length: rounds }, (_, round) => {
    const block = new LabelBlockBuilder(origin, task.output);
    for (const [offset, labels] of all.entries()) {
      const [label, before] = [labels[round], labels[round - 1]];
      if (label === undefined || (round > 0 && Object.is(label, before))) continue;
      const settled = before === undefined ? {} : { settled: { label: before, revision: round - 1 } };
      block.add(
        { ...predictionOf(task, offset), ...settled },
        label,
        hours(100 + round),
        offset + 100 * round,
        0,
      );
    }
    const observations = new ControlObservations(origin);
    const built = block.build(null);
    if (built !== null) observations.addLabels(built);
    let read: PartitionObservations | null = null;
    for (const record of observationRecords(hours(101 + round), observations.drain(true)))
      read = addObservations(origin.topic, read, record);
    return read as PartitionObservations;
  });
}

for (const task of TASKS)
  t.test(`property: figures of ${task.name} count the last label of each prediction`, (t) => {
    const classes = task.output.classes?.length ?? 2;
    const label = fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: 0, max: classes - 1 }) },
      { weight: 1, arbitrary: fc.constant(Number.NaN) },
    );
    fc.assert(
      fc.property(
        fc.array(fc.array(label, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 60 }),
        (all) => {
          let revised = new QualityTracker(task);
          const rows = { labels: 0, positives: 0 };
          const trainable = new TrainableTime();
          for (const observed of seen(task, all)) {
            revised.add(observed.labels);
            const counted = trainable.add([observed], Number.NEGATIVE_INFINITY);
            rows.labels += counted.labels;
            rows.positives += counted.positives;
            const parts = revised.snapshot();
            revised = new QualityTracker(task);
            if (parts !== null) revised.restore(parts);
          }
          const last = all.map((labels) => labels.slice(-1));
          const wanted = new QualityTracker(task);
          for (const observed of seen(task, last)) wanted.add(observed.labels);
          for (const read of [
            (one: QualityTracker) => one.loop(),
            (one: QualityTracker) => one.frozen(),
            (one: QualityTracker) => one.version('v1'),
            (one: QualityTracker) => one.between(0, days(2)).loop,
            (one: QualityTracker) => one.byMonth()[0]?.loop ?? one.loop(),
          ])
            for (const [name, value] of Object.entries(read(wanted))) {
              const own = Object.entries(read(revised)).find(([figure]) => figure === name)?.[1] ?? null;
              if (own !== value && !near(own ?? Number.NaN, value ?? Number.NaN, 1e-6))
                t.fail(`${name}: ${own}, not ${value}`);
            }
          t.strictSame(revised.confusion(), wanted.confusion());
          const known = last.flat().filter((one) => !Number.isNaN(one));
          t.same(rows, { labels: known.length, positives: known.filter((one) => one === 1).length });
          const { corrected, withdrawn } = revised.revised();
          const changes = all.flatMap((labels) =>
            labels.slice(1).filter((one, i) => !Object.is(one, labels[i])),
          );
          t.same(
            [corrected, withdrawn],
            [
              changes.filter((one) => !Number.isNaN(one)).length,
              changes.filter((one) => Number.isNaN(one)).length,
            ],
          );
          if (!t.passing()) throw new Error('see above');
        },
      ),
      { seed: 8, numRuns: 60 },
    );
    t.end();
  });

t.test('a task whose figures lose no row keeps the first labels', (t) => {
  const [task] = TASKS as [Task];
  const open = (): ReturnType<Task['accumulator']> => {
    const whole = task.accumulator('fine');
    return {
      get count() {
        return whole.count;
      },
      add: (score, label) => whole.add(score, label),
      merge: () => undefined,
      figures: () => whole.figures(),
    };
  };
  const tracker = new QualityTracker({ ...task, accumulator: open });
  for (const { labels } of seen(task, [[1, 0], [0, Number.NaN], [1]])) tracker.add(labels);
  t.equal(tracker.loop().n, 3);
  t.same(tracker.revised(), { corrected: 0, withdrawn: 0 });
  t.end();
});
