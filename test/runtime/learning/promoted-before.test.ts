// A loop that restarts re-reads the past. It must apply a promotion by an operator at its event time; otherwise drift is
// measured against no model, and the next training starts from the wrong one.
import t from 'tap';
import { hours, type DriftOptions, type RetrainingOptions, type Topology } from '../../../src/index.ts';
import type { PartitionObservations } from '../../../src/operators/observations.ts';
import type { BoundaryOutput } from '../../../src/runtime/boundaries/boundary-output.ts';
import { LearningLoop } from '../../../src/runtime/learning/learning-loop.ts';
import { manifestOf, packUpdate } from '../../../src/runtime/models/model-update.ts';
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

/** A loop with these champions in the topic at its start, and what it decides of which of them. */
function openLoop(champions: readonly ModelUpdateRecord[]): {
  readonly loop: LearningLoop;
  readonly known: Map<string, ModelUpdateRecord>;
  /** The champion of each boundary's drift reports, and of its job. */
  readonly at: (hour: number, labels?: number) => Promise<Array<string | null>>;
} {
  let output: BoundaryOutput | null = null;
  const known = new Map(champions.map((update) => [update.version, update]));
  const loop = new LearningLoop({
    topology,
    history: new MemoryHistory(),
    publisher: { leads: true, publish: async (each) => void (output = each) },
    telemetry: new FakeTelemetry(),
    nowMs: () => 0,
    outcome: (version) => known.get(version) ?? null,
    promoted: () => champions,
  });
  return {
    loop,
    known,
    at: async (hour, labels = 0) => {
      await loop.decide({ atMs: hours(hour), observations: [seen(labels)] });
      const reported = output?.reports.find(({ detector }) => detector === 'psi_ks')?.version ?? null;
      return [reported, output?.job?.champion ?? null];
    },
  };
}

const arrives = (loop: LearningLoop, update: ModelUpdateRecord): void =>
  loop.updated(update, manifestOf(update));

t.test('a promotion by an operator before the start applies at its event time', async (t) => {
  const { at } = openLoop([promoted('m1', hours(1.5)), promoted('m2', hours(2.5))]);
  t.same(await at(1), [null, null]);
  t.same(await at(2), ['m1', null]);
  t.same(await at(3), ['m2', null]);
  t.same(await at(4, 60), ['m2', 'm2']);
});

t.test('a champion that came since the start is not replaced by one from before it', async (t) => {
  const { loop, known, at } = openLoop([promoted('m1', hours(0.5))]);
  const newer = promoted('m2', hours(0.8));
  known.set('m2', newer);
  arrives(loop, newer);
  t.same(await at(1), ['m2', null]);
  t.same(await at(2, 60), ['m2', 'm2']);
});

t.test(
  'of champions before the start the one that was promoted last counts, whatever its event time',
  async (t) => {
    const { at } = openLoop([promoted('m2', hours(0.8)), promoted('m1', hours(0.5))]);
    t.same(await at(1), ['m1', null], 'rolled back');
    t.same(await at(2, 60), ['m1', 'm1']);
  },
);

t.test('the outcome of a training that others have decided applies when the loop is there', async (t) => {
  const { loop, known, at } = openLoop([promoted('m1', hours(0.5))]);
  const outcome = { ...promoted('v1', hours(3)), reason: 'first model: 60 labels' };
  known.set('v1', outcome);
  t.same(await at(1), ['m1', null]);
  arrives(loop, outcome);
  t.same(await at(2), ['m1', null], 'not before its event time');
  t.same(await at(3, 60), ['m1', null], 'its job is known');
  t.same(await at(4), ['v1', null]);
  const unasked = { ...promoted('v7', hours(5.5)), reason: 'volume: 60 new labels' };
  known.set('v7', unasked);
  arrives(loop, unasked);
  t.same(await at(5), ['v1', null]);
  t.same(await at(6), ['v7', null], 'one that this loop never asks for, too');
  arrives(loop, promoted('v9', hours(90)));
  t.same(await at(7), ['v9', null], "an operator's counts at once");
});
