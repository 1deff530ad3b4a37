// A loop that continues from a snapshot decides as the one that made it.
import fc from 'fast-check';
import t from 'tap';
import { hours, type Topology } from '../../../src/index.ts';
import type { JoinedLabels, PartitionObservations } from '../../../src/operators/observations.ts';
import type { BoundaryOutput } from '../../../src/runtime/boundaries/boundary-output.ts';
import {
  snapshotRecords,
  unpackSnapshot,
  type Snapshot,
} from '../../../src/runtime/boundaries/snapshot-records.ts';
import { LearningLoop } from '../../../src/runtime/learning/learning-loop.ts';
import type { StateParts } from '../../../src/runtime/learning/state-parts.ts';
import { packUpdate } from '../../../src/runtime/models/model-update.ts';
import type { ModelUpdateRecord } from '../../../src/runtime/records.ts';
import { makeDriftReference } from '../../../src/stats/drift-reference.ts';
import { Random } from '../../../src/stats/random.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { championManifest } from '../../../bench/fleet/champion-manifest.ts';
import { MemoryHistory } from '../../support/memory-history.ts';
import { ordersTopology } from '../../support/orders.ts';

const topology: Topology = ordersTopology({
  control: { everyMs: hours(1), mode: 'live' },
  drift: { intervals: 3, rowsMin: 10, falseDiscoveryRate: 0.05, psiFloor: 0.1 },
  retraining: {
    firstRows: 60,
    everyRows: 150,
    schedule: '0 0 * * *',
    driftedFeatures: 1,
    onErrorDrift: true,
    cooldownMs: hours(2),
    windowMs: hours(100),
    rowsMax: 100,
    seed: 1,
  },
});
const { features } = topology.features ?? { features: [] };
const width = features.length;
const ROWS = 40;

function matrixOf(random: Random, shift: number): Float32Array {
  return Float32Array.from({ length: ROWS * width }, () => {
    const value = random.nextDouble() + shift;
    return random.nextInt(50) === 0
      ? ([Number.NaN, Infinity, -Infinity, -0][random.nextInt(4)] as number)
      : value;
  });
}

function seen(random: Random, hour: number): PartitionObservations {
  const draw = <T>(value: () => T): T[] => Array.from({ length: 30 }, value);
  const labels: JoinedLabels = {
    scores: draw(() => random.nextDouble()),
    shadowScores: draw(() => (random.nextInt(3) === 0 ? Number.NaN : random.nextDouble())),
    labels: draw(() => random.nextInt(2)),
    predictionTimeMs: draw(() => hours(hour - random.nextInt(60))),
    predictionOffsets: draw(() => random.nextInt(1_000)),
    versions: draw(() => `v${1 + random.nextInt(2)}`),
    fallback: draw(() => random.nextInt(9) === 0),
    evidence: [],
    shadowEvidence: [],
    changes: draw(() => 0),
  };
  const rows = {
    partition: 0,
    width,
    offsets: Float64Array.from({ length: ROWS }, (_, i) => hour * ROWS + i),
    features: matrixOf(random, hour > 20 ? 0.4 : 0),
    scores: Float32Array.from({ length: ROWS }, () => random.nextDouble()),
  };
  return { predictions: ROWS, rows, labels, labelsNever: 1 };
}

function update(number: number): ModelUpdateRecord {
  const random = new Random(number);
  const names = features.map(({ name }) => name);
  const kinds = features.map(({ kind }) => kind);
  const scores = Float32Array.from({ length: ROWS }, () => random.nextDouble());
  const reference = makeDriftReference(matrixOf(random, 0), ROWS, names, kinds, scores, 1);
  const manifest = championManifest(topology, `v${number}`, reference, Buffer.from(`v${number}`));
  // Every third training fails at the gate.
  const status = number % 3 === 0 ? ('rejected' as const) : ('champion' as const);
  return packUpdate({ ...manifest, status }, Buffer.from(`v${number}`), 'volume: enough', 0);
}

const updates = new Map(Array.from({ length: 20 }, (_, i) => [`v${i + 1}`, update(i + 1)]));

function open(): { loop: LearningLoop; outputs: BoundaryOutput[]; telemetry: FakeTelemetry } {
  const outputs: BoundaryOutput[] = [];
  const telemetry = new FakeTelemetry();
  const loop = new LearningLoop({
    topology,
    history: new MemoryHistory(),
    publisher: { leads: false, publish: async (output) => void outputs.push(output) },
    telemetry,
    nowMs: () => 0,
    outcome: (version) => updates.get(version) ?? null,
    promoted: () => [],
  });
  return { loop, outputs, telemetry };
}

