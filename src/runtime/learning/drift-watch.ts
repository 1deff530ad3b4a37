// Drift, all the time (control path): at each boundary the current window of scored rows against the champion's
// training set, and the error detectors over the loss of each label.
import type { DriftReference, DriftReportRow } from '../../core/reports.ts';
import type { PartitionObservations } from '../../operators/observations.ts';
import { Adwin } from '../../stats/adwin.ts';
import { driftReport, type ColumnDrift } from '../../stats/drift.ts';
import { PageHinkley } from '../../stats/page-hinkley.ts';
import { snakeCase } from '../../tasks/figures.ts';
import type { Task } from '../../tasks/task.ts';
import type { DriftOptions } from '../../topology/define.ts';
import type { Boundary } from '../boundaries/control-plane.ts';

interface Interval {
  readonly fromMs: number;
  readonly observations: readonly PartitionObservations[];
}

export interface DriftFindings {
  readonly rows: readonly DriftReportRow[];
  readonly driftedFeatures: readonly string[];
  readonly scoreDrifted: boolean;
  readonly errorDrift: boolean;
}

/** Concatenates the sampled rows of a window. */
function windowOf(intervals: readonly Interval[]): {
  matrix: Float32Array;
  scores: Float32Array;
  rowCount: number;
} {
  const parts = intervals.flatMap((interval) => interval.observations).filter((part) => part.sampled > 0);
  const rowCount = parts.reduce((sum, part) => sum + part.sampled, 0);
  const width = parts[0]?.width ?? 0;
  const matrix = new Float32Array(rowCount * width);
  const scores = new Float32Array(rowCount);
  let at = 0;
  for (const part of parts) {
    matrix.set(part.features, at * width);
    scores.set(part.scores, at);
    at += part.sampled;
  }
  return { matrix, scores, rowCount };
}

/** A rising loss is what matters. */
const UPWARD = { mode: 'up' } as const;

export class DriftWatch {
  readonly #topology: string;
  readonly #options: DriftOptions;
  readonly #task: Task;
  #reference: DriftReference | null = null;
  #version = '';
  #intervals: Interval[] = [];
  #lastMs = Number.NaN;
  #adwin = new Adwin();
  #pageHinkley = new PageHinkley(UPWARD);

  constructor(topology: string, options: DriftOptions, task: Task) {
    this.#topology = topology;
    this.#options = options;
    this.#task = task;
  }

  /** A new champion: what is compared with is its training set; the error detectors begin anew. */
  follow(version: string, reference: DriftReference): void {
    this.#version = version;
    this.#reference = reference;
    this.#adwin = new Adwin();
    this.#pageHinkley = new PageHinkley(UPWARD);
  }

  /** Takes in a boundary; null before there is a champion. */
  at(boundary: Boundary): DriftFindings | null {
    const fromMs = Number.isNaN(this.#lastMs) ? boundary.atMs : this.#lastMs;
    this.#lastMs = boundary.atMs;
    this.#intervals.push({ fromMs, observations: boundary.observations });
    if (this.#intervals.length > this.#options.intervals) this.#intervals.shift();
    if (this.#reference === null) return null;
    const error = this.#errorDetectors(boundary);
    const features = this.#features(this.#reference, boundary.atMs);
    return { ...features, rows: [...features.rows, ...error.rows], errorDrift: error.drift };
  }

  #features(reference: DriftReference, toMs: number): Omit<DriftFindings, 'errorDrift'> {
    const { matrix, scores, rowCount } = windowOf(this.#intervals);
    if (rowCount < this.#options.rowsMin) return { rows: [], driftedFeatures: [], scoreDrifted: false };
    const { rowsMin, psiFloor, falseDiscoveryRate } = this.#options;
    const report = driftReport(reference, matrix, rowCount, scores, {
      rowsMin,
      psiFloor,
      q: falseDiscoveryRate,
    });
    const fromMs = (this.#intervals[0] as Interval).fromMs;
    const columns = report.score === null ? report.features : [...report.features, report.score];
    return {
      rows: columns.map((column) => this.#row(column, fromMs, toMs)),
      driftedFeatures: report.features.filter((column) => column.drifted).map((column) => column.feature),
      scoreDrifted: report.score?.drifted ?? false,
    };
  }

  #row(column: ColumnDrift, fromMs: number, toMs: number): DriftReportRow {
    const { feature, n, psi, psiThreshold, ks, pValue, pAdjusted, drifted } = column;
    const head = { topology: this.#topology, version: this.#version, detector: 'psi_ks' as const };
    return {
      ...head,
      fromMs,
      toMs,
      feature,
      n,
      psi,
      psiThreshold,
      ks,
      pValue,
      pAdjusted,
      value: null,
      drifted,
    };
  }

  #errorDetectors(boundary: Boundary): { rows: DriftReportRow[]; drift: boolean } {
    let adwin = false;
    let pageHinkley = false;
    let n = 0;
    for (const { labels } of boundary.observations) {
      for (let i = 0; i < labels.labels.length; i++) {
        if (labels.fallback[i] === true) continue;
        const loss = this.#task.loss.of(labels.scores[i] as number, labels.labels[i] as number);
        n += 1;
        const before = this.#adwin.estimation;
        // A change for the better is no reason for alarm.
        if (this.#adwin.update(loss) && this.#adwin.estimation > before) adwin = true;
        if (this.#pageHinkley.update(loss)) pageHinkley = true;
      }
    }
    if (n === 0) return { rows: [], drift: false };
    const row = (detector: 'adwin' | 'page_hinkley', value: number, drifted: boolean): DriftReportRow => ({
      topology: this.#topology,
      version: this.#version,
      fromMs: (this.#intervals.at(-1) as Interval).fromMs,
      toMs: boundary.atMs,
      feature: snakeCase(this.#task.loss.name),
      detector,
      n,
      psi: null,
      psiThreshold: null,
      ks: null,
      pValue: null,
      pAdjusted: null,
      value,
      drifted,
    });
    return {
      rows: [
        row('adwin', this.#adwin.estimation, adwin),
        row('page_hinkley', this.#pageHinkley.estimation, pageHinkley),
      ],
      drift: adwin || pageHinkley,
    };
  }
}
