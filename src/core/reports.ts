// Records of the learning loop (control path).
import type { FeatureSpec } from './feature-spec.ts';

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

/** An Ed25519 signature of a manifest. */
export interface ModelSignature {
  /** Name of the public key. */
  readonly key: string;
  /** Base64. */
  readonly value: string;
}

export interface ModelManifest {
  readonly topology: string;
  /**
   * The target that it scores. Absent for a topology that has a single one without a task, and in manifests of earlier releases where
   * it had a single one.
   */
  readonly target?: string;
  /** What that target predicts, `binary of fraud: number, 5f3a...`: targets may be renamed. Absent as `target` is, and without labels. */
  readonly label?: string;
  readonly version: string;
  readonly status: 'candidate' | 'champion' | 'retired' | 'rejected';
  readonly parent: string | null;
  readonly createdMs: number;
  /** Event time at which it was trained: no later label was known. */
  readonly trainedAtMs: number;
  readonly reason: string;
  readonly why: string;
  readonly interval: { readonly fromMs: number; readonly toMs: number };
  readonly rows: { readonly train: number; readonly validation: number; readonly gate: number };
  readonly metrics: { readonly candidate: Figures; readonly champion: Figures | null };
  /** By how much its mean loss on the gate's rows is lower than its opponent's, with the interval of `gate.confidence`. Absent: not judged. */
  readonly gain?: { readonly mean: number; readonly low: number; readonly high: number };
  /** Name of the task. */
  readonly task: string;
  /** Of a task with several outputs: classes, or `value` and `q0.1`, in the order of the model's outputs. */
  readonly classes?: readonly string[];
  readonly trainer: { readonly name: string; readonly params: object };
  readonly gate: {
    readonly share: number;
    readonly confidence: number;
    /** In units of the loss, or a share of the opponent's mean loss. */
    readonly tolerance: number | { readonly share: number };
    readonly refit: boolean;
  };
  /** Event time of the newest row that it was trained on, ms: no gate may judge it on rows up to there. */
  readonly newestRowMs: number;
  readonly features: readonly FeatureSpec[];
  readonly environment: Readonly<Record<string, string>>;
  readonly sha256: string;
  readonly seconds: number;
  readonly reference: DriftReference;
  /** Codes of the categories that an imported model knows, by feature: it may score no others. Absent: it scores any. */
  readonly knownCodes?: Readonly<Record<string, readonly number[]>>;
  /** By the trainer, or by an operator; absent if the model is not signed. */
  readonly signature?: ModelSignature;
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

/** What is known of the values of a column in a period of event time, in one partition. */
export interface ColumnProfileRow {
  readonly topology: string;
  readonly topic: string;
  readonly partition: number;
  readonly column: string;
  /** `number`, or `string`. */
  readonly kind: string;
  /** [fromMs, toMs). */
  readonly fromMs: number;
  readonly toMs: number;
  readonly rows: number;
  readonly nulls: number;
  /** Of the values of a number column, or of the lengths of strings; null without a value, and for a sensitive column. */
  readonly min: number | null;
  readonly max: number | null;
  /** Estimate of the number of distinct values. */
  readonly distinct: number;
  /** HyperLogLog registers: element-wise maxima are those of several partitions or periods. */
  readonly registers: Uint8Array;
  /** None of a sensitive column. */
  readonly examples: readonly string[];
}
