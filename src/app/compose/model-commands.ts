// Manual promotion and rollback (control path): each command publishes one model-update event that every engine follows.
import { MillraceError } from '../../core/errors.ts';
import type { ModelManifest } from '../../core/reports.ts';
import { packUpdate } from '../../runtime/models/model-update.ts';
import type { ModelUpdateRecord } from '../../runtime/records.ts';
import type { ModelCommands } from '../../serving/serving-context.ts';
import type { Topology } from '../../topology/define.ts';
import { topicsOf } from '../../topology/topics.ts';
import type { Adapters } from './adapters.ts';

/** The version that was champion before the current one. @throws MODEL_UNKNOWN if there is none */
function previousChampion(manifests: readonly ModelManifest[]): ModelManifest {
  const retired = manifests.filter((manifest) => manifest.status === 'retired');
  const current = manifests.find((manifest) => manifest.status === 'champion');
  const parent = retired.find((manifest) => manifest.version === current?.parent);
  const previous = parent ?? retired.at(-1);
  if (previous === undefined) {
    throw new MillraceError('MODEL_UNKNOWN', 'there is no previous champion', {
      remedy: 'millrace models list shows the versions; promote one of them.',
    });
  }
  return previous;
}

export async function modelCommands(
  topology: Topology,
  { log, codec, registry }: Pick<Adapters, 'log' | 'codec' | 'registry'>,
): Promise<ModelCommands> {
  const { modelUpdates } = topicsOf(topology);
  const encoder = await codec.encoder<ModelUpdateRecord>(`${modelUpdates}-value`);
  const publish = async (version: string, reason: string): Promise<string> => {
    const { manifest, model } = await registry.load(topology.name, version);
    const update = packUpdate({ ...manifest, status: 'champion' }, model, reason, manifest.trainedAtMs);
    const key = Buffer.from(`${topology.name}/${version}`);
    await log.publish(modelUpdates, [{ key, value: encoder.encode(update), timestampMs: Date.now() }]);
    return version;
  };
  return {
    list: (name) => registry.list(name),
    promote: (_name, version) => publish(version, 'promoted manually'),
    rollback: async (name) =>
      publish(previousChampion(await registry.list(name)).version, 'rolled back manually'),
  };
}
