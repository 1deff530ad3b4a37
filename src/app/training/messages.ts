// What the engine's thread and a training thread send each other (control path).
import type { ErrorCode } from '../../core/errors.ts';
import type { Candidate, CandidateRequest } from '../../learning/candidate.ts';
import type { TaskCalls } from '../../learning/task-calls.ts';

export type TaskFunction = keyof TaskCalls;

export type ToThread =
  | { readonly kind: 'train'; readonly request: CandidateRequest }
  /** A thread must end by itself: Worker.terminate aborts the whole process while ONNX Runtime computes in it. */
  | { readonly kind: 'abort' }
  /** The result of a call of the task. */
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };

export type FromThread =
  | { readonly kind: 'candidate'; readonly candidate: Candidate }
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly message: string }
  /** A call of the task, whose functions are in the engine's thread. */
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly name: TaskFunction;
      readonly args: readonly Float32Array[];
    };
