// Messages between an engine and the process in which it tries models (control path), and within that process.
import type { ErrorCode } from '../../core/errors.ts';
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

/** What the watchdog gets: the number of the trial under way, 0 between two. */
export interface WatchdogData {
  readonly trial: Int32Array;
}
