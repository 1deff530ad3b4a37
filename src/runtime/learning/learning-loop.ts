// The learning loop (control path): decides each control boundary. It computes quality and drift, lets the reducer decide
// whether to retrain, and publishes the job; aligned partitions wait for its outcome.
import type { Figures, MetricRow, ModelManifest } from '../../core/reports.ts';
import { instantText } from '../../core/time.ts';
import type { JoinedLabels, PartitionObservations } from '../../operators/observations.ts';
import type { Boundary, BoundaryKeeper } from '../boundaries/boundary.ts';
import { ChampionOrder } from './champion-order.ts';
import { DriftWatch, type DriftFindings } from './drift-watch.ts';
import { DecisionSteps } from './decision-steps.ts';
import { JOURNAL, LoopJournal } from './loop-journal.ts';
import { manifestOf } from '../models/model-update.ts';
import { LOOP, operatorEvent, triggerOf, type LearningLoopParts, type LoopState } from './loop-parts.ts';
import { ownState, requireOwnState } from './own-state.ts';
import { QualityTracker } from './quality.ts';
import { showQuality } from './quality-gauges.ts';
import { confusionRows, qualityRows, revisedRows } from './quality-rows.ts';
import { deadlineMs, TrainableTime } from './trainable-time.ts';
import { jsonPart, partValue, type StateParts } from './state-parts.ts';
import type { ModelUpdateRecord, RetrainingJobRecord } from '../records.ts';
import {
  initialRetrainingState,
  restoredRetrainingState,
  stepRetraining,
  type RetrainingState,
  type TrainingRequest,
} from './retraining-state.ts';

export class LearningLoop implements BoundaryKeeper {
  readonly quality: QualityTracker;
  readonly journal: LoopJournal = new LoopJournal();
  readonly #parts: LearningLoopParts;
  readonly #drift: DriftWatch | null;
  readonly #steps: DecisionSteps;
  #state: RetrainingState = initialRetrainingState;
  #champion: string | null = null;
  /** Event time of the newest row that the champion was trained on, ms. */
  #newestRowMs: number = Number.NEGATIVE_INFINITY;
  readonly #trainable = new TrainableTime();
  readonly #champions: ChampionOrder;
  /** The training that is running; null if none is. */
  #training: { readonly version: string; readonly ended: PromiseWithResolvers<void> } | null = null;

  constructor(parts: LearningLoopParts) {
    this.#parts = parts;
    this.#champions = new ChampionOrder(() => parts.promoted());
    const { drift, name, task } = parts.topology;
    this.quality = new QualityTracker(task);
    this.#steps = new DecisionSteps(name, parts.telemetry);
    this.#drift = drift === undefined ? null : new DriftWatch(parts.topology, drift, this.#steps);
  }

  get state(): RetrainingState {
    return this.#state;
  }

