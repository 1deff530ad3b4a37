/** Prediction blocks for tests. */
import type { PredictionBlock } from '../../src/core/blocks.ts';
import type { TopicPartition } from '../../src/core/topic-partition.ts';

/** One row per offset: key `k<offset % 3>`, score offset / 1000, event time offset seconds. */
export function predictionBlock(
  origin: TopicPartition,
  offsets: readonly number[],
  version = 'v1',
): PredictionBlock {
  return {
    origin,
    count: offsets.length,
    offsets: Float64Array.from(offsets),
    eventTimeMs: Float64Array.from(offsets, (offset) => offset * 1_000),
    keys: offsets.map((offset) => `k${offset % 3}`),
    scores: Float32Array.from(offsets, (offset) => (offset % 1_000) / 1_000),
    shadowScores: null,
    flags: new Uint8Array(offsets.length),
    version,
    features: new Float32Array(offsets.length),
    width: 1,
    receivedAtMs: performance.now(),
  };
}
