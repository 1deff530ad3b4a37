// Drift (control path): at each boundary the current window of scored rows is compared with the champion's training set,
// and the detectors have seen the loss of each label.
import type { DriftReference, DriftReportRow } from '../../core/reports.ts';
import { adwin } from '../../stats/adwin.ts';
import type { DriftDetector } from '../../stats/drift-detector.ts';
import type { DriftStatistic } from '../../stats/drift-statistic.ts';
import { DriftComparison, type ColumnDrift } from '../../stats/drift.ts';
import { ks } from '../../stats/ks.ts';
import { pageHinkley } from '../../stats/page-hinkley.ts';
import { psi } from '../../stats/psi.ts';
import { mergeSamples, type SampleMatrix } from '../../stats/row-sample.ts';
import { snakeCase } from '../../tasks/figures.ts';
import type { Topology } from '../../topology/define.ts';
import type { DriftSettings } from '../../topology/learning-options.ts';
import type { Boundary } from '../boundaries/boundary.ts';
import type { DecisionSteps } from './decision-steps.ts';
import { jsonPart, partValue, type StateParts } from './state-parts.ts';
import { sampleBytes, sampleOf } from './sample-bytes.ts';
import { LossWatch, type DetectorFinding, type LossFindings } from './loss-watch.ts';

interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
  readonly rows: SampleMatrix;
  /** The rows as a part of a snapshot, once one was made. */
  bytes?: Uint8Array;
}

const STATE = 'drift';
const ROWS = 'drift/rows/';

/** What a snapshot holds besides the rows. */
interface DriftState {
  readonly lastMs: number;
  readonly intervals: ReadonlyArray<Pick<Interval, 'fromMs' | 'toMs'>>;
  /** The champion, and the detectors that were watching it. */
  readonly watched: {
    readonly version: string;
    readonly detectors: readonly string[];
    readonly states: readonly unknown[];
  } | null;
}

export interface DriftFindings {
  readonly rows: readonly DriftReportRow[];
  readonly driftedFeatures: readonly string[];
  readonly scoreDrifted: boolean;
  readonly errorDrift: boolean;
}

const NO_LOSSES: LossFindings = { n: 0, detectors: [] };

/** Concatenates the samples of a window; rows of an earlier definition may have another width, and are left out. */
function windowOf(intervals: readonly Interval[], width: number): SampleMatrix {
  const parts = intervals.map(({ rows }) => rows).filter((rows) => rows.width === width);
  const rowCount = parts.reduce((sum, part) => sum + part.rowCount, 0);
  const features = new Float32Array(rowCount * width);
  const scores = new Float32Array(rowCount);
  let at = 0;
  for (const part of parts) {
    features.set(part.features, at * width);
    scores.set(part.scores, at);
    at += part.rowCount;
  }
  return { width, features, scores, rowCount };
}

type Watchable = Pick<Topology, 'name' | 'task'> & { readonly source: Pick<Topology['source'], 'topic'> };

/** A champion with its drift comparison and detectors. */
interface Watched {
  readonly version: string;
  readonly comparison: DriftComparison;
  readonly losses: LossWatch;
}

export class DriftWatch {
  readonly #topology: Watchable;
  readonly #options: DriftSettings;
  readonly #statistics: readonly DriftStatistic[];
  readonly #detectors: readonly DriftDetector[];
  readonly #steps: DecisionSteps;
  #watched: Watched | null = null;
  #intervals: Interval[] = [];
  #lastMs = Number.NaN;

  /** @param steps receives what a statistic or a detector throws */
  constructor(topology: Watchable, options: DriftSettings, steps: DecisionSteps) {
    this.#topology = topology;
    this.#options = options;
    this.#steps = steps;
    this.#statistics = options.statistics ?? [psi({ floor: options.psiFloor }), ks()];
    this.#detectors = options.detectors ?? [adwin(), pageHinkley()];
  }

  /** A new champion: its training set becomes the reference, and the detectors start again. */
  follow(version: string, reference: DriftReference): void {
    this.#watched = this.#watch(version, reference);
  }