  /**
   * Decides one boundary. In aligned mode it resolves when the training that the boundary has started, if any, has ended.
   * A step that fails is reported and left out; only a failure to publish rejects.
   */
  async decide(boundary: Boundary): Promise<void> {
    const steps = this.#steps;
    const { atMs, observations } = boundary;
    steps.run('champion', () => this.#passPromotions(atMs), undefined);
    for (const { labels } of observations) steps.run('quality', () => this.#addLabels(labels), undefined);
    const findings = steps.run('drift', () => this.#drift?.at(boundary) ?? null, null);
    const metrics = steps.run('quality', () => this.#reportQuality(atMs, findings), []);
    const reports = findings?.rows ?? [];
    const job = steps.run('retraining', () => this.#jobAt(boundary, findings), null);
    steps.decided();
    await this.#parts.publisher.publish({ atMs, reports, metrics, job });
    const isAligned = this.#parts.topology.control?.mode === 'aligned';
    if (job !== null && isAligned) await this.#training?.ended.promise;
  }

  #addLabels(joined: JoinedLabels): void {
    const unusable = this.quality.add(joined);
    const { telemetry, topology } = this.#parts;
    if (unusable > 0) telemetry.count('labels_unusable_total', unusable, { topology: topology.name });
  }

  /** A loop that re-reads the past also passes champions that an operator promoted. */
  #passPromotions(atMs: number): void {
    const version = this.#champions.passedAt(atMs);
    if (version !== null && version !== this.#champion) this.#follow(version, this.#manifestOf(version));
  }

  #follow(version: string, manifest: ModelManifest | null): void {
    this.#champion = version;
    this.#newestRowMs = manifest?.newestRowMs ?? Number.NEGATIVE_INFINITY;
    if (manifest !== null) this.#drift?.follow(version, manifest.reference);
  }

  /** The job that is due at a boundary; null if there is none, or if its outcome is already known. */
  #jobAt({ atMs, observations }: Boundary, findings: DriftFindings | null): RetrainingJobRecord | null {
    const { retraining, task } = this.#parts.topology;
    if (retraining === undefined || this.#parts.history === null) return null;
    const rows =
      task.alerts === undefined
        ? this.#trainable.add(observations, this.#newestRowMs)
        : this.#trainable.addUnlabelled(observations, atMs, this.#newestRowMs);
    const { state, request } = stepRetraining(
      this.#state,
      {
        kind: 'boundary',
        atMs,
        ...rows,
        needsBothClasses: task.objective?.kind === 'log-loss',
        counted: task.alerts === undefined ? 'labels' : 'rows',
        driftedFeatures: findings?.driftedFeatures ?? [],
        errorDrift: findings?.errorDrift === true ? task.loss.title : null,
        change: findings?.change ?? null,
      },
      retraining,
    );
    this.#state = state;
    return request === null ? null : this.#start(request, retraining.windowMs);
  }

  /** Quality of the loop and of the frozen model in the week before a boundary, and of the champion since its promotion. */
  #reportQuality(atMs: number, findings: DriftFindings | null): MetricRow[] {
    const { topology } = this.#parts;
    this.journal.boundary(atMs, this.quality, findings);
    const newest = this.journal.quality.at(-1);
    if (newest === undefined || newest.atMs !== atMs) return [];
    const models: Array<[string, Figures]> = [
      ['loop', newest.loop],
      ['frozen', newest.frozen],
    ];
    if (this.#champion !== null) models.push([this.#champion, this.quality.version(this.#champion)]);
    showQuality(this.journal, this.#parts.telemetry, this.#parts.topology.name);
    const confusions = Object.entries(this.journal.confusion ?? {});
    return [
      ...revisedRows(topology.name, atMs, this.quality.revised()),
      ...models.flatMap(([model, figures]) => qualityRows(topology.name, atMs, model, figures)),
      ...confusions.flatMap(([model, confusion]) => confusionRows(topology.name, atMs, model, confusion)),
    ];
  }

  /** Counts labels that were joined after the last boundary; nothing is decided on them. */
  remaining(observations: PartitionObservations): void {
    this.#steps.run('quality', () => this.#addLabels(observations.labels), undefined);
  }

  #start(request: TrainingRequest, windowMs: number): RetrainingJobRecord | null {
    const { topology, nowMs, telemetry } = this.#parts;
    const version = `v${request.number}`;
    this.#training = { version, ended: Promise.withResolvers() };
    this.journal.trainingStarted(version, request.reason, request.atMs, nowMs());
    const known = this.#parts.outcome(version);
    if (known !== null) {
      this.#decided(known, this.#manifestOf(version));
      return null;
    }
    telemetry.info('retraining', {
      version,
      reason: request.reason,
      at: instantText(request.atMs),
    });
    return {
      topology: topology.name,
      version,
      reason: request.reason,
      atMs: request.atMs,
      // Labels may come later than the window is wide: it ends where there are labels.
      fromMs: Math.min(request.atMs - deadlineMs(topology.labels), this.#trainable.newestMs) - windowMs,
      champion: this.#champion,
      seed: request.number,
      changeMs: request.changeMs,
    };
  }

  /** Records an update that has come, and that this engine has applied. */
  updated(update: ModelUpdateRecord, manifest: ModelManifest | null): void {
    const trainings = this.#parts.topology.retraining === undefined ? null : this.#state.trainings;
    if (this.#champions.takes(update, trainings)) this.#decided(update, manifest);
  }

  #decided(update: ModelUpdateRecord, manifest: ModelManifest | null): void {
    const isOurs = this.#training?.version === update.version;
    if (update.status === 'champion')
      this.#steps.run('champion', () => this.#follow(update.version, manifest), undefined);
    const kind = manifest === null ? 'failed' : update.status === 'champion' ? 'promoted' : 'rejected';
    if (this.#parts.publisher.leads) {
      const { topology, version, atMs, reason } = update;
      const event = isOurs || update.status !== 'champion' ? kind : operatorEvent(update);
      const detail = manifest?.why ?? '';
      this.#parts.history?.modelEvents([{ topology, atMs, kind: event, version, reason, detail }]);
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
      const unseen = manifest === null || retraining.gate.refit ? 0 : manifest.rows.gate;
      const isSure = (manifest?.gain?.low ?? 0) > 0;
      const ended = { kind: 'ended', outcome: kind, unseen, isSure } as const;
      this.#state = stepRetraining(this.#state, ended, retraining).state;
    }
    this.#endTraining();
  }

  /** The state as of the boundary that was decided last; null if it cannot be snapshotted. */
  snapshot(): StateParts | null {
    return this.#steps.run('snapshot', () => this.#snapshot(), null);
  }

  #snapshot(): StateParts | null {
    const quality = this.quality.snapshot();
    if (quality === null) return null;
    const state: LoopState = {
      ...ownState(this.#parts.topology),
      retraining: this.#state,
      champion: this.#champion,
      training: this.#training?.version ?? null,
      labelledMs: this.#trainable.newestMs,
    };
    const drift = this.#drift?.snapshot() ?? [];
    return new Map([[LOOP, jsonPart(state)], [JOURNAL, this.journal.snapshot()], ...quality, ...drift]);
  }

  /** Continues from a snapshot; without a part it starts empty. Throws if the state is not of this topology's task. */
  restore(parts: StateParts): void {
    const state = partValue(parts, LOOP) as LoopState | undefined; // what `snapshot` wrote
    if (state !== undefined) requireOwnState(this.#parts.topology, state);
    const manifest = (version: string): ModelManifest | null => this.#manifestOf(version);
    this.#state = restoredRetrainingState(state?.retraining ?? {});
    this.#champion = state?.champion ?? null;
    this.#newestRowMs =
      this.#champion === null
        ? Number.NEGATIVE_INFINITY
        : (this.#manifestOf(this.#champion)?.newestRowMs ?? Number.NEGATIVE_INFINITY);
    this.#trainable.newestMs = state?.labelledMs ?? Number.NEGATIVE_INFINITY;
    this.#champions.restart();
    this.quality.restore(parts);
    this.#drift?.restore(parts, (version) => manifest(version)?.reference ?? null);
    this.journal.restore(parts, this.quality, manifest);
    showQuality(this.journal, this.#parts.telemetry, this.#parts.topology.name);
    const version = state?.training ?? null;
    this.#endTraining();
    if (version === null) return;
    this.#training = { version, ended: Promise.withResolvers() };
    // It may have ended since.
    const known = this.#parts.outcome(version);
    if (known !== null) this.#decided(known, manifest(version));
  }

  /** Starts empty although there is a past: versions that are decided are not requested again. */
  lost(): void {
    this.restore(new Map());
    let trainings = 0;
    while (this.#parts.outcome(`v${trainings + 1}`) !== null) trainings += 1;
    const hasModel = this.#parts.promoted().length > 0;
    const phase = hasModel ? ('watching' as const) : ('collecting' as const);
    this.#state = { ...initialRetrainingState, trainings, hasModel, phase };
  }

  /** In aligned mode, resolves when the training that was running at the snapshot has ended. */
  async resumed(): Promise<void> {
    if (this.#parts.topology.control?.mode === 'aligned') await this.#training?.ended.promise;
  }

  #manifestOf(version: string): ModelManifest | null {
    const known = this.#parts.outcome(version);
    return known === null ? null : this.#steps.run('champion', () => manifestOf(known), null);
  }

  #endTraining(): void {
    this.#training?.ended.resolve();
    this.#training = null;
  }

  /** Releases a boundary that waits for a training: the engine is stopping. */
  close(): void {
    this.#endTraining();
  }
}
