// Messages between an engine and the process in which it tries models (control path), and within that process.
import type { ErrorCode } from '../../core/errors.ts';
import { byteLengthOf } from '../../core/model-content.ts';
import type { Trial, UntrustedRun } from '../../ports/scorer.ts';

export type TrialQuestion =
  { readonly kind: 'try'; readonly trial: Trial } | { readonly kind: 'score'; readonly run: UntrustedRun };

export type TrialAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'scored'; readonly scores: Float32Array }
  /** Null: the model passed. */
  | { readonly kind: 'tried'; readonly error: { readonly code: ErrorCode; readonly message: string } | null };

/** How the watchdog begins the last words of a process that it kills. */
export const BEYOND_BOUNDS = 'it takes more than';

/** What the watchdog gets: the number of the trial under way, 0 between two, and the MiB of its model. */
export interface WatchdogData {
  readonly trial: Int32Array;
}

const MIB = 1_048_576;

/** MiB of the model of a question, rounded down: what is inline in an update has none. */
export function mebibytesOf(question: TrialQuestion): number {
  const { model } = question.kind === 'score' ? question.run : question.trial;
  return Math.floor(byteLengthOf(model) / MIB);
}
