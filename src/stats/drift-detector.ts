// The contract of a drift detector (control path; a detector itself is on the hot path of labels): what a topology's
// `drift.detectors` lists.

/** What a detector says at a control boundary. */
export interface DetectorReport {
  /** The level of the monitored value, such as its mean since the last change. */
  readonly value: number;
  /** What the detector compares, if it has one bound. */
  readonly threshold?: number;
  /** Chance of what it has seen if nothing has changed, if it is a test. */
  readonly pValue?: number;
}

/**
 * What a detector takes: the loss of each labelled prediction; the same `standardised`, in standard deviations from the level
 * so far and clipped to 4 of them; or, standardised too, whether each was an `error`, for a task that says what is one.
 */
export type Watched = (typeof WATCHED)[number];

export const WATCHED = ['loss', 'standardised', 'error'] as const;

/** `adwin_error` for ADWIN on errors: two detectors of a topology differ by their names. */
export function watcherName(name: string, watches: Watched): string {
  return watches === 'error' ? `${name}_error` : name;
}

/** A detector at work on one stream of losses. */
export interface DetectorInstance<Snapshot = unknown> {
  /**
   * Takes what the detector watches of one labelled prediction, in the order of the labels; true if it completes the evidence
   * that it has risen. A fall is no alarm: the model has not become worse. What follows an alarm is the detector's own
   * matter; most start again.
   */
  update(loss: number): boolean;
  report(): DetectorReport;
  /** After an alarm: how many of the newest values are behind the change. Without it the change is where the alarm is. */
  sinceChange?(): number;
  /** The whole state, as JSON can hold it; any numbers. */
  snapshot(): Snapshot;
  /** Continues from a snapshot of a detector with the same options. */
  restore(snapshot: Snapshot): void;
}

/**
 * A drift detector: watches the labelled predictions of the champion, one by one. Its state outlives the champion. An engine
 * that restarts restores it and repeats the updates that followed, so an instance must depend on its updates alone.
 */
export interface DriftDetector<Snapshot = unknown> {
  /** Lower-case letters, digits and underscores: the `detector` of its drift reports. */
  readonly name: string;
  /** `loss` by default. */
  readonly watches?: Watched;
  open(): DetectorInstance<Snapshot>;
}
