// A fleet's learning loop with a past (control path): its topology, and observations as tasks would have made them.
import {
  atLeast,
  binary,
  defineTopology,
  features,
  hours,
  labels,
  numeric,
  score,
  watermarks,
  type Topology,
} from '../../src/index.ts';
import type { JoinedLabels, PartitionObservations } from '../../src/operators/observations.ts';
import { packUpdate } from '../../src/runtime/models/model-update.ts';
import type { ModelUpdateRecord } from '../../src/runtime/records.ts';
import { makeDriftReference } from '../../src/stats/drift-reference.ts';
import { Random } from '../../src/stats/random.ts';
import { championManifest } from '../fleet/champion-manifest.ts';

export const LOOP_PARTITIONS = 4;
export const FEATURES = 43;
export const BOUNDARY_MS: number = hours(1);

const fields = Object.fromEntries(Array.from({ length: FEATURES }, (_, i) => [`f${i}`, numeric('value')]));

export const loopTopology: Topology = defineTopology({
  name: 'loop',
  source: { topic: 'ticks', eventTime: 'time', partitions: LOOP_PARTITIONS },
  stages: [
    watermarks({ allowedLatenessMs: 0 }),
    features('features', { when: {}, fields, views: {} }),
    score('score', { key: 'id', fallback: 0.5 }),
    labels('labels', { key: 'id', task: binary({ column: 'quantity', positive: atLeast(1) }) }),
  ],
  control: { everyMs: BOUNDARY_MS, mode: 'live' },
  drift: {},
});

const ROWS = 5_000;

/** The champion of the whole past, promoted before its first label. */
export function champion(): ModelUpdateRecord {
  const random = new Random(1);
  const matrix = Float32Array.from({ length: ROWS * FEATURES }, () => random.nextDouble());
  const scores = Float32Array.from({ length: ROWS }, () => random.nextDouble());
  const specs = loopTopology.features?.features ?? [];
  const names = specs.map(({ name }) => name);
  const kinds = specs.map(({ kind }) => kind);
  const reference = makeDriftReference(matrix, ROWS, names, kinds, scores, 1);
  const model = Buffer.from('v1');
  const manifest = championManifest(loopTopology, 'v1', reference, model);
  return packUpdate(manifest, model, 'promoted manually', 0);
}

/** Labels of predictions that were made in the hour before `atMs`. */
export function joinedLabels(count: number, atMs: number, random: Random): JoinedLabels {
  const each = <T>(value: () => T): T[] => Array.from({ length: count }, value);
  const scores = each(() => Math.fround(random.nextDouble()));
  return {
    scores,
    shadowScores: scores,
    labels: scores.map((value) => Number(random.nextDouble() < value)),
    predictionTimeMs: each(() => atMs - Math.floor(random.nextDouble() * BOUNDARY_MS)),
    predictionOffsets: scores.map((_, i) => i),
    versions: scores.map(() => 'v1'),
    fallback: scores.map(() => false),
    evidence: [],
    shadowEvidence: [],
    changes: scores.map(() => 0),
  };
}

/** A whole sample of an interval and its labels, of one partition. */
export function observed(labels: JoinedLabels, partition: number, random: Random): PartitionObservations {
  const rows = {
    partition,
    width: FEATURES,
    offsets: Float64Array.from({ length: ROWS }, (_, i) => i),
    features: Float32Array.from({ length: ROWS * FEATURES }, () => random.nextDouble()),
    scores: Float32Array.from({ length: ROWS }, () => random.nextDouble()),
  };
  return { predictions: labels.labels.length, rows, labels, labelsNever: 0 };
}
