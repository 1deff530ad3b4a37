// Control boundaries, drift and retraining as a topology declares them (control path); learning-settings.ts completes
// them. Every option has a default, so that `retraining: true` is complete.
import type { CalibrationMode } from '../learning/calibration/calibration.ts';
import type { GateSettings } from '../learning/gate.ts';
import type { ClassWeights } from '../learning/sampling/class-weights.ts';
import type { Trainer } from '../learning/trainer.ts';
import type { DriftDetector } from '../stats/drift-detector.ts';
import type { DriftStatistic } from '../stats/drift-statistic.ts';

/** A topology, or as much of it as another one must know to wait for it. */
export interface AlignedTopology {
  readonly name: string;
  readonly source: { readonly topic: string; readonly partitions: number };
}

export interface ControlSettings {
  /** Event time between control boundaries, at which statistics are computed and retraining is decided, ms; an hour. */
  readonly everyMs: number;
  /**
   * `live`, the default: no partition waits; a new model takes over when it is ready. `aligned`: partitions wait at a
   * boundary for each other and for a training in progress, so that training takes no event time: right for replays,
   * whose outcome is then the same however fast they run.
   */
  readonly mode: 'live' | 'aligned';
  /**
   * Other topologies whose partitions this one waits for at its boundaries as well, if the mode is `aligned`. Topologies
   * that name each other and repartition into one topic make it a merge of their sources by event time: less than
   * `everyMs` apart. None by default.
   */
  readonly with: readonly AlignedTopology[];
}

export interface DriftSettings {
  /** Control intervals that make the current window; as many as make a day, and 7 at least. */
  readonly intervals: number;
  /** Rows of the current window below which nothing is judged; 500. */
  readonly rowsMin: number;
  /** False discovery rate over the features (Benjamini-Hochberg); 0.01. */
  readonly falseDiscoveryRate: number;
  /** PSI below which a feature does not count as drifted, however surprising; 0.2. `psi({ floor })` in `statistics`. */
  readonly psiFloor: number;
  /** What the window is compared by, feature by feature; `[psi({ floor: psiFloor }), ks()]`. */
  readonly statistics?: readonly DriftStatistic[];
  /** What watches the champion, label by label; `[adwin(), pageHinkley(), adwin({ watches: 'error' }), pageHinkley({ watches: 'error' })]`. */
  readonly detectors?: readonly DriftDetector[];
}

export interface RetrainingSettings {
  /** Labelled rows at which the first model is trained; 200. */
  readonly firstRows: number;
  /** New labels since the last training that trigger one, null for never; 2,000. */
  readonly everyRows: number | null;
  /**
   * Share by which the labels behind the last change, or all labels, must have grown for a training before `everyRows`; null for
   * never. By default 0.5, and null if `everyRows` is given.
   */
  readonly growth: number | null;
  /**
   * While candidates beat their champions for sure, `everyRows` is halved after each, down to this many new labels, and doubled
   * again after one that does not; null for never. By default 500, and null if `everyRows` is given.
   */
  readonly everyRowsMin: number | null;
  /** Cron pattern, on event time in UTC; null for never, the default. */
  readonly schedule: string | null;
  /** Drifted features at which a training is triggered, null for never; a quarter of the features. */
  readonly driftedFeatures: number | null;
  /** Whether an alarm of a detector on the task's loss triggers a training; true. */
  readonly onErrorDrift: boolean;
  /** Least event time between two trainings, those of the schedule apart, ms; 0. What is due meanwhile follows then. */
  readonly cooldownMs: number;
  /** How far back the training set reaches, ms; 180 days. */
  readonly windowMs: number;
  /** The newest labelled rows of the window that are kept; 200,000. */
  readonly rowsMax: number;
  /**
   * What fits the models; `[mlp(), gbdt({ rounds: 300, learningRate: 0.1 }), logistic()]`, or `[mlp()]` for a task with more than ten classes or nine quantiles. All of them compete
   * in each training, each alone and all as one model: the gate's rows choose, and of two that are about equal the one listed
   * first. `trainer: mlp()` is short for a list of one.
   */
  readonly trainers: readonly Trainer[];
  readonly gate: GateSettings;
  /**
   * Share of the fresh rows that a fit is validated on, if its trainer validates; 0.15. Fresh are all rows for a first
   * model, else those newer than every row that the champion was trained on.
   */
  readonly validationShare: number;
  /** Half-life of a row's weight by age, ms; null for equal weights, the default. */
  readonly halfLifeMs: number | null;
  /**
   * `auto`, the default: the probabilities of a fit are mapped to those that came true on its validation rows, if these show that
   * it is of use. `off`: what a trainer returns serves.
   */
  readonly calibration: CalibrationMode;
  /**
   * Negatives of a binary task that a fit gets for each positive, drawn at random; each counts for those that were not drawn. Null,
   * the default: all of them.
   */
  readonly negativesPerPositive: number | null;
  /**
   * What the rows of a class count in a fit: `balanced` for all classes alike, or weights by class, `{ positive: 10 }` for a binary
   * task. The model's probabilities stay those of the stream. Null, the default: 1.
   */
  readonly classWeights: ClassWeights | null;
  /** Added to the number of a training: its randomness; 1. */
  readonly seed: number;
}

export type ControlOptions = Partial<ControlSettings>;
export type DriftOptions = Partial<DriftSettings>;
/**
 * By default `share: 0.3` (of the fresh rows; up to half of them for a class that is rare), `confidence: 0.9`, `refit: true`,
 * and as `tolerance` what the task allows: 0.005 for a binary one, 1 % of the opponent's loss for a regression.
 */
export type GateOptions = Partial<GateSettings>;
export type RetrainingOptions = Partial<Omit<RetrainingSettings, 'gate'>> & {
  readonly gate?: GateOptions;
  /** Short for `trainers: [trainer]`. */
  readonly trainer?: Trainer;
};

export interface LearningOptions {
  /** Control boundaries; on by default if drift is watched or models are retrained. */
  readonly control?: ControlOptions;
  /** Drift detection; on by default if the topology retrains. `true` for the defaults. */
  readonly drift?: DriftOptions | boolean;
  /** Retraining; off by default. `true` for the defaults. */
  readonly retraining?: RetrainingOptions | boolean;
}

/** The same, complete; what is undefined is off. */
export interface LearningSettings {
  readonly control?: ControlSettings;
  readonly drift?: DriftSettings;
  readonly retraining?: RetrainingSettings;
}
