// Port: model execution.
import type { ModelContent } from '../core/model-content.ts';

/** A loaded model. Input: `features` [rows, width] Float32, NaN for a missing value. Output: one score per row, or several. */
export interface Scorer {
  readonly version: string;
  readonly inputWidth: number;
  /** The execution provider in use: cuda, webgpu or cpu. */
  readonly provider: string;
  /** Writes the outputs of `rowCount` rows into `into`, row-major; throws MODEL_FAILED or MODEL_TIMEOUT. */
  run(features: Float32Array, rowCount: number, into: Float32Array): Promise<void>;
  close(): Promise<void>;
}

export interface ScorerFactory {
  /**
   * Checks the signature, loads, warms up; a file is read where it keeps no event waiting.
   * @param outputs of a row; 1
   * @throws MODEL_INVALID with the remedy; ARTIFACT_UNAVAILABLE if the file is gone
   */
  load(version: string, model: ModelContent, inputWidth: number, outputs?: number): Promise<Scorer>;
}

/** Rows that a model must score before an engine takes it. */
export interface GoldenBatch {
  /** Row-major, NaN for a missing value. */
  readonly values: Float32Array;
  readonly rowCount: number;
  /** The first rows, whose scores must be finite and in the task's range; the others only need the same score twice. */
  readonly judgedCount: number;
}

/** A model that is not trusted yet. */
export interface Trial {
  readonly version: string;
  readonly model: ModelContent;
  readonly inputWidth: number;
  /** Outputs of a row: a score by default, or as many as the task has. */
  readonly outputs?: number;
  /** Whether the outputs of a row must add up to 1; they need not by default. */
  readonly isDistribution?: boolean;
  readonly golden: GoldenBatch;
  /** Least and greatest valid score. */
  readonly low: number;
  readonly high: number;
}

/** Rows for a model that is not trusted. */
export interface UntrustedRun {
  readonly version: string;
  readonly model: ModelContent;
  readonly inputWidth: number;
  /** Outputs of a row; 1 by default. */
  readonly outputs?: number;
  /** Row-major, NaN for a missing value; at most BATCH_ROWS_MAX rows, which a trial allows for. */
  readonly values: Float32Array;
  readonly rowCount: number;
}

/** Scores rows where models are tried: for what asks a model more than any engine does. */
export interface UntrustedScorer {
  /**
   * Loads the model and scores the rows within the bounds of a trial: its outputs, row-major.
   * @throws MODEL_INVALID with the reason, or MODEL_UNTRIED
   */
  scoreUntrusted(run: UntrustedRun): Promise<Float32Array>;
}

/** Scorers for models that others made. */
export interface TrialScorers extends ScorerFactory {
  /**
   * Loads the model in a process of its own, whose processor time and memory are bounded, and scores the golden batch there.
   * @throws MODEL_INVALID with the reason; MODEL_UNTRIED if there is no such process, for which the model is not to blame
   */
  trial(trial: Trial): Promise<void>;
  /** Starts that process ahead of a trial. */
  prepareTrial(): void;
}

export interface Tensor {
  readonly type: 'float32' | 'int64' | 'bool';
  readonly data: Float32Array | BigInt64Array | Uint8Array;
  readonly dims: readonly number[];
}

/** Runs any ONNX graph: the trainer's port, because a training step is an ONNX graph. */
export interface GraphRuntime {
  load(model: Uint8Array): Promise<GraphSession>;
}

export interface GraphSession {
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  close(): Promise<void>;
}
