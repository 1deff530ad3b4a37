// Drift reports out of a fleet, each boundary's once (control path). Every engine finds the same; the one that leads
// reports it. All keep what was found last, as the one that leads may die before it has reported it: the next one does.
import { DRIFT_REPORTS_KEPT } from '../core/limits.ts';
import type { DriftReportRow } from '../core/reports.ts';

export interface DriftReporterParts {
  readonly leads: () => boolean;
  /** Whether it leads only from `elected` on. */
  readonly isElected: boolean;
  readonly report: (rows: readonly DriftReportRow[]) => Promise<void>;
}

export class DriftReporter {
  readonly #parts: DriftReporterParts;
  readonly #found: Array<{ readonly atMs: number; readonly rows: readonly DriftReportRow[] }> = [];
  /** Boundaries up to it have been reported; null where it is not known how far the one before us came. */
  #reportedMs: number | null;

  constructor(parts: DriftReporterParts) {
    this.#parts = parts;
    this.#reportedMs = parts.isElected ? null : Number.NEGATIVE_INFINITY;
  }

  /** What was found at a boundary. */
  async take(atMs: number, rows: readonly DriftReportRow[]): Promise<void> {
    // Who has led may lead again, and another may have reported meanwhile.
    if (this.#parts.isElected && !this.#parts.leads()) this.#reportedMs = null;
    if (rows.length === 0) return;
    this.#found.push({ atMs, rows });
    if (this.#found.length > DRIFT_REPORTS_KEPT) this.#found.shift();
    await this.#reportFound();
  }

  /** @param reportedMs boundary up to which the one before us has reported; -Infinity for none */
  async elected(reportedMs: number): Promise<void> {
    this.#reportedMs = reportedMs;
    await this.#reportFound();
  }

  async #reportFound(): Promise<void> {
    for (const { atMs, rows } of this.#found.slice()) {
      if (!this.#parts.leads() || this.#reportedMs === null) return;
      if (atMs <= this.#reportedMs) continue;
      this.#reportedMs = atMs;
      await this.#parts.report(rows);
    }
  }
}
