// A loop that restarts re-reads the past. It must apply a promotion by an operator at its event time; otherwise drift is
// measured against no model, and the next training starts from the wrong one.
import t from 'tap';
import { hours, type DriftOptions, type RetrainingOptions, type Topology } from '../../../src/index.ts';
import type { PartitionObservations } from '../../../src/operators/observations.ts';
import type { BoundaryOutput } from '../../../src/runtime/boundaries/boundary-output.ts';
import { LearningLoop } from '../../../src/runtime/learning/learning-loop.ts';
import { packUpdate } from '../../../src/runtime/models/model-update.ts';
import type { ModelUpdateRecord } from '../../../src/runtime/records.ts';
import { makeDriftReference } from '../../../src/stats/drift-reference.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { MemoryHistory } from '../../support/memory-history.ts';
import { championManifest } from '../../../bench/fleet/champion-manifest.ts';
import { ordersTopology } from '../../support/orders.ts';

const drift: DriftOptions = { intervals: 1, rowsMin: 10, falseDiscoveryRate: 0.05, psiFloor: 0.1 };
const retraining: RetrainingOptions = {
  firstRows: 4,
  everyRows: null,
  schedule: null,
  driftedFeatures: null,
  onErrorDrift: false,
  cooldownMs: 0,
  windowMs: hours(100),
  rowsMax: 100,
  seed: 1,
};
const topology: Topology = ordersTopology({
  control: { everyMs: hours(1), mode: 'live' },
  drift,
  retraining,
});
const width = topology.features?.features.length ?? 0;
const rows = 20;
const matrix = Float32Array.from({ length: rows * width }, (_, i) => i % 7);
const scores = new Float32Array(rows).fill(0.5);
const names = (topology.features?.features ?? []).map(({ name }) => name);

function promoted(version: string, atMs: number): ModelUpdateRecord {
  const kinds = names.map(() => 'numeric' as const);
  const reference = makeDriftReference(matrix, rows, names, kinds, scores, 1);
  const manifest = championManifest(topology, version, reference, Buffer.from(version));
  return packUpdate(manifest, Buffer.from(version), 'promoted manually', atMs);
}

function seen(labels: number): PartitionObservations {
  const each = <T>(value: T): T[] => Array.from({ length: labels }, () => value);
  return {
    predictions: rows,
    rows: { partition: 0, width, offsets: Float64Array.from(scores.keys()), features: matrix, scores },
    labels: {
      scores: each(0.5),
      shadowScores: each(0.5),
      labels: Array.from({ length: labels }, (_, i) => i % 2),
      predictionTimeMs: each(hours(3)),
      predictionOffsets: each(0),
      versions: each('m1'),
      fallback: each(false),
      evidence: [],
      shadowEvidence: [],
      changes: each(0),
    },
    labelsNever: 0,
  };
}

t.test('a promotion by an operator before the start applies at its event time', async (t) => {
  const outputs: BoundaryOutput[] = [];
  const loop = new LearningLoop({
    topology,
    history: new MemoryHistory(),
    publisher: { leads: true, publish: async (output) => void outputs.push(output) },
    telemetry: new FakeTelemetry(),
    nowMs: () => 0,
    outcome: () => null,
    promoted: () => [promoted('m1', hours(1.5)), promoted('m2', hours(2.5))],
  });
  for (const hour of [1, 2, 3, 4])
    await loop.decide({ atMs: hours(hour), observations: [seen(hour === 4 ? 60 : 0)] });
  const versionAt = outputs.map(
    ({ reports }) => reports.find(({ detector }) => detector === 'psi_ks')?.version ?? null,
  );
  t.same(versionAt, [null, 'm1', 'm2', 'm2']);
  t.same(
    outputs.map(({ job }) => job?.champion ?? null),
    [null, null, null, 'm2'],
  );
});
