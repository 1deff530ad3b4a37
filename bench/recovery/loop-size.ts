// The size of the observations topic (control path): an hour of epochs through the code that makes and encodes them.
import type { PredictionBlock } from '../../src/core/blocks.ts';
import { BARRIER_INTERVAL_MS } from '../../src/core/task-limits.ts';
import { MS_PER_DAY, MS_PER_SECOND } from '../../src/core/time.ts';
import type { RecordEncoder } from '../../src/ports/codec.ts';
import { ControlObservations, noLabels } from '../../src/operators/observations.ts';
import {
  observationRecords,
  type ObservationsRecord,
} from '../../src/runtime/boundaries/observation-record.ts';
import { Random } from '../../src/stats/random.ts';
import { BOUNDARY_MS, FEATURES, joinedLabels, LOOP_PARTITIONS, loopTopology } from './loop-job.ts';

export interface LoopSize {
  readonly eventsPerSecond: number;
  readonly features: number;
  readonly partitions: number;
  /** Values of one boundary's interval, bytes. */
  readonly sampleBytes: number;
  readonly labelBytes: number;
  readonly records: number;
  readonly bytesPerDay: number;
  /** The same if each epoch wrote all of its vectors. */
  readonly wholeBytesPerDay: number;
}

export function loopSize(encoder: RecordEncoder<ObservationsRecord>, eventsPerSecond: number): LoopSize {
  const random = new Random(3);
  const epochs = BOUNDARY_MS / BARRIER_INTERVAL_MS;
  const rows = Math.round((eventsPerSecond * BARRIER_INTERVAL_MS) / MS_PER_SECOND / LOOP_PARTITIONS);
  let sampleBytes = 0;
  let records = 0;
  for (let partition = 0; partition < LOOP_PARTITIONS; partition += 1) {
    const observations = new ControlObservations({ topic: loopTopology.source.topic, partition });
    for (let epoch = 0; epoch < epochs; epoch += 1) {
      observations.addPredictions(blockOf(rows, epoch * rows, partition));
      const isLast = epoch === epochs - 1;
      for (const record of observationRecords(isLast ? BOUNDARY_MS : null, observations.drain(isLast))) {
        sampleBytes += encoder.encode(record).length;
        records += 1;
      }
    }
  }
  // Labels of one epoch of one partition: all are of one size.
  const empty = new ControlObservations({ topic: loopTopology.source.topic, partition: 0 }).drain(true);
  const sizeOf = (labels: ReturnType<typeof noLabels>): number =>
    observationRecords(BOUNDARY_MS, { ...empty, labels }).reduce(
      (sum, one) => sum + encoder.encode(one).length,
      0,
    );
  const labelBytes =
    (sizeOf(joinedLabels(rows, BOUNDARY_MS, random)) - sizeOf(noLabels())) * epochs * LOOP_PARTITIONS;
  const boundariesPerDay = MS_PER_DAY / BOUNDARY_MS;
  return {
    eventsPerSecond,
    features: FEATURES,
    partitions: LOOP_PARTITIONS,
    sampleBytes,
    labelBytes,
    records,
    bytesPerDay: (sampleBytes + labelBytes) * boundariesPerDay,
    wholeBytesPerDay:
      eventsPerSecond * (MS_PER_DAY / MS_PER_SECOND) * 4 * (FEATURES + 1) + labelBytes * boundariesPerDay,
  };
}

function blockOf(count: number, from: number, partition: number): PredictionBlock {
  return {
    origin: { topic: loopTopology.source.topic, partition },
    count,
    offsets: Float64Array.from({ length: count }, (_, i) => from + i),
    eventTimeMs: new Float64Array(count),
    keys: [],
    scores: new Float32Array(count),
    shadowScores: null,
    flags: new Uint8Array(count),
    version: 'v1',
    features: new Float32Array(count * FEATURES),
    width: FEATURES,
    receivedAtMs: 0,
  };
}
