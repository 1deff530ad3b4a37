// Models of one topology (control path): follows the model-updates topic, and keeps the registry's statuses in step.
import { MillraceError } from '../../core/errors.ts';
import type { ModelManifest } from '../../core/reports.ts';
import { ModelFollower } from '../../runtime/models/model-follower.ts';
import type { ModelUpdateRecord } from '../../runtime/records.ts';
import type { Topology } from '../../topology/define.ts';
import { topicsOf } from '../../topology/topics.ts';
import type { Adapters } from './adapters.ts';

/** `updated` is called after a champion is loaded, or a candidate was rejected. */
export async function openFollower(
  topology: Topology,
  adapters: Adapters,
  updated: (update: ModelUpdateRecord, manifest: ModelManifest | null) => void,
): Promise<ModelFollower> {
  const { log, codec, scorers, telemetry } = adapters;
  const { modelUpdates } = topicsOf(topology);
  return new ModelFollower({
    topology: topology.name,
    task: topology.task.name,
    width: topology.features?.features.length ?? 0,
    topic: modelUpdates,
    log,
    decoder: await codec.decoder<ModelUpdateRecord>(`${modelUpdates}-value`),
    scorers,
    telemetry,
    onUpdate: (update, manifest) => {
      updated(update, manifest);
      if (update.status === 'champion') void recordPromotion(adapters, update, manifest);
    },
  });
}

/** Marks the version as champion in the registry, and the former champion as retired. */
async function recordPromotion(
  { registry, telemetry }: Adapters,
  update: ModelUpdateRecord,
  manifest: ModelManifest | null,
): Promise<void> {
  try {
    for (const known of await registry.list(update.topology)) {
      if (known.status === 'champion' && known.version !== update.version) {
        await registry.setStatus(update.topology, known.version, 'retired', update.atMs);
      }
    }
    await registry.setStatus(update.topology, update.version, 'champion', update.atMs);
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    // The registry folder may be on another machine. The event carries the model, so scoring goes on.
    telemetry.warn('the registry does not know the champion', {
      version: manifest?.version ?? update.version,
    });
  }
}
