// The drift detectors over the losses and errors of the champions (control path; one update of each detector per label).
import { FIRST_LABEL, type PartitionObservations } from '../../operators/observations.ts';
import type { DetectorInstance, DetectorReport, DriftDetector, Watched } from '../../stats/drift-detector.ts';
import { Standardised, type StandardisedSnapshot } from '../../stats/standardised.ts';
import { evidenceWidth } from '../../tasks/outputs.ts';
import type { Task } from '../../tasks/task.ts';
import { ChangeClock, type ChangeClockSnapshot, type ConceptChange } from './change-clock.ts';
import type { DecisionSteps } from './decision-steps.ts';
import { isUsable, withEvidence } from './usable-label.ts';

export interface DetectorFinding {
  readonly detector: string;
  readonly watches: Watched;
  readonly report: DetectorReport;
  /** Whether it raised an alarm since the previous boundary. */
  readonly drifted: boolean;
}

export interface LossFindings {
  /** Usable labels of the champion since the previous boundary. */
  readonly n: number;
  /** Empty without a label. */
  readonly detectors: readonly DetectorFinding[];
  /** The latest that an alarm of this boundary names; null without an alarm. */
  readonly change: ConceptChange | null;
}

export interface LossWatchSnapshot {
  /** State of each detector, in the order of their declaration; null for one that cannot be opened. */
  readonly states: readonly unknown[];
  readonly loss: StandardisedSnapshot;
  readonly error: StandardisedSnapshot;
  readonly clock: ChangeClockSnapshot;
}

/** Of the share of errors: fewer than one error in 400 labels is none. */
const ERROR_DEVIATION_MIN = 0.05;
/** Of a loss of which no difference is too small to matter. */
const LOSS_DEVIATION_MIN = 1e-9;

interface Watching {
  readonly detector: DriftDetector;
  /** Null once it cannot even be opened. */
  instance: DetectorInstance | null;
}

/** Labels of a boundary in the forms that detectors watch; all lists have the same rows. */
interface Seen {
  readonly loss: number[];
  readonly standardised: number[];
  readonly error: number[];
  readonly timeMs: number[];
  readonly label: number[];
}

export class LossWatch {
  readonly #task: Task;
  readonly #steps: DecisionSteps;
  readonly #watching: Watching[];
  readonly #loss: Standardised;
  readonly #error = new Standardised(ERROR_DEVIATION_MIN);
  readonly #clock = new ChangeClock();

  constructor(detectors: readonly DriftDetector[], task: Task, steps: DecisionSteps) {
    this.#task = task;
    this.#steps = steps;
    const { gateTolerance = 0 } = task;
    const tolerated = typeof gateTolerance === 'number' ? gateTolerance : 0;
    this.#loss = new Standardised(Math.max(LOSS_DEVIATION_MIN, 4 * tolerated));
    const applicable = detectors.filter(({ watches }) => watches !== 'error' || task.isError !== undefined);
    this.#watching = applicable.map((detector) => ({ detector, instance: this.#open(detector) }));
  }

  /** Names of the detectors that watch. */
  get names(): string[] {
    return this.#watching.map(({ detector }) => detector.name);
  }

  #open(detector: DriftDetector): DetectorInstance | null {
    return this.#guarded(detector, () => detector.open());
  }

  #guarded<T>({ name }: DriftDetector, work: () => T): T | null {
    return this.#steps.run<T | null>('detectors', work, null, name);
  }

  /**
   * Takes the labels of a boundary, partition by partition. Those of predictions of other versions, fallbacks and unusable labels
   * are skipped: a swap is no change of the concept.
   */
  at(observations: readonly PartitionObservations[], version: string): LossFindings {
    const seen = this.#seen(observations, version);
    const n = seen.loss.length;
    if (n === 0) return { n, detectors: [], change: null };
    for (const [i, timeMs] of seen.timeMs.entries()) this.#clock.tick(timeMs, seen.label[i] as number);
    let newest: number | null = null;
    const detectors = this.#watching.flatMap((watching) => {
      const { detector } = watching;
      const watches = detector.watches ?? 'loss';
      const { drifted, since } = this.#update(watching, seen[watches]);
      if (since !== null) newest = Math.min(since, newest ?? since);
      const { instance } = watching;
      const report = instance === null ? null : this.#guarded(detector, () => instance.report());
      return report === null ? [] : [{ detector: detector.name, watches, report, drifted }];
    });
    return { n, detectors, change: newest === null ? null : this.#clock.newest(newest) };
  }

  #seen(observations: readonly PartitionObservations[], version: string): Seen {
    const width = evidenceWidth(this.#task.output);
    const seen: Seen = { loss: [], standardised: [], error: [], timeMs: [], label: [] };
    for (const { labels: given } of observations) {
      const labels = withEvidence(given, this.#task);
      for (let i = 0; i < labels.labels.length; i++) {
        if (labels.fallback[i] === true || labels.versions[i] !== version) continue;
        // A detector has seen the first label in its place, which nothing takes out again.
        if (labels.changes[i] !== FIRST_LABEL || !isUsable(labels, i, this.#task)) continue;
        const [score, label] = [labels.scores[i] as number, labels.labels[i] as number];
        const at = i * width;
        const loss = this.#task.loss.of(score, label, labels.evidence, at);
        // A detector's sums would not be finite ever again.
        if (!Number.isFinite(loss)) continue;
        seen.loss.push(loss);
        seen.standardised.push(this.#loss.next(loss));
        seen.error.push(
          this.#error.next(Number(this.#task.isError?.(score, label, labels.evidence, at) ?? false)),
        );
        seen.timeMs.push(labels.predictionTimeMs[i] as number);
        seen.label.push(label);
      }
    }
    return seen;
  }

  /** Whether it raised an alarm, and how many labels are behind the change that the last one names. One that throws starts again with the next label. */
  #update(
    watching: Watching,
    values: readonly number[],
  ): { readonly drifted: boolean; readonly since: number | null } {
    const { detector } = watching;
    let since: number | null = null;
    for (const [i, value] of values.entries()) {
      const { instance } = watching;
      if (instance === null) break;
      if (Number.isNaN(value)) continue;
      const alarm = this.#guarded(detector, () =>
        instance.update(value) ? Math.max(1, instance.sinceChange?.() ?? 1) : 0,
      );
      if (alarm === null) watching.instance = this.#open(detector);
      else if (alarm > 0) since = alarm + values.length - 1 - i;
    }
    return { drifted: since !== null, since };
  }

  snapshot(): LossWatchSnapshot {
    return {
      states: this.#watching.map(({ instance }) => instance?.snapshot() ?? null),
      loss: this.#loss.snapshot(),
      error: this.#error.snapshot(),
      clock: this.#clock.snapshot(),
    };
  }

  /** Continues from a snapshot of the same detectors. */
  restore({ states, loss, error, clock }: LossWatchSnapshot): void {
    for (const [i, { instance }] of this.#watching.entries()) {
      const state = states[i] ?? null;
      if (instance !== null && state !== null) instance.restore(state);
    }
    this.#loss.restore(loss);
    this.#error.restore(error);
    this.#clock.restore(clock);
  }
}
