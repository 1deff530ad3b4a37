// Values of the topics that Millrace writes (control path), as defined by the Avro schemas in schemas/millrace.
import type { Artifact } from '../core/model-content.ts';
import type { DriftReportRow } from '../core/reports.ts';
import type { QuarantineReason } from '../ports/quarantine.ts';

export interface PredictionRecord {
  /** topic-partition-offset of the scored event. */
  readonly id: string;
  readonly key: string;
  readonly eventTime: number;
  readonly score: number;
  readonly version: string;
  readonly flags: number;
  /** Of a task with several outputs: all of them, and the top class, empty without classes; absent in records of one output. */
  readonly class?: string;
  readonly outputs?: readonly number[];
}

/** An event's own key and value, of which a dead letter has the heads alone. Hashes are SHA-256, hexadecimal. */
export interface CutBytes {
  readonly keyBytes: number;
  readonly keySha256: string;
  readonly valueBytes: number;
  readonly valueSha256: string;
}

export interface DeadLetterRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  /** The original bytes. */
  readonly value: Buffer | null;
  /** Timestamp of the record in its topic, ms. */
  readonly timestampMs: number;
  readonly code: string;
  readonly message: string;
  /** When it was rejected, processing time, ms. */
  readonly failedAtMs: number;
  /** Null if key and value are whole. */
  readonly cut: CutBytes | null;
  /** What to do about records with this code; dead letters before 0.2.0 have none. */
  readonly remedy?: string;
}

/** A dead letter that was replayed, identified by the position of its record. */
export interface ReplayedLetterRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Processing time, ms. */
  readonly replayedAtMs: number;
}

/** A record or file that its reader left out, as it is written to the quarantine. */
export interface QuarantineValue {
  /** A topic, or the path of a file. */
  readonly topic: string;
  /** Null for a file. */
  readonly partition: number | null;
  readonly offset: number | null;
  readonly reason: QuarantineReason;
  readonly detail: string;
  /** The first bytes. */
  readonly value: Buffer | null;
  readonly valueBytes: number;
  readonly valueSha256: string;
  /** Processing time, ms. */
  readonly quarantinedAtMs: number;
}

export interface LateRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestampMs: number;
  readonly eventTime: number;
  /** The watermark when it arrived, ms. */
  readonly watermarkMs: number;
}

export interface RetrainingJobRecord {
  readonly topology: string;
  /** Version of the candidate. */
  readonly version: string;
  readonly reason: string;
  /** Event time of the request: the training uses nothing later, ms. */
  readonly atMs: number;
  readonly fromMs: number;
  readonly champion: string | null;
  readonly seed: number;
  /** Event time at which the concept changed last, as far as a detector has seen, ms; null if none has. */
  readonly changeMs: number | null;
}

export interface ModelUpdateRecord {
  readonly topology: string;
  readonly version: string;
  readonly status: 'candidate' | 'champion' | 'retired' | 'rejected';
  /** ONNX bytes; empty if the version was rejected, or the model is an artifact. */
  readonly model: Buffer;
  /** What the model is, if it is too large for the record. */
  readonly artifact: Artifact | null;
  /** ModelManifest as JSON. */
  readonly manifest: string;
  readonly reason: string;
  /** Event time of the decision, ms. */
  readonly atMs: number;
}

/** A drift report. `detector` is a closed set in the schema; any other statistic or detector is identified by `name`. */
export interface DriftReportRecord extends Omit<DriftReportRow, 'detector'> {
  readonly detector: (typeof DETECTORS)[number] | 'other';
  readonly name: string;
}

const DETECTORS = ['psi_ks', 'adwin', 'page_hinkley'] as const;

export function driftReportRecord(row: DriftReportRow): DriftReportRecord {
  return {
    ...row,
    detector: DETECTORS.find((name) => name === row.detector) ?? 'other',
    name: row.detector,
  };
}

/** A wrapped data key; the record's key says whose it is. */
export interface DataKeyRecord {
  /** 16 bytes, hexadecimal. */
  readonly id: string;
  readonly wrappedBy: string;
  readonly wrapped: Buffer;
  /** Processing time, ms. */
  readonly createdAtMs: number;
}
