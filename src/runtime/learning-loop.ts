// The loop that keeps the model right (control path): decides each control boundary. Quality and drift are computed,
// the reducer says whether to retrain, a job is published, and where partitions are aligned they wait for its outcome.
import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import { isCode } from '../core/errors.ts';
import { RESTART_MS_MAX, RESTART_MS_MIN } from '../core/limits.ts';
import type { DriftReportRow, MetricRow, ModelEventRow, ModelManifest } from '../core/reports.ts';
import type { RecordEncoder } from '../ports/codec.ts';
import type { EventLog, LogRecord } from '../ports/event-log.ts';
import type { History } from '../ports/history.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Topology } from '../topology/define.ts';
import type { TopologyTopics } from '../topology/topics.ts';
import type { PartitionObservations } from '../operators/observations.ts';
import type { Boundary, BoundaryKeeper } from './control-plane.ts';
import { DriftReporter } from './drift-reporter.ts';
import { DriftWatch } from './drift-watch.ts';
import { LoopJournal } from './loop-journal.ts';
import { manifestOf } from './model-update.ts';
import { QualityTracker, type Figures } from './quality.ts';
import type { ModelUpdateRecord, RetrainingJobRecord } from './records.ts';
import {
  initialRetrainingState,
  stepRetraining,
  type RetrainingState,
  type TrainingRequest,
} from './retraining-state.ts';

export interface LearningLoopParts {
  readonly topology: Topology;
  readonly topics: TopologyTopics;
  readonly log: EventLog;
  /** Null where history is off: then nothing can be retrained. */
  readonly history: History | null;
  readonly jobs: RecordEncoder<RetrainingJobRecord>;
  readonly driftReports: RecordEncoder<DriftReportRow>;
  readonly telemetry: Telemetry;
  readonly nowMs: () => number;
  /** Whether this engine publishes what is decided; in a fleet one does. */
  readonly leads: () => boolean;
  /** Whether it leads only from `elected` on. */
  readonly isElected: boolean;
  /** How a version was decided; null where it was not yet: a loop that reads the past again meets what it led to. */
  outcome(version: string): ModelUpdateRecord | null;
}

/** `volume` of `volume: 8000 new labels`. */
function triggerOf({ reason }: ModelUpdateRecord): string {
  return reason.split(':', 1)[0] ?? reason;
}

/** Rows of the metrics table; what is undefined has none. */
function qualityRows(topology: string, atMs: number, model: string, of: Figures): MetricRow[] {
  const named = {
    log_loss: of.logLoss,
    auc: of.auc,
    precision: of.precision,
    recall: of.recall,
    calibration_error: of.calibrationError,
    labels: of.n,
  };
  return Object.entries(named).flatMap(([name, value]) =>
    value === null ? [] : [{ topology, atMs, name, labels: { model }, value }],
  );
}

/** What an update that no training of ours led to is: somebody promoted, or rolled back. */
function byHand(update: ModelUpdateRecord): ModelEventRow['kind'] {
  return update.reason.startsWith('rolled back') ? 'rolled_back' : 'promoted';
}

