// Manual promotion and rollback (control path): each command publishes one model-update event that every engine follows,
// and waits until the partitions of the fleet have taken it. What engines would refuse is refused here.
import { MillraceError } from '../../core/errors.ts';
import type { ModelManifest } from '../../core/reports.ts';
import type { Actor, Audit } from '../../ports/audit.ts';
import type { EventLog } from '../../ports/event-log.ts';
import { newestIn } from '../../runtime/newest-in.ts';
import type { OwnRecords } from '../../runtime/own-records.ts';
import type { ModelGate } from '../../runtime/models/model-gate.ts';
import { type ArtifactSink, makeUpdate, PROMOTED, ROLLED_BACK } from '../../runtime/models/model-update.ts';
import { openUpdateRecords } from '../../runtime/models/update-records.ts';
import type { ModelUpdateRecord } from '../../runtime/records.ts';
import type { ModelCommands, Promotion } from '../../serving/serving-context.ts';
import type { Topology } from '../../topology/define.ts';
import { modelSubject } from '../../topology/targets.ts';
import { topicsOf } from '../../topology/topics.ts';
import type { Adapters } from './adapters.ts';
import { takenBy } from './taken-by.ts';

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

export interface ModelCommandParts extends Pick<Adapters, 'log' | 'codec' | 'registry'> {
  readonly gate: Pick<ModelGate, 'check'>;
  readonly artifacts: ArtifactSink;
  /** How long a command waits for the partitions by default, ms. */
  readonly waitMs: number;
  /** Whether an engine of the topology runs, in any process. */
  readonly isRunning: () => Promise<boolean>;
  readonly audit: Audit;
}

interface Decision {
  readonly reason: string;
  readonly action: 'promotion' | 'rollback';
  readonly by: Actor;
}

export async function modelCommands(topology: Topology, parts: ModelCommandParts): Promise<ModelCommands> {
  const { log, codec, registry, gate, artifacts, waitMs, isRunning, audit } = parts;
  const { modelUpdates } = topicsOf(topology);
  const encoder = await codec.encoder<ModelUpdateRecord>(`${modelUpdates}-value`);
  const records = await openUpdateRecords(topology, codec);
  const requireOurs = (name: string): void => {
    if (name === topology.name) return;
    throw new MillraceError('MODEL_UNKNOWN', `the topology '${name}' does not run here`, {
      where: topology.name,
      remedy: `Send the request to an engine of '${name}', or name '${topology.name}'.`,
    });
  };
  const publish = async (
    version: string,
    { reason, action, by }: Decision,
    bound = waitMs,
  ): Promise<Promotion> => {
    const { manifest, model } = await registry.load(topology.name, version);
    await gate.check({ version, manifest, model });
    const promoted = { ...manifest, status: 'champion' } as const;
    const update = await makeUpdate(artifacts, promoted, model, reason, manifest.trainedAtMs);
    const before = await newestChampion(log, modelUpdates, records);
    await audit.record({
      ...by,
      action,
      subject: modelSubject(topology, version),
      before: before === null ? null : { champion: before },
      after: { champion: version, sha256: manifest.sha256 },
    });
    const key = Buffer.from(`${topology.name}/${version}`);
    const [end] = await log.offsets(modelUpdates);
    await log.publish(modelUpdates, [{ key, value: encoder.encode(update), timestampMs: Date.now() }]);
    const offset = await offsetOf(log, modelUpdates, records, version, end?.high ?? 0);
    return takenBy({ topology, log, isRunning, waitMs: bound }, version, offset);
  };
  return {
    async list(name) {
      return registry.list(name);
    },
    async promote(name, version, by, bound) {
      requireOurs(name);
      return publish(version, { reason: PROMOTED, action: 'promotion', by }, bound);
    },
    async rollback(name, by, bound) {
      requireOurs(name);
      const { version } = previousChampion(await registry.list(name));
      return publish(version, { reason: ROLLED_BACK, action: 'rollback', by }, bound);
    },
  };
}

/**
 * The version that was promoted last; null if none was. The registry's statuses are those of this machine's data folder, and
 * follow a running engine.
 */
async function newestChampion(
  log: EventLog,
  topic: string,
  records: OwnRecords<ModelUpdateRecord>,
): Promise<string | null> {
  const [range] = await log.offsets(topic);
  return newestIn(range ?? { low: 0, high: 0 }, async (from, to) => {
    let newest: string | null = null;
    for await (const raw of log.read(topic, 0, from, to)) {
      for (const i of raw.offsets.keys()) {
        const update = await records.read(raw, i);
        if (update?.status === 'champion') newest = update.version;
      }
    }
    return newest;
  });
}

/** The offset of the update that was published; others may have published at the same time. */
async function offsetOf(
  log: EventLog,
  topic: string,
  records: OwnRecords<ModelUpdateRecord>,
  version: string,
  from: number,
): Promise<number> {
  const [range] = await log.offsets(topic);
  let found = from;
  for await (const raw of log.read(topic, 0, from, range?.high ?? from)) {
    for (const [i, offset] of raw.offsets.entries())
      if ((await records.read(raw, i))?.version === version) found = offset;
  }
  return found;
}
