// Runs retraining jobs, one at a time (control path): reads the labels that were known at the job's event time, trains,
// registers the candidate, and publishes the outcome as a model update.
import { concatMap, lastValueFrom } from 'rxjs';
import type { RawBatch } from '../../core/batch.ts';
import { isCode, messageOf } from '../../core/errors.ts';
import { isEnvironmentFault } from '../../core/faults.ts';
import type { ModelManifest } from '../../core/reports.ts';
import type { Actor, Audit } from '../../ports/audit.ts';
import type { RecordDecoder, RecordEncoder } from '../../ports/codec.ts';
import type { Assignment, EpochWriter, EventLog } from '../../ports/event-log.ts';
import type { History } from '../../ports/history.ts';
import type { ModelRegistry } from '../../ports/model-registry.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { Candidate, CandidateRunner } from '../../learning/candidate.ts';
import { taskCalls } from '../../learning/task-calls.ts';
import type { Topology } from '../../topology/define.ts';
import { modelSubject } from '../../topology/targets.ts';
import type { RetrainingSettings } from '../../topology/learning-options.ts';
import { groupOf, type TopologyTopics } from '../../topology/topics.ts';
import { Election } from '../boundaries/election.ts';
import type { ModelGate } from '../models/model-gate.ts';
import type { ChampionModel } from '../models/known-models.ts';
import { makeUpdate, type ArtifactSink } from '../models/model-update.ts';
import { OwnRecords } from '../own-records.ts';
import { jobFault } from './job-fault.ts';
import { candidateManifest, candidateRequest } from './training-job.ts';
import { deadlineMs } from './trainable-time.ts';
import type { ModelUpdateRecord, RetrainingJobRecord } from '../records.ts';

export interface TrainingServiceParts {
  readonly topology: Topology;
  readonly topics: TopologyTopics;
  readonly log: EventLog;
  readonly history: History;
  readonly registry: ModelRegistry;
  readonly artifacts: ArtifactSink;
  readonly candidates: CandidateRunner;
  /** Checks a candidate as every engine does, before any of them takes it. */
  readonly gate: ModelGate;
  readonly jobs: RecordDecoder<RetrainingJobRecord>;
  readonly updates: RecordEncoder<ModelUpdateRecord>;
  readonly telemetry: Telemetry;
  readonly quarantine: Quarantine;
  readonly nowMs: () => number;
  readonly audit: Audit;
  /** Who promotes what passes the gate, for the audit log. */
  readonly by: Actor;
  /** Whether the log has an outcome of a version, also one that this engine or the trainer before it has just published. */
  isDecided(version: string): Promise<boolean>;
  /** The model of a version that is or was champion; null if it is unknown. */
  champion(version: string): Promise<ChampionModel | null>;
  /** Called with an error that a restart would meet again. */
  readonly failed: (error: Error) => void;
}

export class TrainingService {
  readonly #parts: TrainingServiceParts;
  readonly #settings: RetrainingSettings;
  readonly #jobs: OwnRecords<RetrainingJobRecord>;
  readonly #election: Election;
  /** Aborted when this engine's term as trainer ends. */
  #termEnds: AbortSignal = new AbortController().signal;

