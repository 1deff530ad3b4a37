// A decision that fails in part: the boundary is decided without that part, and an operator sees which part and why.
import t from 'tap';
import {
  hours,
  psi,
  ks,
  type DriftDetector,
  type DriftOptions,
  type DriftStatistic,
  type Topology,
} from '../../../src/index.ts';
import type { DriftReference } from '../../../src/core/reports.ts';
import type { JoinedLabels, PartitionObservations } from '../../../src/operators/observations.ts';
import type { BoundaryOutput } from '../../../src/runtime/boundaries/boundary-output.ts';
import { ControlPlane } from '../../../src/runtime/boundaries/control-plane.ts';
import { LearningLoop } from '../../../src/runtime/learning/learning-loop.ts';
import { packUpdate } from '../../../src/runtime/models/model-update.ts';
import type { ModelUpdateRecord } from '../../../src/runtime/records.ts';
import { makeDriftReference } from '../../../src/stats/drift-reference.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { championManifest } from '../../../bench/fleet/champion-manifest.ts';
import { MemoryHistory } from '../../support/memory-history.ts';
import { ordersTopology } from '../../support/orders.ts';

const ROWS = 500;

function topologyOf(drift: Partial<DriftOptions> = {}): Topology {
  return ordersTopology({
    control: { everyMs: hours(1), mode: 'aligned' },
    drift: { intervals: 1, rowsMin: 10, falseDiscoveryRate: 0.05, psiFloor: 0.1, ...drift },
  });
}

const { features } = topologyOf().features ?? { features: [] };
const width = features.length;

/** `infinite`: 2 % of the first feature are Infinity, and some of each other are the other values that JSON cannot write. */
function rows(infinite: boolean): Float32Array {
  const matrix = Float32Array.from({ length: ROWS * width }, (_, i) => (i * 7_919) % 101);
  if (!infinite) return matrix;
  for (let row = 0; row < ROWS; row += 50) {
    matrix[row * width] = Number.POSITIVE_INFINITY;
    matrix[(row + 1) * width] = Number.NEGATIVE_INFINITY;
    matrix[(row + 2) * width] = Number.NaN;
    matrix[(row + 3) * width] = -0;
    matrix[(row + 4) * width] = 1e-42;
    matrix[(row + 5) * width] = 1e300;
  }
  return matrix;
}

const scores = Float32Array.from({ length: ROWS }, (_, i) => (i % 100) / 100);

function referenceOf(matrix: Float32Array): DriftReference {
  const names = features.map(({ name }) => name);
  const kinds = features.map(({ kind }) => kind);
  return makeDriftReference(matrix, ROWS, names, kinds, scores, 1);
}

function labelsOf(overrides: Partial<JoinedLabels> = {}): JoinedLabels {
  const each = <T>(value: T): T[] => Array.from({ length: 10 }, () => value);
  return {
    scores: each(0.5),
    shadowScores: each(0.5),
    labels: each(1),
    predictionTimeMs: each(0),
    predictionOffsets: each(0),
    versions: each('m1'),
    fallback: each(false),
    evidence: [],
    shadowEvidence: [],
    changes: each(0),
    ...overrides,
  };
}

function seen(matrix: Float32Array, labels = labelsOf()): PartitionObservations {
  const offsets = Float64Array.from({ length: ROWS }, (_, i) => i);
  const rows = { partition: 0, width, offsets, features: matrix, scores };
  return { predictions: ROWS, rows, labels, labelsNever: 0 };
}

/** A loop in aligned mode whose champion has the reference. */
class Loop {
  readonly outputs: BoundaryOutput[] = [];
  readonly telemetry = new FakeTelemetry();
  readonly plane: ControlPlane;
  readonly loop: LearningLoop;

  constructor(topology: Topology, reference: DriftReference) {
    const champion: ModelUpdateRecord = packUpdate(
      championManifest(topology, 'm1', reference, Buffer.from('m1')),
      Buffer.from('m1'),
      'promoted manually',
      0,
    );
    this.loop = new LearningLoop({
      topology,
      history: new MemoryHistory(),
      publisher: { leads: true, publish: async (output) => void this.outputs.push(output) },
      telemetry: this.telemetry,
      nowMs: () => 0,
      outcome: (version) => (version === champion.version ? champion : null),
      promoted: () => [champion],
    });
    const unexpected = (error: unknown): never => {
      throw error;
    };
    this.plane = new ControlPlane('aligned', this.loop, async () => true, unexpected);
    this.plane.join({ topic: 'orders', partition: 0 });
  }

  /** Resolves when the partition may go on. */
  at(hour: number, observations: PartitionObservations): Promise<void> {
    return this.plane.take({ topic: 'orders', partition: 0 }, hours(hour), observations);
  }

