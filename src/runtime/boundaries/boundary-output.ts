// The results of a control boundary, as they are published (control path): drift reports, quality metrics, a training job.
import type { DriftReportRow, MetricRow } from '../../core/reports.ts';
import type { RecordEncoder } from '../../ports/codec.ts';
import type { History } from '../../ports/history.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { TopologyTopics } from '../../topology/topics.ts';
import type { TopicRecords } from './control-link.ts';
import { driftReportRecord, type DriftReportRecord, type RetrainingJobRecord } from '../records.ts';

export interface BoundaryOutput {
  /** Event time, ms. */
  readonly atMs: number;
  readonly reports: readonly DriftReportRow[];
  readonly metrics: readonly MetricRow[];
  readonly job: RetrainingJobRecord | null;
}

/** Publishes the loop's decisions, from this engine or, in a fleet, from the elected one. */
export interface BoundaryPublisher {
  /** Whether this engine publishes what is decided; in a fleet only one does. */
  readonly leads: boolean;
  publish(output: BoundaryOutput): Promise<void>;
}

interface BoundaryRecordsParts {
  readonly topology: string;
  readonly topics: TopologyTopics;
  readonly jobs: RecordEncoder<RetrainingJobRecord>;
  readonly driftReports: RecordEncoder<DriftReportRecord>;
  readonly history: History | null;
  readonly telemetry: Telemetry;
  readonly nowMs: () => number;
}

export class BoundaryRecords {
  readonly #parts: BoundaryRecordsParts;

  constructor(parts: BoundaryRecordsParts) {
    this.#parts = parts;
  }

  /** Records for the log, without topics that get none. */
  of(outputs: readonly BoundaryOutput[]): TopicRecords[] {
    const { topology, topics, jobs, driftReports, nowMs } = this.#parts;
    const timestampMs = nowMs();
    const reported = outputs.flatMap(({ reports }) =>
      reports.map((row) => ({
        key: Buffer.from(row.feature),
        value: driftReports.encode(driftReportRecord(row)),
        timestampMs,
      })),
    );
    const requested = outputs.flatMap(({ job }) =>
      job === null ? [] : [{ key: Buffer.from(topology), value: jobs.encode(job), timestampMs }],
    );
    return [
      { topic: topics.driftReports, records: reported },
      { topic: topics.retrainingJobs, records: requested },
    ].filter(({ records }) => records.length > 0);
  }

  /** Writes the same to the history: a row that is recorded twice replaces itself. */
  record(outputs: readonly BoundaryOutput[]): void {
    const { topology, history } = this.#parts;
    for (const { reports, metrics, job } of outputs) {
      if (reports.length > 0) history?.driftReports(reports);
      if (metrics.length > 0) history?.metrics(metrics);
      if (job === null) continue;
      const { version, atMs, reason } = job;
      history?.modelEvents([{ topology, atMs, kind: 'requested', version, reason, detail: '' }]);
    }
  }

  /** Counts what has been published. */
  count(outputs: readonly BoundaryOutput[]): void {
    const { topology, telemetry } = this.#parts;
    for (const { reports } of outputs) {
      if (reports.length > 0) telemetry.count('drift_reports_total', reports.length, { topology });
      for (const { drifted, feature, detector } of reports) {
        if (drifted) telemetry.count('drift_alarms_total', 1, { topology, feature, detector });
      }
    }
  }
}
