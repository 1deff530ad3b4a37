// Training parameters for tests that train nothing themselves.
import type { TrainingParams } from '../../src/index.ts';

export const trainingParams: TrainingParams = {
  hidden: [4],
  activation: 'relu',
  members: 1,
  learningRate: 1e-3,
  warmLearningRate: 1e-3,
  schedule: 'constant',
  batchRows: 64,
  epochs: 1,
  warmEpochs: 1,
  patienceEpochs: 1,
  weightDecay: 0,
  dropout: 0,
  categoryCountMin: 1,
  embeddingSize: 2,
  signedLogSkewMin: null,
  clipDeviations: 5,
  missingShareMin: 0.005,
  validationShare: 0.15,
  gateShare: 0.2,
  gateConfidence: 0.9,
  gateTolerance: 0.01,
  refitAfterGate: false,
  halfLifeDays: null,
};
