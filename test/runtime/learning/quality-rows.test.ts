// Rows of quality at each boundary, and the gauges beside them, compared with scikit-learn on the same labels: of several targets, of labels
// that are corrected and withdrawn, over restarts at any boundary.
import t, { type Test } from 'tap';
import { openTelemetry, type PromTelemetry } from '../../../src/adapters/metrics/telemetry.ts';
import type { MetricRow } from '../../../src/core/reports.ts';
import { binary, hours, multiclass, regression, type Task, type Topology } from '../../../src/index.ts';
import { LabelBlockBuilder } from '../../../src/operators/label-block.ts';
import { ControlObservations, type PartitionObservations } from '../../../src/operators/observations.ts';
import type { PendingPrediction, SettledLabel } from '../../../src/operators/pending-record.ts';
import type { BoundaryOutput } from '../../../src/runtime/boundaries/boundary-output.ts';
import { addObservations, observationRecords } from '../../../src/runtime/boundaries/observation-record.ts';
import { snapshotRecords, unpackSnapshot } from '../../../src/runtime/boundaries/snapshot-records.ts';
import { LearningLoop } from '../../../src/runtime/learning/learning-loop.ts';
import type { StateParts } from '../../../src/runtime/learning/state-parts.ts';
import { packUpdate } from '../../../src/runtime/models/model-update.ts';
import { NO_REFERENCE } from '../../../src/stats/drift-reference.ts';
import { championManifest } from '../../../bench/fleet/champion-manifest.ts';
import { ordersTopology } from '../../support/orders.ts';
import { near } from '../../stats/close.ts';
import vectors from '../../vectors/quality-rows.json' with { type: 'json' };

type Case = (typeof vectors)[number];
type Prediction = readonly [
  partition: number,
  timeMs: number,
  version: string,
  scored: number[],
  shadow: number[],
];

const CLASSES_SHOWN = 10;

function taskOf({ name, classes }: Case): Task {
  if (classes.length > 0) return multiclass({ column: 'kind', classes });
  return name === 'binary'
    ? binary({ column: 'paid' })
    : regression({ column: 'paid', quantiles: [0.1, 0.9] });
}

/** A target of the case's task, as the loop sees it. */
function topologyOf(one: Case): Topology {
  return {
    ...ordersTopology({ control: { everyMs: hours(24), mode: 'live' } }),
    name: `payments.${one.name.replace(' ', '-')}`,
    task: taskOf(one),
  };
}

class Target {
  readonly one: Case;
  readonly topology: Topology;
  readonly published: BoundaryOutput[] = [];
  readonly #settled = new Map<number, SettledLabel>();
  #loop: LearningLoop;

  constructor(one: Case, telemetry: PromTelemetry) {
    this.one = one;
    this.topology = topologyOf(one);
    this.#loop = this.#open(telemetry);
    const model = Buffer.from('v2');
    const manifest = championManifest(this.topology, 'v2', NO_REFERENCE, model);
    this.#loop.updated(packUpdate(manifest, model, 'given', 0), manifest);
  }

