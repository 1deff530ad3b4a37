// Small training sets with a known truth.
import { GraphTrainer } from '../../src/learning/trainers/mlp/trainer.ts';
import { OnnxGraphRuntime } from '../../src/adapters/onnx/graph-runtime.ts';
import { OnnxScorers } from '../../src/adapters/onnx/scorer-factory.ts';
import { defaultTrainingParams } from '../../src/learning/trainers/mlp/params.ts';
import type { Figures, TrainingParams } from '../../src/core/reports.ts';
import type { TrainingSet } from '../../src/ports/history.ts';
import type { FeatureSpec, TrainRequest } from '../../src/ports/trainer.ts';
import { Random } from '../../src/stats/random.ts';

export const runtime: OnnxGraphRuntime = new OnnxGraphRuntime();

/** The log loss among the figures of a judged model; NaN for none. */
export function lossOf(figures: Figures | null): number {
  return figures?.['logLoss'] ?? Number.NaN;
}

/** For training and evaluation: inline whatever it costs. */
export function openScorers(): Promise<OnnxScorers> {
  return OnnxScorers.open({ providers: ['cpu'], inlineMsMax: Number.POSITIVE_INFINITY });
}

export async function makeTrainer(): Promise<GraphTrainer> {
  return new GraphTrainer(runtime, await openScorers());
}

export const features: readonly FeatureSpec[] = [
  { name: 'slope', kind: 'numeric' },
  { name: 'skewed', kind: 'numeric' },
  { name: 'sometimes', kind: 'numeric' },
  { name: 'kind', kind: 'categorical' },
  { name: 'noise', kind: 'numeric' },
];

export const KINDS = 12;

/** True log odds of a row: a slope, a bend, a missing value that tells, and a category that tells. */
export function logOdds(slope: number, sometimes: number, kind: number, shift = 0): number {
  return (
    1.5 * slope +
    1 -
    3 * slope * slope +
    (Number.isNaN(sometimes) ? 1.5 : 0) +
    ((kind * 5) % KINDS) / 4 -
    2 +
    shift
  );
}

export interface Example extends TrainingSet {
  /** True probability of each row. */
  readonly truth: Float32Array;
}

export function makeExample(rowCount: number, seed: number, fromMs = 0, shift = 0): Example {
  const random = new Random(seed);
  const width = features.length;
  const set: Example = {
    rowCount,
    width,
    features: new Float32Array(rowCount * width),
    labels: new Float32Array(rowCount),
    scores: new Float32Array(rowCount),
    eventTimeMs: Float64Array.from({ length: rowCount }, (_, i) => fromMs + i * 60_000),
    truth: new Float32Array(rowCount),
  };
  for (let i = 0; i < rowCount; i += 1) {
    const slope = random.nextDouble() * 2 - 1;
    const sometimes = random.nextDouble() < 0.2 ? Number.NaN : random.nextDouble() * 100;
    const kind = random.nextInt(KINDS);
    set.features.set(
      [slope, Math.exp(random.nextDouble() * 12), sometimes, 1_000 + kind, random.nextDouble()],
      i * width,
    );
    set.truth[i] = 1 / (1 + Math.exp(-logOdds(slope, sometimes, kind, shift)));
    set.labels[i] = random.nextDouble() < set.truth[i]! ? 1 : 0;
  }
  return set;
}

export const params: TrainingParams = {
  ...defaultTrainingParams,
  hidden: [16, 8],
  batchRows: 256,
  epochs: 12,
  patienceEpochs: 4,
  gateShare: 0.15,
  learningRate: 1e-2,
  warmLearningRate: 5e-3,
  dropout: 0.05,
  embeddingSize: 3,
};

export function makeRequest(trainingSet: TrainingSet, more: Partial<TrainRequest> = {}): TrainRequest {
  return { topology: 'test', version: 'v1', features, trainingSet, champion: null, params, seed: 5, ...more };
}