  constructor(parts: TrainingServiceParts, settings: RetrainingSettings) {
    this.#parts = parts;
    this.#settings = settings;
    const { log, topics, telemetry, topology, quarantine, failed } = parts;
    this.#jobs = new OwnRecords(parts.jobs, (job) => jobFault(topology.name, job), quarantine);
    const groupId = `${groupOf(topology.name)}.trainer`;
    this.#election = new Election({
      log,
      groupId,
      topic: topics.retrainingJobs,
      telemetry,
      failed,
      lead: (assignment, ends) => this.#lead(assignment, ends, groupId),
    });
  }

  /** Joins the group of the jobs' single partition, which has one owner in the fleet. */
  start(): void {
    this.#election.start();
  }

  async #lead(assignment: Assignment, ends: AbortSignal, groupId: string): Promise<void> {
    const { log, telemetry, topology } = this.#parts;
    this.#termEnds = ends;
    const writer = await log.epochWriter(groupId);
    try {
      const from = (await writer.committed(groupId, assignment))?.offset ?? null;
      telemetry.info('this engine trains', { topology: topology.name, from: from ?? 'earliest' });
      const jobs = assignment.open(from).pipe(concatMap((raw) => this.#takeAll(raw, writer, groupId)));
      await lastValueFrom(jobs, { defaultValue: undefined });
    } finally {
      await writer.close();
    }
  }

  async #takeAll(raw: RawBatch, writer: EpochWriter, groupId: string): Promise<void> {
    for (const [i, offset] of raw.offsets.entries()) {
      if (this.#termEnds.aborted) return;
      const job = await this.#jobs.follow(raw, i, this.#parts.telemetry);
      // A new leader may publish a job again.
      if (job === null || (await this.#parts.isDecided(job.version))) continue;
      const update = await this.#take(job);
      if (update === null) return;
      if (update.status === 'champion') await this.#recordPromotion(job, update);
      const key = Buffer.from(`${update.topology}/${update.version}`);
      const record = { key, value: this.#parts.updates.encode(update), timestampMs: this.#parts.nowMs() };
      writer.append(this.#parts.topics.modelUpdates, [record]);
      // The outcome and the job's offset are one transaction: a job has one outcome, whichever process fails at any time.
      await writer.commit(groupId, raw.origin, offset + 1);
    }
  }

  async #recordPromotion(
    { champion }: RetrainingJobRecord,
    { version, reason }: ModelUpdateRecord,
  ): Promise<void> {
    const { audit, by } = this.#parts;
    await audit.record({
      ...by,
      action: 'promotion',
      subject: modelSubject(this.#parts.topology, version),
      before: champion === null ? null : { champion },
      after: { champion: version, reason },
    });
  }

  /** The outcome of a job; null if the term ended. */
  async #take(job: RetrainingJobRecord): Promise<ModelUpdateRecord | null> {
    const { telemetry, topology } = this.#parts;
    const startedMs = performance.now();
    try {
      const { manifest, model, log } = await this.#train(job);
      await this.#register(manifest, model);
      if (log !== null) await this.#keepLog(manifest, log);
      const update = await makeUpdate(this.#parts.artifacts, manifest, model, job.reason, job.atMs);
      telemetry.clear('training_failed', topology.name);
      return update;
    } catch (error) {
      if (this.#termEnds.aborted) return null;
      telemetry.raise('training_failed', topology.name, `${job.version}: ${messageOf(error)}`);
      // The job is not to blame for a history that is away: the term restarts, and the job with it.
      if (isEnvironmentFault(error) && !isCode(error, 'MODEL_TIMEOUT')) throw error;
      telemetry.error('a training failed', { version: job.version, why: messageOf(error) });
      return {
        topology: job.topology,
        version: job.version,
        status: 'rejected',
        model: Buffer.alloc(0),
        artifact: null,
        manifest: '',
        reason: `training failed: ${messageOf(error)}`,
        atMs: job.atMs,
      };
    } finally {
      telemetry.observe('training_duration_seconds', performance.now() - startedMs, {
        topology: topology.name,
      });
    }
  }

  /** Registers a candidate, unless a trainer that failed before its commit has registered the same bytes. */
  async #register(manifest: ModelManifest, model: Uint8Array): Promise<void> {
    const known = await this.#parts.registry.list(manifest.topology);
    if (known.some(({ version, sha256 }) => version === manifest.version && sha256 === manifest.sha256))
      return;
    await this.#parts.registry.register(manifest, model);
  }

  /** The version is worth more than its log. */
  async #keepLog({ topology, version }: ModelManifest, log: string): Promise<void> {
    const { registry, telemetry } = this.#parts;
    await registry.setLog(topology, version, log).catch((error: unknown) => {
      telemetry.warn('the log of a training is not kept', { version, why: messageOf(error) });
    });
  }

  async #train(
    job: RetrainingJobRecord,
  ): Promise<{ manifest: ModelManifest } & Pick<Candidate, 'model' | 'log'>> {
    const { topology, history, candidates, nowMs } = this.#parts;
    const features = topology.features?.features ?? [];
    await history.flush();
    const { rowsMax, trainers } = this.#settings;
    const predictedUntilMs = job.atMs - deadlineMs(topology.labels);
    const window = { fromMs: job.fromMs, untilMs: job.atMs, predictedUntilMs };
    const trainingSet = await history.trainingSet({
      topology: topology.name,
      ...window,
      rowsMax,
      width: features.length,
      isLabelled: topology.task.alerts === undefined,
      hasIdentities: trainers.some(({ extras }) => extras?.includes('identities') === true),
    });
    const interval = {
      fromMs: trainingSet.eventTimeMs[0] ?? job.fromMs,
      toMs: trainingSet.eventTimeMs.at(-1) ?? job.atMs,
    };
    const parent = job.champion === null ? null : await this.#parts.champion(job.champion);
    const request = candidateRequest(topology, this.#settings, job, trainingSet, parent);
    const training = candidates.run(request, taskCalls(topology.task), this.#termEnds);
    this.#parts.gate.prepare();
    const candidate = await training;
    const { model, log } = candidate;
    const manifest = candidateManifest(topology, this.#settings, job, candidate, interval, nowMs());
    return { manifest: await this.#checked(manifest, model), model, log };
  }

  /** A candidate that engines would refuse is rejected, whatever its figures. */
  async #checked(manifest: ModelManifest, model: Uint8Array): Promise<ModelManifest> {
    const signed = this.#parts.gate.sign(manifest);
    if (manifest.status !== 'champion') return signed;
    try {
      await this.#parts.gate.check({ version: manifest.version, manifest: signed, model });
      return signed;
    } catch (error) {
      if (!isCode(error, 'MODEL_INVALID')) throw error;
      this.#parts.telemetry.error('a candidate is rejected: no engine could use it', {
        version: manifest.version,
        why: error.message,
      });
      return { ...manifest, status: 'rejected', why: `${error.message} ${manifest.why}` };
    }
  }

  /** Aborts the job that is running, if any. */
  async close(): Promise<void> {
    await this.#election.close();
    await this.#parts.candidates.close();
  }
}