const LAST_HOUR = 40;

async function decide(loop: LearningLoop, fromHour: number, toHour: number): Promise<void> {
  for (let hour = fromHour; hour < toHour; hour++)
    await loop.decide({ atMs: hours(hour), observations: [seen(new Random(hour), hour)] });
}

const position = { atMs: 0, offset: 0, pending: [], members: [] };

/** What an engine reads of a snapshot that another one wrote. */
async function stored(parts: StateParts): Promise<Snapshot | null> {
  const records = await snapshotRecords({ position, parts }, new Map(), 0);
  const values = new Map<string, Buffer>(records.map(({ key, value }) => [String(key), value as Buffer]));
  return unpackSnapshot(values);
}

function contentOf(loop: LearningLoop): Array<[name: string, bytes: string]> {
  return [...(loop.snapshot() ?? [])].map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]);
}

const whole = open();
await decide(whole.loop, 1, LAST_HOUR);

t.test('property: from any boundary on, all decisions are the same', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: LAST_HOUR }), async (cut) => {
      const first = open();
      await decide(first.loop, 1, cut);
      const snapshot = await stored(first.loop.snapshot() ?? new Map());
      const second = open();
      // What it had decided before is replaced.
      await decide(second.loop, 3, 5);
      second.outputs.length = 0;
      second.loop.restore(snapshot?.parts ?? new Map());
      await decide(second.loop, cut, LAST_HOUR);
      t.strictSame([...first.outputs, ...second.outputs], whole.outputs);
      t.strictSame(contentOf(second.loop), contentOf(whole.loop));
      t.strictSame(second.loop.journal, whole.loop.journal);
      t.same([...second.telemetry.conditions], []);
      return t.passing();
    }),
    { numRuns: 12, seed: 4, endOnFailure: true },
  );
  t.ok(whole.loop.state.trainings > 3, 'trainings, promotions and rejections were among them');
  t.ok(whole.outputs.some(({ reports }) => reports.some(({ drifted }) => drifted)));
});

t.test('only parts that have changed have other bytes', async (t) => {
  const { loop } = open();
  await decide(loop, 1, 30);
  const before = loop.snapshot() ?? new Map<string, Uint8Array>();
  await loop.decide({ atMs: hours(30), observations: [] });
  const after = loop.snapshot() ?? new Map<string, Uint8Array>();
  const changed = [...after].filter(([name, bytes]) => before.get(name) !== bytes).map(([name]) => name);
  t.ok(changed.length < after.size / 2, changed.join(', '));
  t.notOk(changed.some((name) => name.startsWith('quality/')));
});

t.test('a snapshot that is damaged anywhere is refused', async (t) => {
  const parts = whole.loop.snapshot() ?? new Map<string, Uint8Array>();
  const records = await snapshotRecords({ position, parts }, new Map(), 0);
  const random = new Random(6);
  for (let i = 0; i < 60; i++) {
    const values = new Map<string, Buffer>(
      records.map(({ key, value }) => [String(key), Buffer.from(value as Buffer)]),
    );
    const names = [...values.keys()];
    const name = names[random.nextInt(names.length)] as string;
    const value = values.get(name) as Buffer;
    if (i % 4 === 0 && name !== 'head') values.delete(name);
    else if (i % 4 === 1) values.set(name, value.subarray(0, random.nextInt(value.length)));
    else {
      const at = random.nextInt(value.length);
      value[at] = (value[at] as number) ^ (1 << random.nextInt(8));
    }
    await t.rejects(unpackSnapshot(values), { code: 'DATA_INVALID' }, `${name} ${i}`);
  }
  await t.rejects(unpackSnapshot(new Map()), { code: 'DATA_INVALID' }, 'there is no head');
});

t.test('a loop that has lost its past goes on with the next version', async (t) => {
  const { loop } = open();
  loop.lost();
  t.match(loop.state, { trainings: updates.size, phase: 'collecting', labels: 0 });
});

t.test('a loop of another task refuses it', async (t) => {
  const { loop } = open();
  const parts = new Map(whole.loop.snapshot() ?? []);
  parts.set(
    'loop',
    Buffer.from(
      Buffer.from(parts.get('loop') ?? [])
        .toString()
        .replace('binary', 'other'),
    ),
  );
  t.throws(() => loop.restore(parts), { code: 'DATA_INVALID' });
  loop.restore(new Map());
  t.equal(loop.state.trainings, 0);
});
