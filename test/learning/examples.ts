// Small training sets with known probabilities.
import { OnnxGraphRuntime } from '../../src/adapters/onnx/graph-runtime.ts';
import { OnnxScorers } from '../../src/adapters/onnx/scorer-factory.ts';
import type { FeatureSpec } from '../../src/core/feature-spec.ts';
import { atLeast, binary, mlp, type MlpParams } from '../../src/index.ts';
import { makeCandidate } from '../../src/learning/candidate-job.ts';
import type { Candidate, CandidateRequest } from '../../src/learning/candidate.ts';
import { loadTrainer } from '../../src/learning/load-trainer.ts';
import { taskCalls, taskFacts } from '../../src/learning/task-calls.ts';
import { mlpDefaults } from '../../src/learning/trainers/mlp/params.ts';
import type { Task } from '../../src/tasks/task.ts';
import type { Figures } from '../../src/core/reports.ts';
import type { TrainingSet } from '../../src/ports/history.ts';
import { Random } from '../../src/stats/random.ts';

export const runtime: OnnxGraphRuntime = new OnnxGraphRuntime();

/** The log loss of a model's figures; NaN without figures. */
export function lossOf(figures: Figures | null): number {
  return figures?.['logLoss'] ?? Number.NaN;
}

/** Scorers for training and evaluation, which always run inline. */
export function openScorers(): Promise<OnnxScorers> {
  return OnnxScorers.open({ providers: ['cpu'], inlineMsMax: Number.POSITIVE_INFINITY });
}

export const task: Task = binary({ column: 'label', positive: atLeast(1) });

/** Runs a request in this thread. */
export async function run(
  request: CandidateRequest,
  signal: AbortSignal = new AbortController().signal,
  judgedBy: Task = task,
): Promise<Candidate> {
  const parts = { load: loadTrainer, runtime, scorers: await openScorers(), task: taskCalls(judgedBy) };
  return makeCandidate(request, parts, signal);
}

export const features: readonly FeatureSpec[] = [
  { name: 'slope', kind: 'numeric' },
  { name: 'skewed', kind: 'numeric' },
  { name: 'sometimes', kind: 'numeric' },
  { name: 'kind', kind: 'categorical' },
  { name: 'noise', kind: 'numeric' },
];

export const KINDS = 12;

/** True log odds of a row: linear, nonlinear, an informative missing value, and an informative category. */
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

export const params: MlpParams = {
  ...mlpDefaults,
  hidden: [16, 8],
  batchRows: 256,
  steps: 300,
  warmSteps: 100,
  patience: 6,
  learningRate: 1e-2,
  warmLearningRate: 5e-3,
  dropout: 0.05,
  embeddingSize: 3,
};

export function makeRequest(
  trainingSet: TrainingSet,
  more: Partial<CandidateRequest> = {},
): CandidateRequest {
  return {
    topology: 'test',
    version: 'v1',
    task: taskFacts(task),
    features,
    trainingSet,
    champion: null,
    changeMs: null,
    trainers: [mlp(params)],
    gate: { share: 0.15, confidence: 0.9, tolerance: 0.005, refit: true },
    validationShare: 0.15,
    halfLifeMs: null,
    calibration: 'auto',
    sampling: null,
    seed: 5,
    ...more,
  };
}
