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

/** A detector at work on one stream of losses. */
export interface DetectorInstance<Snapshot = unknown> {
  /**
   * Takes the loss of one labelled prediction, in the order of the labels; true if it completes the evidence that the
   * loss has risen. A fall is no alarm: the model has not become worse. What follows an alarm is the detector's own
   * matter; most start again.
   */
  update(loss: number): boolean;
  report(): DetectorReport;
  /** The whole state, as JSON can hold it; any numbers. */
  snapshot(): Snapshot;
  /** Continues from a snapshot of a detector with the same options. */
  restore(snapshot: Snapshot): void;
}

/**
 * A drift detector: watches the loss of a champion, label by label. Each new champion starts with a new instance; an engine
 * that restarts restores it and repeats the updates that followed, so an instance must depend on its updates alone.
 */
export interface DriftDetector<Snapshot = unknown> {
  /** Lower-case letters, digits and underscores: the `detector` of its drift reports. */
  readonly name: string;
  open(): DetectorInstance<Snapshot>;
}
