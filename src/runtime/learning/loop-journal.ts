// The history of the learning loop, for the report and the dashboard (control path): bounded series in event time.
import { JOURNAL_POINTS_MAX } from '../../core/loop-limits.ts';
import type { Figures, ModelManifest } from '../../core/reports.ts';
import { MS_PER_DAY } from '../../core/time.ts';
import { NO_REFERENCE } from '../../stats/drift-reference.ts';
import type { DriftFindings } from './drift-watch.ts';
import type { QualityBetween, QualityTracker } from './quality.ts';
import { jsonPart, partValue, type StateParts } from './state-parts.ts';
import type { ModelUpdateRecord } from '../records.ts';

export interface QualityEntry {
  readonly atMs: number;
  /** Over the days of QUALITY_WINDOW_MS before `atMs`. */
  readonly loop: Figures;
  readonly frozen: Figures;
}

export interface DriftEntry {
  readonly atMs: number;
  readonly psi: ReadonlyArray<number | null>;
  readonly drifted: readonly boolean[];
}

export interface RetrainingEntry {
  readonly version: string;
  readonly reason: string;
  /** Event time of the request, ms. */
  readonly atMs: number;
  readonly startedMs: number;
  /** Without its drift reference; null while the training runs, and if it failed. */
  readonly manifest: ModelManifest | null;
  readonly outcome: 'running' | 'promoted' | 'rejected' | 'failed';
  readonly why: string;
  readonly seconds: number;
}

/** The journal's part of a snapshot. */
export const JOURNAL = 'journal';

type JournalState = Pick<
  LoopJournal,
  'quality' | 'drift' | 'driftFeatures' | 'driftReports' | 'driftAlarms' | 'retrainings'
>;

const QUALITY_WINDOW_MS = 7 * MS_PER_DAY;

export class LoopJournal {
  quality: QualityEntry[] = [];
  /** Behind the newest entry of `quality`. */
  confusion: QualityBetween['confusion'] = null;
  drift: DriftEntry[] = [];
  /** Names of the columns of `drift`, the score last. */
  driftFeatures: readonly string[] = [];
  retrainings: RetrainingEntry[] = [];
  driftReports = 0;
  driftAlarms = 0;

  boundary(atMs: number, quality: QualityTracker, findings: DriftFindings | null): void {
    const { loop, frozen, confusion } = weekBefore(atMs, quality);
    this.confusion = confusion;
    if (loop.n > 0) push(this.quality, { atMs, loop, frozen });
    if (findings === null) return;
    this.driftReports += findings.rows.length;
    for (const row of findings.rows) if (row.drifted) this.driftAlarms += 1;
    const columns = findings.rows.filter((row) => row.psi !== null);
    if (columns.length === 0) return;
    this.driftFeatures = columns.map((row) => row.feature);
    push(this.drift, {
      atMs,
      psi: columns.map((row) => row.psi),
      drifted: columns.map((row) => row.drifted),
    });
  }

  snapshot(): Uint8Array {
    const { quality, drift, driftFeatures, driftReports, driftAlarms } = this;
    // Manifests hold the drift references: the topic of the model updates has them.
    const retrainings = this.retrainings.map((entry) => ({ ...entry, manifest: null }));
    return jsonPart({ quality, drift, driftFeatures, driftReports, driftAlarms, retrainings });
  }

  /** Continues from a snapshot; without one it starts empty. @param quality as it was then: it has the newest entry's rows */
  restore(
    parts: StateParts,
    quality: QualityTracker,
    manifestOf: (version: string) => ModelManifest | null,
  ): void {
    const stored = (partValue(parts, JOURNAL) ?? {}) as Partial<JournalState>; // what `snapshot` wrote
    this.quality = stored.quality ?? [];
    const newest = this.quality.at(-1);
    this.confusion = newest === undefined ? null : weekBefore(newest.atMs, quality).confusion;
    this.drift = stored.drift ?? [];
    this.driftFeatures = stored.driftFeatures ?? [];
    this.driftReports = stored.driftReports ?? 0;
    this.driftAlarms = stored.driftAlarms ?? 0;
    this.retrainings = (stored.retrainings ?? []).map((entry) => ({
      ...entry,
      manifest:
        entry.outcome === 'promoted' || entry.outcome === 'rejected'
          ? withoutReference(manifestOf(entry.version))
          : null,
    }));
  }

  trainingStarted(version: string, reason: string, atMs: number, nowMs: number): void {
    const entry = { version, reason, atMs, startedMs: nowMs, manifest: null, outcome: 'running' as const };
    push(this.retrainings, { ...entry, why: '', seconds: 0 });
  }

  updated(update: ModelUpdateRecord, manifest: ModelManifest | null): void {
    const at = this.retrainings.findIndex(
      (entry) => entry.version === update.version && entry.outcome === 'running',
    );
    const entry = this.retrainings[at];
    if (entry === undefined) return;
    const decided = update.status === 'champion' ? ('promoted' as const) : ('rejected' as const);
    this.retrainings[at] = {
      ...entry,
      manifest: withoutReference(manifest),
      outcome: manifest === null ? 'failed' : decided,
      why: manifest?.why ?? update.reason,
      seconds: manifest?.seconds ?? 0,
    };
  }
}

/** The accumulators are daily, so only whole days can be read. */
function weekBefore(atMs: number, quality: QualityTracker): QualityBetween {
  const untilMs = Math.floor(atMs / MS_PER_DAY) * MS_PER_DAY;
  return quality.between(untilMs - QUALITY_WINDOW_MS, untilMs);
}

/** The references of a thousand trainings are some hundred megabytes. */
function withoutReference(manifest: ModelManifest | null): ModelManifest | null {
  return manifest && { ...manifest, reference: NO_REFERENCE };
}

function push<T>(series: T[], entry: T): void {
  series.push(entry);
  if (series.length > JOURNAL_POINTS_MAX) series.shift();
}