  reported(hour: number): string[] {
    const rows = this.outputs.find(({ atMs }) => atMs === hours(hour))?.reports ?? [];
    return rows.map(({ detector, feature }) => `${detector} ${feature}`);
  }

  get conditions(): string[] {
    return [...this.telemetry.conditions.keys()];
  }
}

t.test(
  'infinities, NaN and values beyond float32 in training set and window: every column is compared',
  async (t) => {
    const loop = new Loop(topologyOf(), referenceOf(rows(true)));
    await loop.at(1, seen(rows(true)));
    await loop.at(2, seen(rows(false)));
    t.same(loop.conditions, []);
    for (const hour of [1, 2])
      t.same(
        loop.reported(hour).filter((name) => name.startsWith('psi_ks')),
        [...features.map(({ name }) => `psi_ks ${name}`), 'psi_ks score'],
      );
    const same = loop.outputs[0]?.reports.find(({ detector }) => detector === 'psi_ks');
    t.match(same, { psi: 0, ks: 0, drifted: false }, 'the same rows have not drifted');
  },
);

t.test('a reference that JSON has damaged: its column is not compared, the others are', async (t) => {
  const damaged = JSON.parse(
    JSON.stringify(referenceOf(rows(false)), (key, value: unknown) =>
      key === 'sample' && Array.isArray(value) && value.length > 0
        ? [...(value as number[]).slice(1), null]
        : value,
    ),
  ) as DriftReference;
  const loop = new Loop(topologyOf(), { ...damaged, score: referenceOf(rows(false)).score });
  await loop.at(1, seen(rows(false)));
  t.match(loop.conditions, ['decision_failed orders drift']);
  t.ok(loop.reported(1).includes('psi_ks score'));
  await loop.at(2, seen(rows(false)));
  t.equal(loop.outputs.length, 2, 'the next boundary is decided');
});

const broken: DriftStatistic = {
  name: 'broken',
  kinds: ['numeric', 'categorical'],
  fit:
    () =>
    ({ values }) => {
      if (values[0] === 1_000) throw new Error('cannot say');
      return { value: 0, threshold: 1, pValue: null };
    },
};

t.test(
  'a statistic that throws has no report of that boundary; the condition ends when it does',
  async (t) => {
    const loop = new Loop(topologyOf({ statistics: [psi(), ks(), broken] }), referenceOf(rows(false)));
    await loop.at(1, seen(new Float32Array(ROWS * width).fill(1_000)));
    t.same(loop.conditions, ['decision_failed orders drift']);
    t.same(
      loop.reported(1).filter((name) => name.startsWith('broken')),
      ['broken score'],
    );
    t.ok(loop.reported(1).includes('psi_ks score'));
    t.equal(loop.telemetry.counts.get('decision_failures_total'), width);
    await loop.at(2, seen(rows(false)));
    t.same(loop.conditions, []);
    t.equal(loop.reported(2).filter((name) => name.startsWith('broken')).length, width + 1);
  },
);

t.test('a detector that throws starts again; the others and the statistics report', async (t) => {
  let opened = 0;
  const detector: DriftDetector = {
    name: 'broken',
    open() {
      opened += 1;
      let updates = 0;
      return {
        update(): boolean {
          updates += 1;
          if (updates === 7) throw new Error('overflow');
          return false;
        },
        report: () => ({ value: updates }),
        snapshot: () => null,
        restore: () => undefined,
      };
    },
  };
  const loop = new Loop(topologyOf({ detectors: [detector] }), referenceOf(rows(false)));
  await loop.at(1, seen(rows(false)));
  t.same(loop.conditions, ['decision_failed orders detectors']);
  t.equal(opened, 2);
  t.match(loop.outputs[0]?.reports.at(-1), { detector: 'broken', value: 3, n: 10 });
});

for (const [name, overrides] of Object.entries({
  'a score outside [0, 1]': { scores: [1.5, -1, Number.NaN, Infinity, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5] },
  'a time past 8.64e15': { predictionTimeMs: [8.64e15 + 1, -9e15, Number.NaN, Infinity, 1, 2, 3, 4, 5, 6] },
  'a label that is not finite': { labels: [Infinity, -Infinity, Number.NaN, Infinity, 0, 1, 0, 1, 0, 1] },
})) {
  t.test(`${name}: the label is left out and counted, the boundary decided`, async (t) => {
    const loop = new Loop(topologyOf(), referenceOf(rows(false)));
    await loop.at(1, seen(rows(false), labelsOf(overrides)));
    t.equal(loop.loop.quality.version('m1').n, 6);
    t.equal(loop.telemetry.counts.get('labels_unusable_total'), 4);
    t.match(
      loop.outputs[0]?.reports.find(({ detector }) => detector === 'adwin'),
      { n: 6 },
    );
    t.ok(loop.outputs[0]?.reports.every(({ value }) => value === null || Number.isFinite(value)));
    t.same(loop.conditions, []);
  });
}
