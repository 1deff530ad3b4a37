// Records that the learning half of the loop exchanges (control path).

export interface TrainingParams {
  /** Sizes of the hidden layers. */
  readonly hidden: readonly number[];
  readonly activation: 'relu' | 'silu';
  /** Networks that share the embeddings; the score is the mean of their probabilities. */
  readonly members: number;
  readonly learningRate: number;
  /** Learning rate of a start from the champion's weights. */
  readonly warmLearningRate: number;
  /** Learning rate over a fit: as it is, or falling to 0 by half a cosine. */
  readonly schedule: 'constant' | 'cosine';
  readonly batchRows: number;
  /** Epochs of a start from nothing, at most: early stopping keeps the best one. */
  readonly epochs: number;
  /** Epochs of a start from the champion's weights, at most. Where it is 1 no row is held back for validation. */
  readonly warmEpochs: number;
  /** Epochs without a lower validation loss after which a fit ends. */
  readonly patienceEpochs: number;
  readonly weightDecay: number;
  readonly dropout: number;
  /** Categories seen fewer times share the unknown category's embedding. */
  readonly categoryCountMin: number;
  readonly embeddingSize: number;
  /** A numeric feature more skewed than this passes through asinh first, a logarithm for both signs; null for none. */
  readonly signedLogSkewMin: number | null;
  /** Standardised values are clipped to this many standard deviations either side. */
  readonly clipDeviations: number;
  /** A numeric feature that misses at least this share of the training rows gets an indicator input. */
  readonly missingShareMin: number;
  /**
   * Share of the fresh rows that early stopping chooses the epoch on, and of the newest ones that the gate judges on.
   * Fresh: all rows for a first model, else those newer than every row the champion was trained on.
   */
  readonly validationShare: number;
  readonly gateShare: number;
  /** Chance that the gate's interval covers the true difference of log loss. */
  readonly gateConfidence: number;
  /** How much worse than the champion the interval's unlucky end may be, in log loss; 0 for a proven win alone. */
  readonly gateTolerance: number;
  /** What passes the gate is trained once more, from the same start and for as many epochs, on all rows, the gate's included. */
  readonly refitAfterGate: boolean;
  /** Half-life of a row's weight by age, days; null for equal weights. */
  readonly halfLifeDays: number | null;
}

/** Figures of a model over `n` labelled rows, by the names of its task (`logLoss`); null where undefined. */
export interface Figures {
  readonly n: number;
  readonly [figure: string]: number | null;
}

/** What a current window is compared with: written with the model that was trained on it. */
export interface DriftReference {
  readonly rowCount: number;
  readonly features: ReadonlyArray<{
    readonly name: string;
    readonly kind: 'numeric' | 'categorical';
    /** Numeric: ascending decile edges. Categorical: category codes, most frequent first. */
    readonly edges: readonly number[];
    /** Share of the reference rows in each bin. */
    readonly shares: readonly number[];
    /** Numeric: ascending sample for the KS test; empty for a categorical. */
    readonly sample: readonly number[];
  }>;
  readonly score: {
    readonly edges: readonly number[];
    readonly shares: readonly number[];
    readonly sample: readonly number[];
  };
}

export interface ModelManifest {
  readonly topology: string;
  readonly version: string;
  readonly status: 'candidate' | 'champion' | 'retired' | 'rejected';
  readonly parent: string | null;
  readonly createdMs: number;
  /** Event time at which it was trained: nothing after it was known. */
  readonly trainedAtMs: number;
  readonly reason: string;
  readonly why: string;
  readonly interval: { readonly fromMs: number; readonly toMs: number };
  readonly rows: { readonly train: number; readonly validation: number; readonly gate: number };
  readonly metrics: { readonly candidate: Figures; readonly champion: Figures | null };
  readonly params: TrainingParams;
  readonly features: ReadonlyArray<{ readonly name: string; readonly kind: 'numeric' | 'categorical' }>;
  readonly environment: Readonly<Record<string, string>>;
  readonly sha256: string;
  readonly seconds: number;
  readonly reference: DriftReference;
}

export interface DriftReportRow {
  readonly topology: string;
  /** Window of event time, [fromMs, toMs). */
  readonly fromMs: number;
  readonly toMs: number;
  readonly version: string;
  /** Feature name, `score` for the score; the error detectors have the name of the task's loss, `log_loss`. */
  readonly feature: string;
  /** `psi_ks`, or the name of another statistic or of a detector. */
  readonly detector: string;
  readonly n: number;
  readonly psi: number | null;
  /** What `psi`, or `value`, must exceed for the column to have drifted. */
  readonly psiThreshold: number | null;
  readonly ks: number | null;
  readonly pValue: number | null;
  readonly pAdjusted: number | null;
  /** Level of the monitored loss, or the value of a statistic other than `psi` and `ks`. */
  readonly value: number | null;
  readonly drifted: boolean;
}

export interface ModelEventRow {
  readonly topology: string;
  /** Event time, ms. */
  readonly atMs: number;
  readonly kind: 'requested' | 'trained' | 'rejected' | 'promoted' | 'rolled_back' | 'failed';
  readonly version: string;
  readonly reason: string;
  readonly detail: string;
}

export interface MetricRow {
  readonly topology: string;
  readonly atMs: number;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
