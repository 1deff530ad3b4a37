// Training parameters to start from (control path).
import type { TrainingParams } from '../../../core/reports.ts';

/** Fit for some thousands to some hundred thousand rows with tens of features; a topology overrides what it knows better. */
export const defaultTrainingParams: TrainingParams = {
  hidden: [64, 32],
  activation: 'relu',
  members: 1,
  learningRate: 2e-3,
  warmLearningRate: 1e-3,
  schedule: 'cosine',
  batchRows: 512,
  epochs: 8,
  warmEpochs: 1,
  patienceEpochs: 2,
  weightDecay: 1e-2,
  dropout: 0.2,
  categoryCountMin: 20,
  embeddingSize: 6,
  signedLogSkewMin: 2,
  clipDeviations: 5,
  missingShareMin: 0.005,
  validationShare: 0.15,
  gateShare: 0.3,
  gateConfidence: 0.9,
  gateTolerance: 0.005,
  refitAfterGate: true,
  halfLifeDays: null,
};
