// Observations as records of the observations topic (control path, once an epoch).
import { OBSERVED_LABELS_MAX } from '../../core/limits.ts';
import { noLabels, type JoinedLabels, type PartitionObservations } from '../../operators/observations.ts';

export interface ObservationsRecord {
  readonly partition: number;
  readonly boundaryMs: number | null;
  readonly idle: boolean | null;
  readonly predictions: number;
  readonly labelsNever: number;
  readonly width: number;
  readonly features: Buffer;
  readonly scores: Buffer;
  readonly versions: readonly string[];
  readonly labels: Buffer;
}

const NUMBERS_PER_LABEL = 7;
const NOTHING = Buffer.alloc(0);

function bytesOf(values: Float32Array | Float64Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

function packLabels(joined: JoinedLabels, from: number, to: number): { versions: string[]; labels: Buffer } {
  const versions: string[] = [];
  const numbers = new Float64Array((to - from) * NUMBERS_PER_LABEL);
  let at = 0;
  for (let i = from; i < to; i++) {
    const version = joined.versions[i] as string;
    let known = versions.indexOf(version);
    if (known < 0) known = versions.push(version) - 1;
    numbers[at++] = joined.labels[i] as number;
    numbers[at++] = joined.scores[i] as number;
    numbers[at++] = joined.shadowScores[i] as number;
    numbers[at++] = joined.predictionTimeMs[i] as number;
    numbers[at++] = joined.predictionOffsets[i] as number;
    numbers[at++] = known;
    numbers[at++] = joined.fallback[i] === true ? 1 : 0;
  }
  return { versions, labels: bytesOf(numbers) };
}

function empty(partition: number): ObservationsRecord {
  return {
    partition,
    boundaryMs: null,
    idle: null,
    predictions: 0,
    labelsNever: 0,
    width: 0,
    features: NOTHING,
    scores: NOTHING,
    versions: [],
    labels: NOTHING,
  };
}

/** Reports that a partition is idle, or has events again. */
export function idleRecord(partition: number, idle: boolean): ObservationsRecord {
  return { ...empty(partition), idle };
}

/** One record, or several if there are many labels; none if there are no observations and no boundary is reached. */
export function observationRecords(
  partition: number,
  boundaryMs: number | null,
  seen: PartitionObservations,
): ObservationsRecord[] {
  const records: ObservationsRecord[] = [];
  const count = seen.labels.labels.length;
  for (let from = 0; from < count || from === 0; from += OBSERVED_LABELS_MAX) {
    const packed = packLabels(seen.labels, from, Math.min(count, from + OBSERVED_LABELS_MAX));
    records.push({ ...empty(partition), ...packed });
  }
  const last = records.length - 1;
  records[last] = {
    ...(records[last] as ObservationsRecord),
    boundaryMs,
    predictions: seen.predictions,
    labelsNever: seen.labelsNever,
    width: seen.width,
    features: bytesOf(seen.features),
    scores: bytesOf(seen.scores),
  };
  const isEmpty = boundaryMs === null && seen.predictions === 0 && seen.labelsNever === 0 && count === 0;
  return isEmpty ? [] : records;
}

function floats(bytes: Buffer): Float32Array {
  // Copied: a decoded Buffer need not be aligned.
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

/** Adds a record to the observations since the last boundary. */
export function addObservations(
  to: PartitionObservations | null,
  record: ObservationsRecord,
): PartitionObservations {
  const labels = to?.labels ?? noLabels();
  const numbers = new Float64Array(Uint8Array.from(record.labels).buffer);
  for (let at = 0; at < numbers.length; at += NUMBERS_PER_LABEL) {
    labels.labels.push(numbers[at] as number);
    labels.scores.push(numbers[at + 1] as number);
    labels.shadowScores.push(numbers[at + 2] as number);
    labels.predictionTimeMs.push(numbers[at + 3] as number);
    labels.predictionOffsets.push(numbers[at + 4] as number);
    labels.versions.push(record.versions[numbers[at + 5] as number] as string);
    labels.fallback.push(numbers[at + 6] === 1);
  }
  const scores = floats(record.scores);
  return {
    predictions: (to?.predictions ?? 0) + record.predictions,
    sampled: (to?.sampled ?? 0) + scores.length,
    width: record.width === 0 ? (to?.width ?? 0) : record.width,
    features: join(to?.features, floats(record.features)),
    scores: join(to?.scores, scores),
    labels,
    labelsNever: (to?.labelsNever ?? 0) + record.labelsNever,
  };
}

function join(a: Float32Array | undefined, b: Float32Array): Float32Array {
  if (a === undefined || a.length === 0) return b;
  if (b.length === 0) return a;
  const both = new Float32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
