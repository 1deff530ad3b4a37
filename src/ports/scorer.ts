// Port: model execution.

/** A loaded model. Input: `features` [rows, width] Float32, NaN for a missing value. Output: one score per row. */
export interface Scorer {
  readonly version: string;
  readonly inputWidth: number;
  /** The execution provider in use: cuda, webgpu or cpu. */
  readonly provider: string;
  /** Writes `rowCount` scores into `into`; throws MODEL_FAILED or MODEL_TIMEOUT. */
  run(features: Float32Array, rowCount: number, into: Float32Array): Promise<void>;
  close(): Promise<void>;
}

export interface ScorerFactory {
  /** Checks the signature, loads, warms up; throws MODEL_INVALID with the remedy. */
  load(version: string, model: Uint8Array, inputWidth: number): Promise<Scorer>;
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
