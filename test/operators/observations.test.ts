// The observations of a partition between two boundaries: bounded, deterministic, and a fair sample.
import t from 'tap';
import { FLAG_FALLBACK, type LabelBlock, type PredictionBlock } from '../../src/core/blocks.ts';
import { CONTROL_ROWS_MAX } from '../../src/core/limits.ts';
import { ControlObservations } from '../../src/operators/observations.ts';

const origin = { topic: 'test', partition: 0 };

/** Rows [from, to), each with its number as score and features. */
function predictions(from: number, to: number): PredictionBlock {
  const rows = Array.from({ length: to - from }, (_, i) => from + i);
  return {
    origin,
    count: rows.length,
    offsets: Float64Array.from(rows),
    eventTimeMs: Float64Array.from(rows),
    keys: rows.map(String),
    scores: Float32Array.from(rows),
    shadowScores: null,
    flags: new Uint8Array(rows.length),
    version: 'v1',
    features: Float32Array.from(rows.flatMap((row) => [row, -row])),
    width: 2,
    receivedAtMs: 0,
  };
}

t.test('up to the limit, all rows are in order; each boundary starts empty', async (t) => {
  const observations = new ControlObservations(0);
  observations.addPredictions(predictions(0, 300));
  observations.addPredictions(predictions(300, 700));
  const first = observations.drain();
  t.same([first.predictions, first.sampled, first.width], [700, 700, 2]);
  t.same(
    Array.from(first.scores),
    Array.from({ length: 700 }, (_, i) => i),
  );
  t.same(Array.from(first.features.subarray(698, 702)), [349, -349, 350, -350]);
  observations.addPredictions(predictions(5, 6));
  const second = observations.drain();
  t.same([second.predictions, Array.from(second.features)], [1, [5, -5]]);
  t.equal(observations.drain().sampled, 0);
});

t.test('beyond the limit, a uniform and deterministic sample of features and scores', async (t) => {
  const total = 4 * CONTROL_ROWS_MAX;
  const bins = 20;
  const counts = new Float64Array(bins);
  const runs = 10;
  for (let seed = 0; seed < runs; seed++) {
    const sample = (): ReturnType<ControlObservations['drain']> => {
      const observations = new ControlObservations(seed);
      for (let from = 0; from < total; from += 1_000)
        observations.addPredictions(predictions(from, from + 1_000));
      return observations.drain();
    };
    const drained = sample();
    t.same([drained.predictions, drained.sampled], [total, CONTROL_ROWS_MAX]);
    t.equal(new Set(drained.scores).size, CONTROL_ROWS_MAX, 'each row at most once');
    t.ok(
      drained.scores.every((score, i) => drained.features[2 * i] === score),
      'features and scores stay together',
    );
    t.same(sample(), drained, 'deterministic');
    for (const score of drained.scores) {
      const bin = Math.floor((score * bins) / total);
      counts[bin] = (counts[bin] as number) + 1;
    }
  }
  const expected = (runs * CONTROL_ROWS_MAX) / bins;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  // The 0.999 quantile of chi-square with 19 degrees of freedom.
  t.ok(chiSquare < 43.82, `chi-square ${chiSquare}`);
});

t.test('labels that will never come are counted separately', async (t) => {
  const block: LabelBlock = {
    origin,
    count: 3,
    watermarkMs: null,
    predictionOffsets: Float64Array.of(1, 2, 3),
    predictionTimeMs: Float64Array.of(10, 20, 30),
    labelTimeMs: Float64Array.of(40, 50, 60),
    labelOffsets: Float64Array.of(4, 5, 6),
    positions: Float64Array.of(4, 5, 6),
    labels: Float32Array.of(1, Number.NaN, 0),
    scores: Float32Array.of(0.5, 0.25, 0.75),
    shadowScores: Float32Array.of(0.5, 0.5, Number.NaN),
    flags: Uint8Array.of(0, 0, FLAG_FALLBACK),
    versions: ['v1', 'v1', 'none'],
    keys: ['a', 'b', 'c'],
  };
  const observations = new ControlObservations(0);
  observations.addLabels(block);
  const { labels, labelsNever } = observations.drain();
  t.equal(labelsNever, 1);
  t.same(labels, {
    scores: [0.5, 0.75],
    shadowScores: [0.5, Number.NaN],
    labels: [1, 0],
    predictionTimeMs: [10, 30],
    predictionOffsets: [1, 3],
    versions: ['v1', 'none'],
    fallback: [false, true],
  });
});
