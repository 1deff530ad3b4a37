// Messages between the engine and a scoring thread (hot path: one question and one answer per batch).
import type { ErrorCode } from '../../core/errors.ts';
import type { ModelSource } from './loaded-model.ts';

export type Question =
  | { readonly kind: 'load'; readonly call: number; readonly model: number; readonly source: ModelSource }
  | {
      readonly kind: 'run';
      readonly call: number;
      readonly model: number;
      /** Transferred: rowCount * width. */
      readonly features: Float32Array;
      readonly rowCount: number;
    }
  | { readonly kind: 'unload'; readonly call: number; readonly model: number }
  | { readonly kind: 'end'; readonly call: number };

/**
 * Passed to a thread when it starts. `retired[0]` becomes 1 when the thread must exit before the next question, even if
 * some are queued. A thread must exit by itself: Worker.terminate aborts the whole process while ONNX Runtime computes.
 */
export interface ThreadData {
  readonly retired: Int32Array;
}

export interface Answer {
  readonly call: number;
  /** Transferred; empty unless the question is a run. */
  readonly scores: Float32Array;
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
}