  #open(telemetry: PromTelemetry): LearningLoop {
    const publish = async (output: BoundaryOutput): Promise<void> => void this.published.push(output);
    return new LearningLoop({
      topology: this.topology,
      history: null,
      publisher: { leads: false, publish },
      telemetry,
      nowMs: () => 0,
      outcome: () => null,
      promoted: () => [],
    });
  }

  /** Decides a boundary, from the observations as engines write and read them. */
  async decide(at: number): Promise<void> {
    const { atMs } = this.one.boundaries[at] as Case['boundaries'][number];
    await this.#loop.decide({ atMs, observations: [0, 1].map((partition) => this.#observed(partition, at)) });
  }

  #observed(partition: number, at: number): PartitionObservations {
    const origin = { topic: 'orders', partition };
    const { atMs, labels } = this.one.boundaries[at] as Case['boundaries'][number];
    const block = new LabelBlockBuilder(origin, this.topology.task.output);
    for (const [index = 0, label] of labels as unknown as ReadonlyArray<readonly [number, number | null]>) {
      const [own, timeMs, version, scored, shadow] = this.one.predictions[index] as unknown as Prediction;
      if (own !== partition) continue;
      const settled = this.#settled.get(index);
      const isClass = this.one.classes.length > 0;
      const pending: PendingPrediction = {
        key: String(index),
        offset: index,
        timeMs,
        score: isClass ? Math.max(...scored) : (scored[0] as number),
        shadowScore: isClass ? Math.max(...shadow) : (shadow[0] as number),
        flags: 0,
        version,
        ...(scored.length === 1 ? {} : { outputs: Float32Array.from([...scored, ...shadow]) }),
        ...(settled === undefined ? {} : { settled }),
      };
      block.add(pending, label ?? Number.NaN, atMs, index, 0);
      this.#settled.set(index, { label: label ?? Number.NaN, revision: (settled?.revision ?? -1) + 1 });
    }
    const observations = new ControlObservations(origin);
    const built = block.build(null);
    if (built !== null) observations.addLabels(built);
    let read: PartitionObservations | null = null;
    for (const record of observationRecords(atMs, observations.drain(true)))
      read = addObservations(origin.topic, read, record);
    return read as PartitionObservations; // there is one for each boundary
  }

  /** Another engine continues from the snapshot of this one. */
  async restart(telemetry: PromTelemetry): Promise<void> {
    const parts: StateParts = this.#loop.snapshot() ?? new Map();
    const position = { atMs: 0, offset: 0, pending: [], members: [] };
    const records = await snapshotRecords({ position, parts }, new Map(), 0);
    const stored = await unpackSnapshot(
      new Map(records.map(({ key, value }) => [String(key), value as Buffer])),
    );
    this.#loop = this.#open(telemetry);
    this.#loop.restore(stored?.parts ?? new Map());
  }

  rowsAt(at: number): readonly MetricRow[] {
    return this.published[at]?.metrics ?? [];
  }
}

function open(): Promise<PromTelemetry> {
  return openTelemetry({ level: 'silent', pretty: false, strict: true });
}

function valuesOf(rows: readonly MetricRow[], model: string): Map<string, number> {
  return new Map(
    rows
      .filter(({ name, labels }) => name !== 'confusion' && labels['model'] === model)
      .map(({ name, value }) => [name, value]),
  );
}

interface Expected {
  readonly labels: number;
  readonly figures: Readonly<Record<string, number | null>>;
  readonly confusion?: readonly number[][];
}

/** By `model actual predicted`. */
type Cells = Map<string, number>;

function sameFigures(
  t: Test,
  what: string,
  own: ReadonlyMap<string, number>,
  { labels, figures }: Expected,
): void {
  t.equal(own.get('labels'), labels, `${what}: labels`);
  for (const [name, wanted] of Object.entries(figures)) {
    const value = own.get(name);
    if (wanted === null) {
      t.equal(value, undefined, `${what}: ${name}`);
      continue;
    }
    // Scores are in bins for the areas under curves.
    const tolerance = own.get(`${name}_error_max`) ?? 0;
    const isNear =
      Math.abs((value ?? Number.NaN) - wanted) <= tolerance || near(value ?? Number.NaN, wanted, 1e-6);
    if (!isNear) t.fail(`${what}: ${name} is ${value}, by scikit-learn ${wanted}`);
  }
}

