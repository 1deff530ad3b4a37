// The observations of a partition between two boundaries: bounded, deterministic, and a fair sample.
import fc from 'fast-check';
import t from 'tap';
import { FLAG_FALLBACK, type LabelBlock, type PredictionBlock } from '../../src/core/blocks.ts';
import { CONTROL_ROWS_MAX } from '../../src/core/loop-limits.ts';
import { ControlObservations } from '../../src/operators/observations.ts';
import { RowSampler } from '../../src/operators/sampled-rows.ts';
import {
  mergeSamples,
  sampleHash,
  sampleSeed,
  type SampledRows,
  type SampleMatrix,
} from '../../src/stats/row-sample.ts';

/** Of a small sample. */
const ROWS_MAX = 30;

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
  const observations = new ControlObservations(origin);
  observations.addPredictions(predictions(0, 300));
  observations.addPredictions(predictions(300, 700));
  const { predictions: count, rows: first } = observations.drain(true);
  t.same([count, first.offsets.length, first.width], [700, 700, 2]);
  t.same(
    Array.from(first.scores),
    Array.from({ length: 700 }, (_, i) => i),
  );
  t.same(Array.from(first.features.subarray(698, 702)), [349, -349, 350, -350]);
  observations.addPredictions(predictions(5, 6));
  const second = observations.drain(true);
  t.same([second.predictions, Array.from(second.rows.features)], [1, [5, -5]]);
  t.equal(observations.drain(true).rows.offsets.length, 0);
});

t.test('beyond the limit, a uniform and deterministic sample of features and scores', async (t) => {
  const total = 4 * CONTROL_ROWS_MAX;
  const bins = 20;
  const counts = new Float64Array(bins);
  const runs = 10;
  for (let partition = 0; partition < runs; partition++) {
    const sample = (each: number): SampleMatrix => {
      const observations = new ControlObservations({ topic: 'test', partition });
      for (let from = 0; from < total; from += each)
        observations.addPredictions(predictions(from, from + each));
      const { predictions: seen, rows } = observations.drain(true);
      t.equal(seen, total);
      return mergeSamples('test', [rows]);
    };
    const merged = sample(1_000);
    t.equal(merged.rowCount, CONTROL_ROWS_MAX);
    t.equal(new Set(merged.scores).size, CONTROL_ROWS_MAX, 'each row at most once');
    t.ok(
      merged.scores.every((score, i) => merged.features[2 * i] === score),
      'features and scores stay together',
    );
    t.same(sample(400), merged, 'deterministic, however the rows are batched');
    for (const score of merged.scores) {
      const bin = Math.floor((score * bins) / total);
      counts[bin] = (counts[bin] as number) + 1;
    }
  }
  const expected = (runs * CONTROL_ROWS_MAX) / bins;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  // The 0.999 quantile of chi-square with 19 degrees of freedom.
  t.ok(chiSquare < 43.82, `chi-square ${chiSquare}`);
});

t.test('an interval of any length passes on few rows, however it is cut into epochs', async (t) => {
  const total = 400 * 1_000;
  const observations = new ControlObservations(origin);
  let passed = 0;
  for (let from = 0; from < total; from += 1_000) {
    observations.addPredictions(predictions(from, from + 1_000));
    passed += observations.drain(false).rows.offsets.length;
  }
  // k (1 + ln(n / k)) if the threshold were lowered row by row; it is lowered every k rows that pass.
  const least = CONTROL_ROWS_MAX * (1 + Math.log(total / CONTROL_ROWS_MAX));
  t.ok(passed > CONTROL_ROWS_MAX && passed < 1.5 * least, `${passed} rows, ${Math.round(least)} at least`);
});

t.test('property: epochs, restarts and partitions do not change the sample', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ rows: fc.integer({ min: 1, max: 40 }), partition: fc.nat(2), restarts: fc.boolean() }),
        { minLength: 1, maxLength: 40 },
      ),
      async (epochs) => {
        const offsets = [0, 0, 0];
        const fresh = (partition: number): RowSampler =>
          new RowSampler({ topic: 'test', partition }, () => ROWS_MAX);
        const owners = offsets.map((_, partition) => fresh(partition));
        const parts: SampledRows[] = [];
        const all: Array<{ hash: number; score: number }> = [];
        for (const { rows, partition, restarts } of epochs) {
          const from = offsets[partition] as number;
          offsets[partition] = from + rows;
          const scores = Array.from({ length: rows }, (_, i) => partition * 10_000 + from + i);
          const sampler = owners[partition] as RowSampler;
          sampler.add({ ...predictions(from, from + rows), scores: Float32Array.from(scores) });
          parts.push(sampler.drain(false));
          if (restarts) owners[partition] = fresh(partition);
          const seed = sampleSeed({ topic: 'test', partition });
          all.push(...scores.map((score, i) => ({ score, hash: sampleHash(seed, from + i) })));
        }
        parts.sort((a, b) => a.partition - b.partition);
        const lowest = all
          .sort((a, b) => a.hash - b.hash)
          .slice(0, ROWS_MAX)
          .map(({ score }) => score);
        const merged = mergeSamples('test', parts, () => ROWS_MAX);
        return t.same(
          Array.from(merged.scores),
          lowest.sort((a, b) => a - b),
        );
      },
    ),
    { numRuns: 200, seed: 5 },
  );
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
  const observations = new ControlObservations(origin);
  observations.addLabels(block);
  const { labels, labelsNever } = observations.drain(true);
  t.equal(labelsNever, 1);
  t.same(labels, {
    scores: [0.5, 0.75],
    shadowScores: [0.5, Number.NaN],
    labels: [1, 0],
    predictionTimeMs: [10, 30],
    predictionOffsets: [1, 3],
    versions: ['v1', 'none'],
    fallback: [false, true],
    evidence: [],
    shadowEvidence: [],
    changes: [0, 0],
  });
});