export class LearningLoop implements BoundaryKeeper {
  readonly quality: QualityTracker = new QualityTracker();
  readonly journal: LoopJournal = new LoopJournal();
  readonly #parts: LearningLoopParts;
  readonly #drift: DriftWatch | null;
  readonly #reports: DriftReporter;
  #state: RetrainingState = initialRetrainingState;
  readonly #closed = new AbortController();
  readonly #retry = retry(
    handleWhen((error) => isCode(error, 'LOG_UNAVAILABLE') || isCode(error, 'LOG_FAILED')),
    {
      maxAttempts: Number.POSITIVE_INFINITY,
      backoff: new ExponentialBackoff({ initialDelay: RESTART_MS_MIN, maxDelay: RESTART_MS_MAX }),
    },
  );
  #champion: string | null = null;
  /** The training under way. */
  #outcome: {
    readonly version: string;
    readonly job: RetrainingJobRecord;
    readonly resolve: () => void;
  } | null = null;

  constructor(parts: LearningLoopParts) {
    this.#parts = parts;
    const { drift, name } = parts.topology;
    this.#drift = drift === undefined ? null : new DriftWatch(name, drift);
    const { leads, isElected } = parts;
    this.#reports = new DriftReporter({ leads, isElected, report: (rows) => this.#report(rows) });
  }

  get state(): RetrainingState {
    return this.#state;
  }

  /** Decides one boundary; aligned, it resolves when a training that it began has ended. */
  async decide(boundary: Boundary): Promise<void> {
    let labels = 0;
    for (const observations of boundary.observations) {
      this.quality.add(observations.labels);
      labels += observations.labels.labels.length;
    }
    const findings = this.#drift?.at(boundary) ?? null;
    if (findings !== null) await this.#reports.take(boundary.atMs, findings.rows);
    this.journal.boundary(boundary.atMs, this.quality, findings);
    this.#tellQuality(boundary.atMs);
    const { retraining } = this.#parts.topology;
    if (retraining === undefined || this.#parts.history === null) return;
    const driftedFeatures = findings?.driftedFeatures ?? [];
    const errorDrift = findings?.errorDrift ?? false;
    const event = { kind: 'boundary' as const, atMs: boundary.atMs, labels, driftedFeatures, errorDrift };
    const { state, request } = stepRetraining(this.#state, event, retraining);
    this.#state = state;
    if (request === null) return;
    const ended = this.#train(request, retraining.windowMs);
    if (this.#parts.topology.control?.mode === 'aligned') await ended;
    else
      ended.catch((error: Error) =>
        this.#parts.telemetry.error('a retraining job failed', { why: error.message }),
      );
  }

  /** Quality of the week before a boundary, loop and frozen, and of the champion since it took over. */
  #tellQuality(atMs: number): void {
    const { topology, history, telemetry, leads } = this.#parts;
    const newest = this.journal.quality.at(-1);
    if (newest === undefined || newest.atMs !== atMs) return;
    const models: Array<[string, Figures]> = [
      ['loop', newest.loop],
      ['frozen', newest.frozen],
    ];
    if (this.#champion !== null) models.push([this.#champion, this.quality.version(this.#champion)]);
    if (leads())
      history?.metrics(models.flatMap(([model, of]) => qualityRows(topology.name, atMs, model, of)));
    for (const [model, { logLoss, auc }] of models.slice(0, 2)) {
      const labels = { topology: topology.name, model };
      if (logLoss !== null) telemetry.gauge('quality_log_loss_ratio', logLoss, labels);
      if (auc !== null) telemetry.gauge('quality_auc_ratio', auc, labels);
    }
  }

  /** Labels joined after the last boundary: they count, and nothing is decided on them. */
  remaining(observations: PartitionObservations): void {
    this.quality.add(observations.labels);
  }

  /** Tries for as long as it takes: what was decided must come out, and a log that is away comes back. */
  async #publish(topic: string, records: readonly LogRecord[]): Promise<void> {
    await this.#retry.execute(() => this.#parts.log.publish(topic, records), this.#closed.signal);
  }

  async #report(rows: readonly DriftReportRow[]): Promise<void> {
    const { topics, driftReports, history, nowMs, telemetry } = this.#parts;
    history?.driftReports(rows);
    const topology = this.#parts.topology.name;
    telemetry.count('drift_reports_total', rows.length, { topology });
    for (const { drifted, feature, detector } of rows) {
      if (drifted) telemetry.count('drift_alarms_total', 1, { topology, feature, detector });
    }
    await this.#publish(
      topics.driftReports,
      rows.map((row) => ({
        key: Buffer.from(row.feature),
        value: driftReports.encode(row),
        timestampMs: nowMs(),
      })),
    );
  }

  async #train(request: TrainingRequest, windowMs: number): Promise<void> {
    const { topology, nowMs, telemetry } = this.#parts;
    const version = `v${request.number}`;
    const job: RetrainingJobRecord = {
      topology: topology.name,
      version,
      reason: request.reason,
      atMs: request.atMs,
      fromMs: request.atMs - windowMs,
      champion: this.#champion,
      seed: request.number,
    };
    const outcome = new Promise<void>((resolve) => {
      this.#outcome = { version, job, resolve };
    });
    this.journal.trainingBegan(version, request.reason, request.atMs, nowMs());
    const known = this.#parts.outcome(version);
    if (known !== null) {
      this.updated(known, manifestOf(known));
      return;
    }
    telemetry.info('retraining', {
      version,
      reason: request.reason,
      at: new Date(request.atMs).toISOString(),
    });
    if (this.#parts.leads()) await this.#publishJob(job);
    await outcome;
  }

  async #publishJob(job: RetrainingJobRecord): Promise<void> {
    const { topology, topics, jobs, nowMs } = this.#parts;
    this.#event('requested', job.version, job.atMs, job.reason, '');
    await this.#publish(topics.retrainingJobs, [
      { key: Buffer.from(topology.name), value: jobs.encode(job), timestampMs: nowMs() },
    ]);
  }

  /**
   * This engine leads from now on. What the one before may not have come to is published again: a job that is decided
   * already is passed over by the trainer.
   * @param reportedMs boundary up to which drift was reported
   */
  async elected(reportedMs: number): Promise<void> {
    await this.#reports.elected(reportedMs);
    const waiting = this.#outcome;
    if (waiting !== null && this.#parts.outcome(waiting.version) === null)
      await this.#publishJob(waiting.job);
  }

  /** A model update has been taken in by this engine. */
  updated(update: ModelUpdateRecord, manifest: ModelManifest | null): void {
    const isOurs = this.#outcome?.version === update.version;
    if (update.status === 'champion') {
      this.#champion = update.version;
      if (manifest !== null) this.#drift?.follow(update.version, manifest.reference);
    }
    const kind = manifest === null ? 'failed' : update.status === 'champion' ? 'promoted' : 'rejected';
    if (this.#parts.leads()) {
      this.#event(
        isOurs ? kind : byHand(update),
        update.version,
        update.atMs,
        update.reason,
        manifest?.why ?? '',
      );
    }
    this.journal.updated(update, manifest);
    if (!isOurs) return;
    const verdict = kind;
    this.#parts.telemetry.count('retrainings_total', 1, {
      topology: this.#parts.topology.name,
      reason: triggerOf(update),
      verdict,
    });
    const { retraining } = this.#parts.topology;
    if (retraining !== undefined) {
      const ended = { kind: 'ended' as const, promoted: update.status === 'champion' };
      this.#state = stepRetraining(this.#state, ended, retraining).state;
    }
    this.#outcome?.resolve();
    this.#outcome = null;
  }

  #event(kind: ModelEventRow['kind'], version: string, atMs: number, reason: string, detail: string): void {
    const topology = this.#parts.topology.name;
    this.#parts.history?.modelEvents([{ topology, atMs, kind, version, reason, detail }]);
  }

  /** Lets a boundary that waits for a training go on: the engine is stopping. */
  close(): void {
    this.#closed.abort();
    this.#outcome?.resolve();
    this.#outcome = null;
  }
}