function sorted(cells: Iterable<readonly [string, number]>): Map<string, number> {
  return new Map([...cells].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** @param names of the classes that have cells of their own; the others are one, `other` */
function expectedCells(
  counts: readonly number[][],
  names: readonly string[],
  shown: readonly string[],
): Cells {
  const nameOf = (k: number): string => (shown.includes(names[k] as string) ? (names[k] as string) : 'other');
  const cells: Cells = new Map();
  for (const [label, row] of counts.entries())
    for (const [prediction, count] of row.entries()) {
      const cell = `${nameOf(label)} ${nameOf(prediction)}`;
      if (count > 0) cells.set(cell, (cells.get(cell) ?? 0) + count);
    }
  return cells;
}

function mostLabels(counts: readonly number[][], names: readonly string[]): string[] {
  const sums = counts.map((row, k) => [row.reduce((a, b) => a + b), k] as const);
  return sums
    .sort(([a, i], [b, j]) => b - a || i - j)
    .slice(0, CLASSES_SHOWN)
    .map(([, k]) => names[k] as string);
}

/** Cells of `millrace_confusion` that hold rows, of a target and a model. */
async function gaugesOf(telemetry: PromTelemetry, topology: string, model: string): Promise<Cells> {
  const cells: Cells = new Map();
  for (const line of (await telemetry.text()).split('\n')) {
    const [, labels = '', value = ''] = /^millrace_confusion\{(.*)\} (.+)$/.exec(line) ?? [];
    const own = Object.fromEntries(
      [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, text]) => [name, text]),
    );
    if (own['topology'] === topology && own['model'] === model && Number(value) > 0)
      cells.set(`${own['actual']} ${own['predicted']}`, Number(value));
  }
  return cells;
}

async function compared(t: Test, target: Target, at: number, telemetry: PromTelemetry): Promise<void> {
  const { one, topology } = target;
  const rows = target.rowsAt(at);
  t.ok(rows.every((row) => row.topology === topology.name && row.atMs === one.boundaries[at]?.atMs));
  const names = one.classes.length > 0 ? one.classes : ['negative', 'positive'];
  for (const [model, wanted] of Object.entries(one.boundaries[at]?.expected ?? {}) as Array<
    [string, Expected]
  >) {
    const what = `${one.name}, boundary ${at}, ${model}`;
    sameFigures(t, what, valuesOf(rows, model), wanted);
    if (wanted.confusion === undefined) continue;
    const cells = expectedCells(wanted.confusion, names, mostLabels(wanted.confusion, names));
    const own = rows.filter(({ name, labels }) => name === 'confusion' && labels['model'] === model);
    const found = own.map(({ labels, value }): [string, number] => [
      `${labels['actual']} ${labels['predicted']}`,
      value,
    ]);
    t.same(sorted(found), sorted(cells), `${what}: rows of the confusion matrix`);
    const gauges = names.length > CLASSES_SHOWN ? new Map<string, number>() : cells;
    const shown = await gaugesOf(telemetry, topology.name, model);
    t.same(sorted(shown), sorted(gauges), `${what}: gauges`);
  }
}

for (const every of [Infinity, 3, 1])
  t.test(`figures of each boundary are scikit-learn's, with a restart at every ${every}th`, async (t) => {
    let telemetry = await open();
    const targets = vectors.map((one) => new Target(one, telemetry));
    const boundaries = vectors[0]?.boundaries.length ?? 0;
    for (let at = 0; at < boundaries; at += 1) {
      for (const target of targets) await target.decide(at);
      for (const target of targets) await compared(t, target, at, telemetry);
      if ((at + 1) % every !== 0) continue;
      telemetry = await open();
      for (const target of targets) await target.restart(telemetry);
      for (const target of targets) await compared(t, target, at, telemetry);
    }
    const last = targets.map((target) => valuesOf(target.rowsAt(boundaries - 1), 'loop').get('labels') ?? 0);
    t.ok(
      last.every((labels) => labels > 20),
      `labels of the last week: ${last.join()}`,
    );
    const revised = targets[0]?.rowsAt(boundaries - 1).map(({ name }) => name) ?? [];
    t.ok(revised.includes('labels_corrected') && revised.includes('labels_withdrawn'));
  });
