// Models of one topology (control path): follows the model-updates topic, and keeps the registry's statuses in step.
import { messageOf } from '../../core/errors.ts';
import type { ModelManifest } from '../../core/reports.ts';
import type { ArtifactSource } from '../../runtime/artifacts/artifacts.ts';
import type { ModelGate } from '../../runtime/models/model-gate.ts';
import { ModelFollower } from '../../runtime/models/model-follower.ts';
import type { ModelUpdateRecord } from '../../runtime/records.ts';
import type { Topology } from '../../topology/define.ts';
import { topicsOf } from '../../topology/topics.ts';
import type { Adapters } from './adapters.ts';

/** `updated` is called after a champion is loaded, or a candidate was rejected. */
export async function openFollower(
  topology: Topology,
  adapters: Adapters,
  { gate, artifacts }: { readonly gate: ModelGate; readonly artifacts: ArtifactSource },
  updated: (update: ModelUpdateRecord, manifest: ModelManifest | null) => void,
  failed: (error: Error) => void,
): Promise<ModelFollower> {
  const { log, codec, telemetry, quarantines } = adapters;
  const { modelUpdates } = topicsOf(topology);
  return new ModelFollower({
    gate,
    topic: modelUpdates,
    log,
    decoder: await codec.decoder<ModelUpdateRecord>(`${modelUpdates}-value`),
    telemetry,
    quarantine: quarantines.of(topology.name),
    failed,
    onUpdate: (update, manifest) => {
      updated(update, manifest);
      void recordOutcome(adapters, artifacts, update, manifest);
    },
  });
}

/**
 * Marks a champion in the registry, and the former one as retired. A trainer registers a version as champion before any
 * engine has loaded it: one that is refused is marked as rejected.
 */
async function recordOutcome(
  { registry, telemetry }: Adapters,
  artifacts: ArtifactSource,
  update: ModelUpdateRecord,
  manifest: ModelManifest | null,
): Promise<void> {
  const { topology, version, status, atMs } = update;
  try {
    const known = await registry.list(topology);
    const listed = known.find((one) => one.version === version);
    if (status !== 'champion') {
      if (listed?.status === 'champion' && known.some((one) => one !== listed && one.status === 'champion'))
        await registry.setStatus(topology, version, 'rejected', atMs);
      return;
    }
    // The registry's folder may be that of another machine than the trainer's: the update brings the model with it.
    if (listed === undefined && manifest !== null) {
      const model = update.artifact === null ? update.model : await artifacts.fetch(update.artifact);
      await registry.register(manifest, model);
    }
    if (listed !== undefined) await registry.setStatus(topology, version, 'champion', atMs);
    for (const other of known)
      if (other.status === 'champion' && other.version !== version)
        await registry.setStatus(topology, other.version, 'retired', atMs);
  } catch (error) {
    // The event carries the model, so scoring goes on.
    telemetry.warn('the registry does not have the status of a model', { version, why: messageOf(error) });
  }
}
