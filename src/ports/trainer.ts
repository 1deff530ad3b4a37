// Port: training.
import type { DriftReference, Figures, TrainingParams } from '../core/reports.ts';
import type { TrainingSet } from './history.ts';

export interface FeatureSpec {
  readonly name: string;
  /** `categorical` values are codes (core/murmur2 categoryCode): equal or not, never ordered. */
  readonly kind: 'numeric' | 'categorical';
}

export interface TrainRequest {
  readonly topology: string;
  readonly version: string;
  readonly features: readonly FeatureSpec[];
  readonly trainingSet: TrainingSet;
  /** The champion's model bytes to start warm from and to compare with; null for the first. */
  readonly champion: { readonly version: string; readonly model: Uint8Array } | null;
  readonly params: TrainingParams;
  readonly seed: number;
}

export interface Candidate {
  readonly version: string;
  /** Inference graph: `features` [n, width] Float32 in, `score` [n] Float32 out. */
  readonly model: Uint8Array;
  readonly reference: DriftReference;
  readonly metrics: { readonly candidate: Figures; readonly champion: Figures | null };
  readonly verdict: 'promote' | 'reject';
  /** Why, with the figures. */
  readonly why: string;
  readonly rows: { readonly train: number; readonly validation: number; readonly gate: number };
  readonly seconds: number;
}

export interface Trainer {
  /** Same request, same candidate, bit for bit. Throws TRAINING_FAILED or TRAINING_SET_TOO_SMALL. */
  train(request: TrainRequest, signal: AbortSignal): Promise<Candidate>;
  close(): Promise<void>;
}
