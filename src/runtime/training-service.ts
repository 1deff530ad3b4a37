// Runs retraining jobs (control path): reads what was known at the job's instant, trains, registers the candidate and
// publishes the outcome as a model update. One job at a time.
import { createHash } from 'node:crypto';
import { concatMap, type Subscription } from 'rxjs';
import type { RawBatch } from '../core/batch.ts';
import { messageOf } from '../core/errors.ts';
import type { ModelManifest } from '../core/reports.ts';
import type { RecordDecoder, RecordEncoder } from '../ports/codec.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { History } from '../ports/history.ts';
import type { ModelRegistry } from '../ports/model-registry.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Candidate, Trainer } from '../ports/trainer.ts';
import type { RetrainingOptions, Topology } from '../topology/define.ts';
import type { TopologyTopics } from '../topology/topics.ts';
import { packUpdate } from './model-update.ts';
import type { ModelUpdateRecord, RetrainingJobRecord } from './records.ts';

export interface TrainingServiceParts {
  readonly topology: Topology;
  readonly topics: TopologyTopics;
  readonly log: EventLog;
  readonly history: History;
  readonly registry: ModelRegistry;
  readonly trainer: Trainer;
  readonly jobs: RecordDecoder<RetrainingJobRecord>;
  readonly updates: RecordEncoder<ModelUpdateRecord>;
  readonly telemetry: Telemetry;
  readonly nowMs: () => number;
}

export class TrainingService {
  readonly #parts: TrainingServiceParts;
  readonly #options: RetrainingOptions;
  readonly #abort = new AbortController();
  #subscription: Subscription | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: TrainingServiceParts, options: RetrainingOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /** Takes jobs that are published from now on. */
  start(): void {
    const { log, topics, telemetry } = this.#parts;
    this.#subscription = log
      .tail(topics.retrainingJobs, 'latest')
      .pipe(concatMap((raw) => (this.#running = this.#takeAll(raw))))
      .subscribe({
        error: (error: unknown) =>
          telemetry.error('the retraining jobs cannot be read', { why: messageOf(error) }),
      });
  }

  async #takeAll(raw: RawBatch): Promise<void> {
    for (const value of raw.values) {
      if (value === null || this.#abort.signal.aborted) continue;
      const job = await this.#parts.jobs.decode(value);
      if (job.topology === this.#parts.topology.name) await this.#take(job);
    }
  }

  async #take(job: RetrainingJobRecord): Promise<void> {
    const { telemetry } = this.#parts;
    const startedMs = performance.now();
    try {
      const { manifest, model } = await this.#train(job);
      await this.#parts.registry.register(manifest, model);
      await this.#publish(packUpdate(manifest, model, job.reason, job.atMs));
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      telemetry.error('a training failed', { version: job.version, why: messageOf(error) });
      await this.#publish({
        topology: job.topology,
        version: job.version,
        status: 'rejected',
        model: Buffer.alloc(0),
        manifest: '',
        reason: `training failed: ${messageOf(error)}`,
        atMs: job.atMs,
      });
    }
    telemetry.observe('training_duration_seconds', performance.now() - startedMs, {
      topology: this.#parts.topology.name,
    });
  }

  async #publish(update: ModelUpdateRecord): Promise<void> {
    const { log, topics, updates } = this.#parts;
    const key = Buffer.from(`${update.topology}/${update.version}`);
    await log.publish(topics.modelUpdates, [
      { key, value: updates.encode(update), timestampMs: this.#parts.nowMs() },
    ]);
  }

  async #train(job: RetrainingJobRecord): Promise<{ manifest: ModelManifest; model: Uint8Array }> {
    const { topology, history, registry, trainer } = this.#parts;
    const features = topology.features?.features ?? [];
    await history.flush();
    const { rowsMax, params, seed } = this.#options;
    const window = { fromMs: job.fromMs, untilMs: job.atMs };
    const trainingSet = await history.trainingSet({
      topology: topology.name,
      ...window,
      rowsMax,
      width: features.length,
    });
    const interval = {
      fromMs: trainingSet.eventTimeMs[0] ?? job.fromMs,
      toMs: trainingSet.eventTimeMs.at(-1) ?? job.atMs,
    };
    const parent = job.champion === null ? null : await registry.load(topology.name, job.champion);
    const candidate = await trainer.train(
      {
        topology: topology.name,
        version: job.version,
        features,
        trainingSet,
        champion: parent === null ? null : { version: parent.manifest.version, model: parent.model },
        params,
        seed: seed + job.seed,
      },
      this.#abort.signal,
    );
    return { manifest: this.#manifest(job, candidate, interval), model: candidate.model };
  }

  #manifest(job: RetrainingJobRecord, of: Candidate, interval: ModelManifest['interval']): ModelManifest {
    return {
      topology: job.topology,
      version: of.version,
      status: of.verdict === 'promote' ? 'champion' : 'rejected',
      parent: job.champion,
      createdMs: this.#parts.nowMs(),
      trainedAtMs: job.atMs,
      reason: job.reason,
      why: of.why,
      interval,
      rows: of.rows,
      metrics: of.metrics,
      params: this.#options.params,
      features: this.#parts.topology.features?.features ?? [],
      environment: { node: process.version, platform: `${process.platform}-${process.arch}` },
      sha256: createHash('sha256').update(of.model).digest('hex'),
      seconds: of.seconds,
      reference: of.reference,
    };
  }

  /** Ends the job under way, if there is one. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#subscription?.unsubscribe();
    await this.#running.catch(() => undefined);
    await this.#parts.trainer.close();
  }
}
