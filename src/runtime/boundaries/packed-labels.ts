// Joined labels as bytes of an observations record (control path, once an epoch): column after column, 30 bytes a label.
import {
  FIRST_LABEL,
  NEW_LABEL,
  noLabels,
  OLD_LABEL,
  type JoinedLabels,
  type LabelChange,
} from '../../operators/observations.ts';

export interface PackedLabels {
  readonly format: number;
  /** Versions that the labels name by index. */
  readonly versions: readonly string[];
  /** Numbers of evidence of each label and model: 0 for one output. */
  readonly evidence: number;
  readonly labels: Buffer;
}

/** Time and offset as Float64, label and two scores as Float32, version and fallback as Uint16. */
const LABEL_BYTES = 2 * 8 + 3 * 4 + 2;
/** Numbers of evidence of a label: as many as a task may have outputs. */
const EVIDENCE_MAX = 64;
/** In layout 1: seven Float64. */
const LABEL_BYTES_1 = 7 * 8;
/** Of the Uint16: the rest is the index of the version. Without corrections it is as it was before there were any. */
const FALLBACK = 0x8000;
const OLD = 0x4000;
const NEW = 0x2000;
const VERSION = 0x1fff;
const BITS: Readonly<Record<LabelChange, number>> = { [FIRST_LABEL]: 0, [OLD_LABEL]: OLD, [NEW_LABEL]: NEW };

function changeOf(bits: number): LabelChange {
  if ((bits & OLD) !== 0) return OLD_LABEL;
  return (bits & NEW) === 0 ? FIRST_LABEL : NEW_LABEL;
}

interface Columns {
  readonly timeMs: Float64Array;
  readonly offsets: Float64Array;
  readonly labels: Float32Array;
  readonly scores: Float32Array;
  readonly shadowScores: Float32Array;
  readonly versions: Uint16Array;
  readonly evidence: Float32Array;
  readonly shadowEvidence: Float32Array;
}

/** Bytes of a label with so many numbers of evidence. */
function labelBytesOf(evidence: number): number {
  return LABEL_BYTES + 8 * evidence;
}

/** Views of the columns of `count` labels, widest first, so that each is aligned. */
function columnsOf(buffer: ArrayBuffer, count: number, evidence: number): Columns {
  const behind = count * (28 + 8 * evidence);
  return {
    timeMs: new Float64Array(buffer, 0, count),
    offsets: new Float64Array(buffer, count * 8, count),
    labels: new Float32Array(buffer, count * 16, count),
    scores: new Float32Array(buffer, count * 20, count),
    shadowScores: new Float32Array(buffer, count * 24, count),
    versions: new Uint16Array(buffer, behind, count),
    evidence: new Float32Array(buffer, count * 28, count * evidence),
    shadowEvidence: new Float32Array(buffer, count * (28 + 4 * evidence), count * evidence),
  };
}

/** The labels from `from` to `to`. */
export function labelBytes(
  joined: JoinedLabels,
  from: number,
  to: number,
): Pick<PackedLabels, 'versions' | 'evidence' | 'labels'> {
  const count = Math.max(0, to - from);
  const evidence = joined.labels.length === 0 ? 0 : joined.evidence.length / joined.labels.length;
  const buffer = new ArrayBuffer(count * labelBytesOf(evidence));
  const columns = columnsOf(buffer, count, evidence);
  columns.evidence.set(joined.evidence.slice(from * evidence, to * evidence));
  columns.shadowEvidence.set(joined.shadowEvidence.slice(from * evidence, to * evidence));
  const versions: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const at = from + i;
    const version = joined.versions[at] as string;
    let known = versions.indexOf(version);
    if (known < 0) known = versions.push(version) - 1;
    columns.timeMs[i] = joined.predictionTimeMs[at] as number;
    columns.offsets[i] = joined.predictionOffsets[at] as number;
    columns.labels[i] = joined.labels[at] as number;
    columns.scores[i] = joined.scores[at] as number;
    columns.shadowScores[i] = joined.shadowScores[at] as number;
    const change = BITS[joined.changes[at] as LabelChange];
    columns.versions[i] = known | change | (joined.fallback[at] === true ? FALLBACK : 0);
  }
  return { versions, evidence, labels: Buffer.from(buffer) };
}

/** Whether the bytes are those of whole labels, and each label names a version. */
export function areLabels({ format, versions, evidence, labels }: PackedLabels): boolean {
  if (!(evidence >= 0 && evidence <= EVIDENCE_MAX)) return false;
  const count = labels.length / (format === 1 ? LABEL_BYTES_1 : labelBytesOf(evidence));
  if (!Number.isInteger(count)) return false;
  if (format === 1) return true;
  const columns = columnsOf(new Uint8Array(labels).buffer, count, evidence);
  return columns.versions.every((version) => (version & VERSION) < versions.length);
}

export function labelsOf({ format, versions, evidence, labels }: PackedLabels): JoinedLabels {
  // Copied: a decoded Buffer need not be aligned.
  const { buffer } = new Uint8Array(labels);
  if (format === 1) return labelsOfLayout1(new Float64Array(buffer), versions);
  const columns = columnsOf(buffer, labels.length / labelBytesOf(evidence), evidence);
  return {
    labels: Array.from(columns.labels),
    scores: Array.from(columns.scores),
    shadowScores: Array.from(columns.shadowScores),
    predictionTimeMs: Array.from(columns.timeMs),
    predictionOffsets: Array.from(columns.offsets),
    versions: Array.from(columns.versions, (version) => versions[version & VERSION] as string),
    fallback: Array.from(columns.versions, (version) => (version & FALLBACK) !== 0),
    changes: Array.from(columns.versions, changeOf),
    evidence: Array.from(columns.evidence),
    shadowEvidence: Array.from(columns.shadowEvidence),
  };
}

function labelsOfLayout1(numbers: Float64Array, versions: readonly string[]): JoinedLabels {
  const joined = noLabels();
  for (let at = 0; at < numbers.length; at += 7) {
    joined.labels.push(numbers[at] as number);
    joined.scores.push(numbers[at + 1] as number);
    joined.shadowScores.push(numbers[at + 2] as number);
    joined.predictionTimeMs.push(numbers[at + 3] as number);
    joined.predictionOffsets.push(numbers[at + 4] as number);
    joined.versions.push(versions[numbers[at + 5] as number] ?? '');
    joined.fallback.push(numbers[at + 6] === 1);
    joined.changes.push(FIRST_LABEL);
  }
  return joined;
}
