// Observations as records of the observations topic (control path, once an epoch).
import { OBSERVED_BYTES_MAX, OBSERVED_LABELS_MAX } from '../../core/loop-limits.ts';
import { PARTITIONS_MAX } from '../../core/topology-limits.ts';
import { isInstant } from '../../core/time.ts';
import { noLabels, type JoinedLabels, type PartitionObservations } from '../../operators/observations.ts';
import type { RecordFault } from '../../ports/quarantine.ts';
import { outOfRange } from '../own-records.ts';
import { pruneSample, sampleRowsMax, type SampledRows } from '../../stats/row-sample.ts';
import { areLabels, labelBytes, labelsOf, type PackedLabels } from './packed-labels.ts';

export interface ObservationsRecord extends PackedLabels {
  readonly partition: number;
  readonly boundaryMs: number | null;
  readonly idle: boolean | null;
  readonly predictions: number;
  readonly labelsNever: number;
  readonly width: number;
  readonly offsets: Buffer;
  readonly features: Buffer;
  readonly scores: Buffer;
}

/** The layout of the bytes in a record. Records of layout 1 have no offsets, so that their rows count in no sample. */
const FORMAT = 2;
const NOTHING = Buffer.alloc(0);

function bytesOf(values: Float32Array | Float64Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

function empty(partition: number): ObservationsRecord {
  return {
    format: FORMAT,
    partition,
    boundaryMs: null,
    idle: null,
    predictions: 0,
    labelsNever: 0,
    width: 0,
    offsets: NOTHING,
    features: NOTHING,
    scores: NOTHING,
    versions: [],
    evidence: 0,
    labels: NOTHING,
  };
}

/** Reports that a partition is idle, or has events again. */
export function idleRecord(partition: number, idle: boolean): ObservationsRecord {
  return { ...empty(partition), idle };
}

/** The labels from `from` on and the rows from `rowFrom` on, as many as one record holds. */
function part(seen: PartitionObservations, from: number, rowFrom: number): ObservationsRecord {
  const { rows } = seen;
  const { width } = rows;
  const rowTo = Math.min(rows.offsets.length, rowFrom + rowsOfRecord(width));
  const to = Math.min(seen.labels.labels.length, from + OBSERVED_LABELS_MAX);
  return {
    ...empty(rows.partition),
    ...labelBytes(seen.labels, from, to),
    width,
    offsets: bytesOf(rows.offsets.subarray(rowFrom, rowTo)),
    features: bytesOf(rows.features.subarray(rowFrom * width, rowTo * width)),
    scores: bytesOf(rows.scores.subarray(rowFrom, rowTo)),
  };
}

function rowsOfRecord(width: number): number {
  return Math.max(1, Math.floor(OBSERVED_BYTES_MAX / (4 * width + 12)));
}

/** One record, or several if there is much to say; none if there are no observations and no boundary is reached. */
export function observationRecords(
  boundaryMs: number | null,
  seen: PartitionObservations,
): ObservationsRecord[] {
  const records: ObservationsRecord[] = [];
  const labels = seen.labels.labels.length;
  const rows = seen.rows.offsets.length;
  const rowsEach = rowsOfRecord(seen.rows.width);
  const count = Math.max(1, Math.ceil(labels / OBSERVED_LABELS_MAX), Math.ceil(rows / rowsEach));
  for (let i = 0; i < count; i += 1) records.push(part(seen, i * OBSERVED_LABELS_MAX, i * rowsEach));
  const last = records.length - 1;
  const { predictions, labelsNever } = seen;
  records[last] = { ...(records[last] as ObservationsRecord), boundaryMs, predictions, labelsNever };
  const isEmpty = boundaryMs === null && predictions === 0 && labelsNever === 0 && labels === 0;
  return isEmpty ? [] : records;
}

/** Whether it says nothing but that a partition has come to a boundary. */
export function isArrivalOnly({ boundaryMs, predictions, labelsNever, labels }: ObservationsRecord): boolean {
  return boundaryMs !== null && predictions === 0 && labelsNever === 0 && labels.length === 0;
}

/** What an engine cannot have written; null if it can. */
export function observationFault(record: ObservationsRecord): RecordFault | null {
  const { format, partition, boundaryMs, predictions, labelsNever, width } = record;
  if (format !== 1 && format !== FORMAT) return { reason: 'version', detail: `its layout is ${format}` };
  if (!(partition >= 0 && partition < PARTITIONS_MAX)) return outOfRange(`it is of partition ${partition}`);
  if (boundaryMs !== null && !isInstant(boundaryMs)) return outOfRange(`its boundary is at ${boundaryMs}`);
  if (!(predictions >= 0) || !(labelsNever >= 0) || !(width >= 0)) return outOfRange('a count is negative');
  const rows = record.scores.length / 4;
  const offsets = format === 1 ? 0 : rows * 8;
  const areRows = record.offsets.length === offsets && record.features.length === rows * width * 4;
  if (!Number.isInteger(rows) || !areRows) return { reason: 'malformed', detail: 'its rows are damaged' };
  return areLabels(record) ? null : { reason: 'malformed', detail: 'its labels are damaged' };
}

function floats(bytes: Buffer): Float32Array {
  // Copied: a decoded Buffer need not be aligned.
  return new Float32Array(new Uint8Array(bytes).buffer);
}

function rowsOf(record: ObservationsRecord): SampledRows {
  const isSampled = record.format === FORMAT;
  return {
    partition: record.partition,
    width: record.width,
    offsets: new Float64Array(new Uint8Array(record.offsets).buffer),
    features: isSampled ? floats(record.features) : new Float32Array(0),
    scores: isSampled ? floats(record.scores) : new Float32Array(0),
  };
}

/** Adds a sound record to the observations since the last boundary. @param topic of the source */
export function addObservations(
  topic: string,
  to: PartitionObservations | null,
  record: ObservationsRecord,
): PartitionObservations {
  const labels = to?.labels ?? noLabels();
  addLabels(labels, record);
  return {
    predictions: (to?.predictions ?? 0) + record.predictions,
    rows: join(topic, to?.rows, rowsOf(record)),
    labels,
    labelsNever: (to?.labelsNever ?? 0) + record.labelsNever,
  };
}

function addLabels(into: JoinedLabels, record: ObservationsRecord): void {
  const added = labelsOf(record);
  for (const name of Object.keys(into) as Array<keyof JoinedLabels>)
    for (const value of added[name]) (into[name] as unknown[]).push(value); // lists of one name hold one type
}

/** Bounded: a partition that writes more rows than its sample needs has restarted within the interval. */
function join(topic: string, a: SampledRows | undefined, b: SampledRows): SampledRows {
  if (a === undefined || a.offsets.length === 0) return b;
  if (b.offsets.length === 0 || a.width !== b.width) return a;
  const rows = {
    partition: a.partition,
    width: a.width,
    offsets: joined(new Float64Array(a.offsets.length + b.offsets.length), a.offsets, b.offsets),
    features: joined(new Float32Array(a.features.length + b.features.length), a.features, b.features),
    scores: joined(new Float32Array(a.scores.length + b.scores.length), a.scores, b.scores),
  };
  return rows.offsets.length > 2 * sampleRowsMax(rows.width) ? pruneSample(topic, rows) : rows;
}

function joined<T extends Float32Array | Float64Array>(into: T, a: T, b: T): T {
  into.set(a);
  into.set(b, a.length);
  return into;
}
