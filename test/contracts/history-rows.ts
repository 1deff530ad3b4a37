// Blocks of predictions and labels, written row by row.
import type { LabelBlock, PredictionBlock } from '../../src/core/blocks.ts';
import type { TopicPartition } from '../../src/core/topic-partition.ts';

const origin: TopicPartition = { topic: 'flights', partition: 0 };
export interface Row {
  readonly offset: number;
  readonly timeMs: number;
  readonly score?: number;
  readonly vector: readonly number[];
}

export function predictionsOf(rows: readonly Row[], of: TopicPartition = origin): PredictionBlock {
  return {
    origin: of,
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
}

export function labelsOf(rows: readonly LabelRow[], of: TopicPartition = origin): LabelBlock {
  return {
    origin: of,
    count: rows.length,
    watermarkMs: null,
    predictionOffsets: Float64Array.from(rows, (row) => row.offset),
    predictionTimeMs: Float64Array.from(rows, (row) => row.predictionTimeMs),
    labelTimeMs: Float64Array.from(rows, (row) => row.labelTimeMs),
    labelOffsets: Float64Array.from(rows, (row) => row.labelOffset),
    labels: Float32Array.from(rows, (row) => row.label),
    scores: Float32Array.from(rows, (row) => row.score ?? 0.5),
    shadowScores: new Float32Array(rows.length).fill(Number.NaN),
    flags: new Uint8Array(rows.length),
    versions: rows.map(() => 'v1'),
    keys: rows.map((row) => `k${row.offset}`),
  };
}
