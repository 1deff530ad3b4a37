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
import type { ConceptChange } from './change-clock.ts';
import { LossWatch, type DetectorFinding, type LossFindings, type LossWatchSnapshot } from './loss-watch.ts';

interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
  /** The champion whose scores the rows have; null before the first. */
  readonly version: string | null;
  readonly rows: SampleMatrix;
  /** The rows as a part of a snapshot, once one was made. */
  bytes?: Uint8Array;
}

const STATE = 'drift';
const ROWS = 'drift/rows/';

/** What a snapshot holds besides the rows. */
interface DriftState {
  readonly lastMs: number;
  /** Snapshots before 0.2.0 have no versions. */
  readonly intervals: ReadonlyArray<Pick<Interval, 'fromMs' | 'toMs'> & { readonly version?: string | null }>;
  /** The champion, and the detectors that were watching it. */
  readonly watched: {
    readonly version: string;
    readonly detectors: readonly string[];
    readonly losses: LossWatchSnapshot;
  } | null;
}

export interface DriftFindings {
  readonly rows: readonly DriftReportRow[];
  readonly driftedFeatures: readonly string[];
  readonly scoreDrifted: boolean;
  readonly errorDrift: boolean;
  /** Where the alarms say that the concept changed; null without an alarm. */
  readonly change: ConceptChange | null;
}

const NO_LOSSES: LossFindings = { n: 0, detectors: [], change: null };

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

/** A champion with its drift comparison. */
interface Watched {
  readonly version: string;
  readonly comparison: DriftComparison;
}

export class DriftWatch {
  readonly #topology: Watchable;
  readonly #options: DriftSettings;
  readonly #statistics: readonly DriftStatistic[];
  readonly #detectors: readonly DriftDetector[];
  readonly #steps: DecisionSteps;
  readonly #names: string;
  /** Outlives the champions. */
  #losses: LossWatch;
  #watched: Watched | null = null;
  #intervals: Interval[] = [];
  #lastMs = Number.NaN;

  /** @param steps receives what a statistic or a detector throws */
  constructor(topology: Watchable, options: DriftSettings, steps: DecisionSteps) {
    this.#topology = topology;
    this.#options = options;
    this.#steps = steps;
    this.#statistics = options.statistics ?? [psi({ floor: options.psiFloor }), ks()];
    this.#detectors = options.detectors ?? defaultDetectors();
    this.#losses = this.#openLosses();
    this.#names = this.#losses.names.join();
  }

  #openLosses(): LossWatch {
    return new LossWatch(this.#detectors, this.#topology.task, this.#steps);
  }

  /** A new champion: its training set becomes the reference, and the detectors take the labels of its predictions. */
  follow(version: string, reference: DriftReference): void {
    this.#watched = this.#watch(version, reference);
  }

  #watch(version: string, reference: DriftReference): Watched {
    const failed = (column: string, statistic: string, error: unknown): void =>
      this.#steps.failed('drift', error, `${statistic} of ${column}`);
    return {
      version,
      comparison: new DriftComparison(reference, this.#statistics, this.#options.falseDiscoveryRate, failed),
    };
  }

  /** Takes the observations of the partitions up to a boundary; null before there is a champion. */
  at(boundary: Boundary): DriftFindings | null {
    const fromMs = Number.isNaN(this.#lastMs) ? boundary.atMs : this.#lastMs;
    this.#lastMs = boundary.atMs;
    const samples = boundary.observations.map(({ rows }) => rows);
    const rows = mergeSamples(this.#topology.source.topic, samples);
    const scored = this.#watched?.version ?? null;
    this.#intervals.push({ fromMs, toMs: boundary.atMs, version: scored, rows });
    if (this.#intervals.length > this.#options.intervals) this.#intervals.shift();
    if (this.#watched === null) return null;
    const { version, comparison } = this.#watched;
    const columns = this.#steps.run<readonly ColumnDrift[]>(
      'drift',
      () => this.#compare(version, comparison),
      [],
    );
    const { n, detectors, change } = this.#steps.run(
      'detectors',
      () => this.#losses.at(boundary.observations, version),
      NO_LOSSES,
    );
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
      change,
    };
  }

  snapshot(): StateParts {
    const { names: detectors } = this.#losses;
    const losses = this.#losses.snapshot();
    const watched = this.#watched === null ? null : { version: this.#watched.version, detectors, losses };
    const intervals = this.#intervals.map(({ fromMs, toMs, version }) => ({ fromMs, toMs, version }));
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
    this.#intervals = (state?.intervals ?? []).map(({ fromMs, toMs, version = null }) => {
      const bytes = parts.get(`${ROWS}${toMs}`) ?? new Uint8Array(0);
      return { fromMs, toMs, version, rows: sampleOf(bytes), bytes };
    });
    while (this.#intervals.length > this.#options.intervals) this.#intervals.shift();
    const before = state?.watched ?? null;
    const reference = before === null ? null : referenceOf(before.version);
    this.#watched = before === null || reference === null ? null : this.#watch(before.version, reference);
    this.#losses = this.#openLosses();
    // Another definition, or a snapshot of an earlier release: its detectors start with the next label.
    if (before?.detectors.join() === this.#names && Object.hasOwn(before, 'losses'))
      this.#losses.restore(before.losses);
  }

  #compare(version: string, comparison: DriftComparison): ColumnDrift[] {
    const { rowsMin } = this.#options;
    const { features, rowCount } = windowOf(this.#intervals, comparison.width);
    if (rowCount < rowsMin) return [];
    // The scores of another model differ from those of the champion's training set without any drift.
    const own = this.#intervals.filter((interval) => interval.version === version);
    const { scores } = windowOf(own, comparison.width);
    return comparison.compare(features, rowCount, scores.length < rowsMin ? null : scores);
  }
}

function defaultDetectors(): readonly DriftDetector[] {
  return [adwin(), pageHinkley(), adwin({ watches: 'error' }), pageHinkley({ watches: 'error' })];
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
  { detector, watches, report, drifted }: DetectorFinding,
): DriftReportRow {
  const { value, threshold = null, pValue = null } = report;
  const finite = (figure: number | null): number | null => (Number.isFinite(figure) ? figure : null);
  return {
    ...head,
    feature: watches === 'error' ? 'error' : loss,
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
