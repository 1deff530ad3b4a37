// The model that a backfill scores with (control path): the champion, as a live start takes it, or a stated version. It stays
// for the whole range.
import { NO_MODEL } from '../../../core/blocks.ts';
import { messageOf, MillraceError } from '../../../core/errors.ts';
import { ModelGate } from '../../../runtime/models/model-gate.ts';
import { ModelHub } from '../../../runtime/models/model-hub.ts';
import { modelNeeds } from '../../../runtime/models/model-needs.ts';
import type { Topology } from '../../../topology/define.ts';
import { topicsOf } from '../../../topology/topics.ts';
import type { Adapters } from '../../compose/adapters.ts';
import { openFollower } from '../../compose/models.ts';

/**
 * @param version null for the champion, `none` for no model
 * @throws MODEL_UNKNOWN if the version was never champion
 */
export async function scoringModel(
  topology: Topology,
  adapters: Adapters,
  version: string | null,
): Promise<ModelHub> {
  const { log, telemetry } = adapters;
  const artifacts = adapters.artifacts(topology);
  const gate = new ModelGate(modelNeeds(topology), adapters.scorers, adapters.modelKeys, { artifacts });
  const ignored = (): void => undefined;
  const follower = await openFollower(topology, adapters, { gate, artifacts }, ignored, ignored);
  const notClosed = (error: unknown): void =>
    telemetry.warn('a model cannot be unloaded', { why: messageOf(error) });
  const hub = new ModelHub('live', (known) => follower.load(known), notClosed);
  const { modelUpdates } = topicsOf(topology);
  if (version === NO_MODEL || topology.score === null) return hub;
  try {
    if ((await log.partitionCounts([modelUpdates])).has(modelUpdates)) await follower.start(hub);
  } finally {
    follower.close(); // what is promoted from now on is for the live engines
  }
  if (version === null || version === hub.champion?.version) return hub;
  const stated = await follower.load(version);
  if (stated === null) {
    await hub.close();
    throw new MillraceError('MODEL_UNKNOWN', `version ${version} was never champion, or cannot be used`, {
      where: `--model, topology ${topology.name}`,
      remedy: 'Name a version that millrace models list shows as champion or retired.',
    });
  }
  hub.promote(stated, Number.NEGATIVE_INFINITY);
  return hub;
}
