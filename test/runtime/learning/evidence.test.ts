// Joined labels whose record has less evidence than the task takes: what is known counts, and the rest is left out.
import t from 'tap';
import { multiclass } from '../../../src/index.ts';
import type { JoinedLabels } from '../../../src/operators/observations.ts';
import { QualityTracker } from '../../../src/runtime/learning/quality.ts';
import { areLabels, labelBytes, labelsOf } from '../../../src/runtime/boundaries/packed-labels.ts';

const task = multiclass({ column: 'kind', classes: ['a', 'b', 'c'] });

/** Two labels: one that the model had right, one wrong. @param evidence of both */
function joined(evidence: readonly number[]): JoinedLabels {
  return {
    scores: [0.5, 0.75],
    shadowScores: [0.5, 0.75],
    labels: [2, 0],
    predictionTimeMs: [1, 2],
    predictionOffsets: [0, 1],
    versions: ['v1', 'v1'],
    fallback: [false, false],
    evidence: [...evidence],
    shadowEvidence: [...evidence],
    changes: [0, 0],
  };
}

t.test('three numbers a label make all figures', (t) => {
  const quality = new QualityTracker(task);
  const packed = labelBytes(joined([0.5, 2, 0.375, 0.25, 1, 0.625]), 0, 2);
  t.ok(areLabels({ format: 2, ...packed }));
  t.equal(quality.add(labelsOf({ format: 2, ...packed })), 0);
  const { accuracy, brier } = quality.loop();
  t.same([accuracy, brier], [0.5, (0.375 - 1 + 1 + 0.625 - 0.5 + 1) / 2]);
  t.same(quality.confusion()?.loop.counts, [[0, 1, 0], [0, 0, 0], [0, 0, 1]]); // prettier-ignore
  t.end();
});

t.test('two numbers a label, of earlier records, make all but the Brier score', (t) => {
  const quality = new QualityTracker(task);
  t.equal(quality.add(joined([0.5, 2, 0.25, 1])), 0);
  const { n, accuracy, brier } = quality.loop();
  t.same([n, accuracy, brier], [2, 0.5, null]);
  t.end();
});

t.test('evidence of another definition is none', (t) => {
  const quality = new QualityTracker(task);
  t.equal(quality.add(joined([0.5, 0.25])), 2);
  t.equal(quality.add(joined([])), 2);
  t.equal(quality.loop().n, 0);
  t.notOk(areLabels({ format: 2, versions: ['v1'], evidence: -1, labels: Buffer.alloc(22) }));
  t.end();
});
