// Request and result of a training (control path): the contract between the training service, which runs in the engine's
// thread, and the job, which runs in a thread of its own.
import type { FeatureSpec } from '../core/feature-spec.ts';
import type { ModelContent } from '../core/model-content.ts';
import type { DriftReference, Figures } from '../core/reports.ts';
import type { TrainingSet } from '../ports/history.ts';
import type { DifferenceInterval } from '../stats/bootstrap.ts';
import type { CalibrationMode } from './calibration/calibration.ts';
import type { GateSettings } from './gate.ts';
import type { Sampling } from './sampling/sample-rows.ts';
import type { TaskCalls, TaskFacts } from './task-calls.ts';
import type { Trainer } from './trainer.ts';

export interface CandidateRequest {
  readonly topology: string;
  readonly version: string;
  readonly task: TaskFacts;
  readonly features: readonly FeatureSpec[];
  readonly trainingSet: TrainingSet;
  /** The model that serves, to start from and to compare with; null for the first. */
  readonly champion: {
    readonly version: string;
    readonly model: ModelContent;
    /** Event time of the newest row that it was trained on, ms; null if that is not known. */
    readonly newestRowMs: number | null;
    /** What made it; null if that is not known. */
    readonly trainer: Pick<Trainer, 'name' | 'params'> | null;
  } | null;
  /** Event time at which the concept changed last, as far as a detector has seen, ms; null if none has. */
  readonly changeMs: number | null;
  /** What competes; of two that are alike the first is chosen. */
  readonly trainers: readonly Trainer[];
  readonly gate: GateSettings;
  /** Share of its rows that a fit is validated on, if the trainer validates; of the fresh rows if it starts from the champion. */
  readonly validationShare: number;
  /** Half-life of a row's weight by age, ms; null for equal weights. */
  readonly halfLifeMs: number | null;
  readonly calibration: CalibrationMode;
  /** Null: each row counts as it is. */
  readonly sampling: Sampling | null;
  readonly seed: number;
}

/** With the champion's bytes in memory. */
export interface LoadedRequest extends CandidateRequest {
  readonly champion: (NonNullable<CandidateRequest['champion']> & { readonly model: Uint8Array }) | null;
}

export interface Candidate {
  readonly version: string;
  /** Inference graph: `features` [n, width] Float32 in, `score` [n] Float32 out. */
  readonly model: Uint8Array;
  /** What made it. */
  readonly trainer: Pick<Trainer, 'name' | 'params'>;
  readonly reference: DriftReference;
  readonly metrics: { readonly candidate: Figures; readonly champion: Figures | null };
  /** By how much its mean loss is lower than its opponent's; null if nothing was compared. */
  readonly gain: DifferenceInterval | null;
  readonly verdict: 'promote' | 'reject';
  /** Why, with the figures. */
  readonly why: string;
  readonly rows: { readonly train: number; readonly validation: number; readonly gate: number };
  /** Event time of the newest row that it was trained on, ms. */
  readonly newestRowMs: number;
  readonly seconds: number;
  /** What programs wrote that trained; null if none ran. */
  readonly log: string | null;
}

export interface CandidateRunner {
  /** The same request gives the same candidate, bit for bit. Throws TRAINING_FAILED or TRAINING_SET_TOO_SMALL. */
  run(request: CandidateRequest, task: TaskCalls, signal: AbortSignal): Promise<Candidate>;
  close(): Promise<void>;
}
