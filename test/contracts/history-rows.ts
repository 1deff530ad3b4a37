// Blocks of predictions and labels, and fetches, written row by row.
import { ByteColumn } from '../../src/core/byte-column.ts';
import type { ClickHouseHistory } from '../../src/adapters/clickhouse/history.ts';
import type { RawBatch } from '../../src/core/batch.ts';
import type { LabelBlock, PredictionBlock } from '../../src/core/blocks.ts';
import type { TopicPartition } from '../../src/core/topic-partition.ts';

let names = 0;

/** A name for a topology that no other test has. */
export function fresh(): string {
  return `contract-${process.pid}-${Date.now().toString(36)}-${names++}`;
}

export async function offsetsIn(
  history: ClickHouseHistory,
  table: string,
  topology: string,
): Promise<number[]> {
  const sql = `SELECT toFloat64(offset) AS offset FROM ${table} WHERE topology = {topology:String} ORDER BY offset`;
  return (await history.query<{ offset: number }>(sql, { topology })).map((row) => row.offset);
}

const origin: TopicPartition = { topic: 'flights', partition: 0 };
export interface Row {
  readonly offset: number;
  readonly timeMs: number;
  readonly score?: number;
  readonly vector: readonly number[];
}

export function predictionsOf(rows: readonly Row[], partition: TopicPartition = origin): PredictionBlock {
  return {
    origin: partition,
    count: rows.length,
    offsets: Float64Array.from(rows, (row) => row.offset),
    eventTimeMs: Float64Array.from(rows, (row) => row.timeMs),
    keys: rows.map((row) => `k${row.offset}`),
    scores: Float32Array.from(rows, (row) => row.score ?? 0.5),
    shadowScores: null,
    flags: new Uint8Array(rows.length),
    version: 'v1',
    features: Float32Array.from(rows.flatMap((row) => row.vector)),
    width: rows[0]?.vector.length ?? 0,
    receivedAtMs: 0,
  };
}

export interface LabelRow {
  readonly labelOffset: number;
  readonly offset: number;
  readonly predictionTimeMs: number;
  readonly labelTimeMs: number;
  readonly label: number;
  readonly score?: number;
  readonly revision?: number;
}

export function labelsOf(rows: readonly LabelRow[], partition: TopicPartition = origin): LabelBlock {
  return {
    origin: partition,
    count: rows.length,
    watermarkMs: null,
    predictionOffsets: Float64Array.from(rows, (row) => row.offset),
    predictionTimeMs: Float64Array.from(rows, (row) => row.predictionTimeMs),
    labelTimeMs: Float64Array.from(rows, (row) => row.labelTimeMs),
    labelOffsets: Float64Array.from(rows, (row) => row.labelOffset),
    positions: Float64Array.from(rows, (row) => row.labelOffset),
    labels: Float32Array.from(rows, (row) => row.label),
    scores: Float32Array.from(rows, (row) => row.score ?? 0.5),
    shadowScores: new Float32Array(rows.length).fill(Number.NaN),
    flags: new Uint8Array(rows.length),
    versions: rows.map(() => 'v1'),
    keys: rows.map((row) => `k${row.offset}`),
    ...(rows.every(({ revision = 0 }) => revision === 0)
      ? {}
      : {
          revisions: {
            numbers: Uint32Array.from(rows, ({ revision = 0 }) => revision),
            previous: new Float32Array(rows.length).fill(Number.NaN),
          },
        }),
  };
}

export interface EventRow {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestampMs: number;
  /** Offsets before it that have no record. */
  readonly gap: number;
}

/** A fetch that begins at `from`. */
export function rawBatchOf(
  rows: readonly EventRow[],
  from = 0,
  partition: TopicPartition = origin,
): RawBatch {
  let next = from;
  const offsets = Float64Array.from(rows, ({ gap }) => {
    next += gap + 1;
    return next - 1;
  });
  return {
    origin: partition,
    count: rows.length,
    offsets,
    timestampMs: Float64Array.from(rows, (row) => row.timestampMs),
    keys: ByteColumn.of(rows.map((row) => row.key)),
    values: ByteColumn.of(rows.map((row) => row.value)),
    offsetNext: next,
    highWatermark: next,
    receivedAtMs: 0,
  };
}

/** A fetch's records, for comparison. */
export function eventsOf(raw: RawBatch): unknown[] {
  return Array.from(raw.values, (value, i) => ({
    offset: raw.offsets[i],
    timestampMs: raw.timestampMs[i],
    key: raw.keys.at(i)?.toString('hex') ?? null,
    value: value?.toString('hex') ?? null,
  }));
}
