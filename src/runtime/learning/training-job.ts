// A retraining job as a training, and a candidate as a manifest (control path): what the training service and the bench share.
import { createHash } from 'node:crypto';
import type { ModelManifest } from '../../core/reports.ts';
import type { Candidate, CandidateRequest } from '../../learning/candidate.ts';
import { samplingOf } from '../../learning/sampling/class-weights.ts';
import { taskFacts } from '../../learning/task-calls.ts';
import type { TrainingSet } from '../../ports/history.ts';
import type { Topology } from '../../topology/define.ts';
import type { RetrainingSettings } from '../../topology/learning-options.ts';
import { manifestTarget } from '../../topology/target-models.ts';
import type { RetrainingJobRecord } from '../records.ts';
import { outputNames } from '../../tasks/outputs.ts';

/** A topology that retrains: what a training needs of it. */
export type TrainedTopology = Pick<Topology, 'name' | 'task' | 'features' | 'labels' | 'score' | 'target'>;

/** @param champion the model that the job names; null if it names none, or if it is unknown */
export function candidateRequest(
  topology: TrainedTopology,
  settings: RetrainingSettings,
  job: RetrainingJobRecord,
  trainingSet: TrainingSet,
  champion: CandidateRequest['champion'],
): CandidateRequest {
  const { trainers, gate, validationShare, halfLifeMs, calibration, seed } = settings;
  return {
    topology: topology.name,
    version: job.version,
    task: taskFacts(topology.task),
    features: topology.features?.features ?? [],
    trainingSet,
    champion,
    changeMs: job.changeMs,
    trainers,
    gate,
    validationShare,
    halfLifeMs,
    calibration,
    sampling: samplingOf(topology.task, settings),
    seed: seed + job.seed,
  };
}

/** @param interval event times of the training set's first and last row, ms */
export function candidateManifest(
  topology: TrainedTopology,
  { gate }: RetrainingSettings,
  job: RetrainingJobRecord,
  candidate: Candidate,
  interval: ModelManifest['interval'],
  createdMs: number,
): ModelManifest {
  const names = outputNames(topology.task.output);
  return {
    topology: job.topology,
    ...manifestTarget(topology),
    version: candidate.version,
    status: candidate.verdict === 'promote' ? 'champion' : 'rejected',
    parent: job.champion,
    createdMs,
    trainedAtMs: job.atMs,
    reason: job.reason,
    why: candidate.why,
    interval,
    rows: candidate.rows,
    metrics: candidate.metrics,
    ...(candidate.gain === null ? {} : { gain: candidate.gain }),
    task: topology.task.name,
    ...(names === undefined ? {} : { classes: names }),
    trainer: candidate.trainer,
    gate,
    newestRowMs: candidate.newestRowMs,
    features: topology.features?.features ?? [],
    environment: { node: process.version, platform: `${process.platform}-${process.arch}` },
    sha256: createHash('sha256').update(candidate.model).digest('hex'),
    seconds: candidate.seconds,
    reference: candidate.reference,
  };
}
