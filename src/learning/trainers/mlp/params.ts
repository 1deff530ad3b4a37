// Parameters of the multilayer perceptron (control path).
import { shown } from '../../../core/option-checks.ts';
import type { EncodingParams } from '../encoding/fit-encoding.ts';

export interface MlpParams extends EncodingParams {
  /** Sizes of the hidden layers. */
  readonly hidden: readonly number[];
  readonly activation: 'relu' | 'silu';
  /** Networks that share the embeddings; the score is the mean of their probabilities. */
  readonly members: number;
  readonly learningRate: number;
  /** Learning rate of a start from the champion's weights. */
  readonly warmLearningRate: number;
  /** Learning rate over a fit: constant, as parameters are averaged over the newest steps, or falling to 0 by half a cosine. */
  readonly schedule: 'constant' | 'cosine';
  /** Rows of an optimiser step; null for a number that grows with the training rows, from 16 to 512. */
  readonly batchRows: number | null;
  /** Most optimiser steps of a cold start: early stopping keeps the best ones. 40 passes over rows that are too few to validate. */
  readonly steps: number;
  /** Most optimiser steps of a start from the champion's weights: one pass over the rows, without validation. */
  readonly warmSteps: number;
  /** Validations in a row without a lower loss after which a fit ends; there is one every 20th of its steps. */
  readonly patience: number;
  readonly weightDecay: number;
  readonly dropout: number;
  readonly embeddingSize: number;
}

/** For some thousands to some hundred thousand rows with tens of features. */
export const mlpDefaults: MlpParams = {
  hidden: [64, 32],
  activation: 'relu',
  members: 1,
  learningRate: 2e-3,
  warmLearningRate: 1e-3,
  schedule: 'constant',
  batchRows: null,
  steps: 2_000,
  warmSteps: 350,
  patience: 5,
  weightDecay: 1e-2,
  dropout: 0.2,
  categoryCountMin: 20,
  embeddingSize: 6,
  signedLogSkewMin: 2,
  clipDeviations: 5,
  missingShareMin: 0.005,
};

const COUNTS = ['members', 'steps', 'warmSteps', 'patience', 'categoryCountMin', 'embeddingSize'] as const;
const POSITIVE = ['learningRate', 'warmLearningRate', 'clipDeviations'] as const;
const SHARES = ['dropout', 'missingShareMin'] as const;

/** False for null, which is compared as 0. */
function isAtLeast0(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}

/** Clauses about parameters that cannot work. */
export function mlpProblems(params: MlpParams): string[] {
  const { hidden, activation, schedule, weightDecay, batchRows } = params;
  const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;
  const problems: string[] = [];
  if (!Array.isArray(hidden) || !hidden.every(isCount))
    problems.push(`hidden is ${shown(hidden)}, not sizes of layers`);
  for (const name of COUNTS)
    if (!isCount(params[name])) problems.push(`${name} is ${params[name]}, not an integer of at least 1`);
  if (batchRows !== null && !isCount(batchRows))
    problems.push(`batchRows is ${batchRows}, not null or an integer of at least 1`);
  for (const name of POSITIVE)
    if (!(params[name] > 0)) problems.push(`${name} is ${params[name]}, not above 0`);
  for (const name of SHARES)
    if (!isAtLeast0(params[name]) || params[name] >= 1)
      problems.push(`${name} is ${params[name]}, not a share from 0 to below 1`);
  if (!isAtLeast0(weightDecay)) problems.push(`weightDecay is ${weightDecay}, below 0`);
  if (!['relu', 'silu'].includes(activation))
    problems.push(`activation is '${activation}', not relu or silu`);
  if (!['constant', 'cosine'].includes(schedule))
    problems.push(`schedule is '${schedule}', not constant or cosine`);
  return problems;
}