  #watch(version: string, reference: DriftReference): Watched {
    const failed = (column: string, statistic: string, error: unknown): void =>
      this.#steps.failed('drift', error, `${statistic} of ${column}`);
    return {
      version,
      comparison: new DriftComparison(reference, this.#statistics, this.#options.falseDiscoveryRate, failed),
      losses: new LossWatch(this.#detectors, this.#topology.task, this.#steps),
    };
  }

  /** Takes the observations of the partitions up to a boundary; null before there is a champion. */
  at(boundary: Boundary): DriftFindings | null {
    const fromMs = Number.isNaN(this.#lastMs) ? boundary.atMs : this.#lastMs;
    this.#lastMs = boundary.atMs;
    const samples = boundary.observations.map(({ rows }) => rows);
    const rows = mergeSamples(this.#topology.source.topic, samples);
    this.#intervals.push({ fromMs, toMs: boundary.atMs, rows });
    if (this.#intervals.length > this.#options.intervals) this.#intervals.shift();
    if (this.#watched === null) return null;
    const { version, comparison, losses } = this.#watched;
    const columns = this.#steps.run<readonly ColumnDrift[]>('drift', () => this.#compare(comparison), []);
    const { n, detectors } = this.#steps.run('detectors', () => losses.at(boundary.observations), NO_LOSSES);
    const windowFromMs = (this.#intervals[0] as Interval).fromMs;
    const { name, task } = this.#topology;
    const head = { topology: name, version, toMs: boundary.atMs };
    return {
      rows: [
        ...columns.map((column) => columnRow({ ...head, fromMs: windowFromMs }, column)),
        ...detectors.map((finding) =>
          detectorRow({ ...head, fromMs }, snakeCase(task.loss.name), n, finding),
        ),
      ],
      driftedFeatures: driftedIn(columns.filter(({ role }) => role === 'feature')),
      scoreDrifted: columns.some(({ role, drifted }) => role === 'score' && drifted),
      errorDrift: detectors.some(({ drifted }) => drifted),
    };
  }

  snapshot(): StateParts {
    const names = this.#detectors.map(({ name }) => name);
    const watched =
      this.#watched === null
        ? null
        : { version: this.#watched.version, detectors: names, states: this.#watched.losses.snapshot() };
    const intervals = this.#intervals.map(({ fromMs, toMs }) => ({ fromMs, toMs }));
    const state: DriftState = { lastMs: this.#lastMs, intervals, watched };
    const parts = new Map([[STATE, jsonPart(state)]]);
    for (const interval of this.#intervals)
      parts.set(`${ROWS}${interval.toMs}`, (interval.bytes ??= sampleBytes(interval.rows)));
    return parts;
  }

  /**
   * Continues from a snapshot; without one it starts empty.
   * @param referenceOf the drift reference of a version; null if it is unknown
   */
  restore(parts: StateParts, referenceOf: (version: string) => DriftReference | null): void {
    const state = partValue(parts, STATE) as DriftState | undefined; // what `snapshot` wrote
    this.#lastMs = state?.lastMs ?? Number.NaN;
    this.#intervals = (state?.intervals ?? []).map(({ fromMs, toMs }) => {
      const bytes = parts.get(`${ROWS}${toMs}`) ?? new Uint8Array(0);
      return { fromMs, toMs, rows: sampleOf(bytes), bytes };
    });
    while (this.#intervals.length > this.#options.intervals) this.#intervals.shift();
    const before = state?.watched ?? null;
    const reference = before === null ? null : referenceOf(before.version);
    this.#watched = before === null || reference === null ? null : this.#watch(before.version, reference);
    const names = this.#detectors.map(({ name }) => name).join();
    // Another definition: its detectors start with the next label.
    if (before?.detectors.join() === names) this.#watched?.losses.restore(before.states);
  }

  #compare(comparison: DriftComparison): ColumnDrift[] {
    const { features, scores, rowCount } = windowOf(this.#intervals, comparison.width);
    return rowCount < this.#options.rowsMin ? [] : comparison.compare(features, rowCount, scores);
  }
}

/** A feature counts once, even if several statistics report drift. */
function driftedIn(columns: readonly ColumnDrift[]): string[] {
  return [...new Set(columns.filter(({ drifted }) => drifted).map(({ feature }) => feature))];
}

type RowHead = Pick<DriftReportRow, 'topology' | 'version' | 'fromMs' | 'toMs'>;

function columnRow(
  head: RowHead,
  { role: _role, statistic, threshold, ...column }: ColumnDrift,
): DriftReportRow {
  return { ...head, ...column, detector: statistic, psiThreshold: threshold };
}

function detectorRow(
  head: RowHead,
  loss: string,
  n: number,
  { detector, report, drifted }: DetectorFinding,
): DriftReportRow {
  const { value, threshold = null, pValue = null } = report;
  const finite = (figure: number | null): number | null => (Number.isFinite(figure) ? figure : null);
  return {
    ...head,
    feature: loss,
    detector,
    n,
    psi: null,
    psiThreshold: finite(threshold),
    ks: null,
    pValue: finite(pValue),
    pAdjusted: null,
    value: finite(value),
    drifted,
  };
}
