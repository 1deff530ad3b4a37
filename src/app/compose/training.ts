// Retraining of one topology (control path): the service that runs the jobs of its retraining-jobs topic.
import type { ModelGate } from '../../runtime/models/model-gate.ts';
import type { Audit } from '../../ports/audit.ts';
import type { ArtifactSink } from '../../runtime/models/model-update.ts';
import type { ModelFollower } from '../../runtime/models/model-follower.ts';
import type { ModelUpdateRecord, RetrainingJobRecord } from '../../runtime/records.ts';
import { TrainingService } from '../../runtime/learning/training-service.ts';
import type { Topology } from '../../topology/define.ts';
import { topicsOf } from '../../topology/topics.ts';
import type { Adapters } from './adapters.ts';
import { operator } from './operator.ts';

/** Null if the topology declares no retraining. */
export async function openTraining(
  topology: Topology,
  adapters: Adapters & { readonly audit: Audit },
  {
    follower,
    gate,
    artifacts,
  }: { readonly follower: ModelFollower; readonly gate: ModelGate; readonly artifacts: ArtifactSink },
  failed: (error: Error) => void,
): Promise<TrainingService | null> {
  if (topology.retraining === undefined) return null;
  const { log, codec, history, registry, modelKeys, candidates, telemetry, quarantines, audit } = adapters;
  const topics = topicsOf(topology);
  if (modelKeys.areRequired && modelKeys.signingName === null)
    telemetry.warn('models that this engine trains are rejected: MILLRACE_MODEL_KEYS requires a signature', {
      remedy: 'Set MILLRACE_MODEL_SIGNING_KEY_FILE on every engine that trains.',
    });
  return new TrainingService(
    {
      topology,
      topics,
      log,
      history,
      registry,
      artifacts,
      candidates,
      gate,
      jobs: await codec.decoder<RetrainingJobRecord>(`${topics.retrainingJobs}-value`),
      updates: await codec.encoder<ModelUpdateRecord>(`${topics.modelUpdates}-value`),
      telemetry,
      quarantine: quarantines.of(topology.name),
      audit,
      by: { ...operator(), actor: 'the gate' },
      failed,
      nowMs: Date.now,
      isDecided: (version) => follower.isDecided(version),
      champion: (version) => follower.model(version),
    },
    topology.retraining,
  );
}
