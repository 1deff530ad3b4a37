// `millrace models promote` and `rollback` (control path): each publishes one model update, and
// waits until the partitions have taken it.
import { MillraceError } from '../../../core/errors.ts';
import { ModelGate } from '../../../runtime/models/model-gate.ts';
import { modelNeeds } from '../../../runtime/models/model-needs.ts';
import { NO_QUARANTINE } from '../../../runtime/quarantine/record-quarantine.ts';
import { AuditLog } from '../../../runtime/audit/audit-log.ts';
import type { ModelCommands, Promotion } from '../../../serving/serving-context.ts';
import type { Topology } from '../../../topology/define.ts';
import { groupOf, topicSpecs, topicsOf } from '../../../topology/topics.ts';
import { openAppTelemetry, openCodec, openLog, openRegistry, openScorers } from '../../compose/adapters.ts';
import { openArtifacts } from '../../compose/artifacts.ts';
import { isLocked } from '../../compose/folder-lock.ts';
import { loadTarget, type TargetPlace } from '../../compose/load-target.ts';
import { openModelKeys } from '../../compose/model-keys.ts';
import { modelCommands } from '../../compose/model-commands.ts';
import { operator } from '../../compose/operator.ts';
import { waitingText } from '../../compose/taken-by.ts';
import type { Config } from '../../settings/config.ts';
import { declaredName } from '../../../topology/targets.ts';
import { manifestsOf } from './show-models.ts';
import { reportDamaged } from './report-damaged.ts';

export interface ChangeOptions {
  /** How long to wait for the partitions, ms; undefined for the setting. */
  readonly waitMs: number | undefined;
}

export async function promoteModel(
  place: TargetPlace,
  version: string,
  config: Config,
  { waitMs = config.promotionWaitMs }: ChangeOptions,
): Promise<void> {
  await publishChange(place, config, waitMs, 'promoted', (commands, topology) =>
    commands.promote(topology, version, operator()),
  );
}

export async function rollBackModel(
  place: TargetPlace,
  config: Config,
  { waitMs = config.promotionWaitMs }: ChangeOptions,
): Promise<void> {
  await publishChange(place, config, waitMs, 'rolled back to', (commands, topology) =>
    commands.rollback(topology, operator()),
  );
}

/** Every engine of the topology follows the update, in whatever process it runs. */
async function publishChange(
  place: TargetPlace,
  config: Config,
  waitMs: number,
  done: string,
  publish: (commands: ModelCommands, topology: string) => Promise<Promotion>,
): Promise<void> {
  const topology = await loadTarget(place);
  await manifestsOf(config, topology);
  const keys = openModelKeys(config);
  const { modelUpdates, source } = topicsOf(topology);
  const telemetry = await openAppTelemetry(config);
  const log = await openLog(config, telemetry);
  const codec = openCodec(config);
  const scorers = await openScorers(config, telemetry);
  // The embedded log has one engine, which locks its folder; Kafka knows the members of the topology's group.
  const isRunning = (): Promise<boolean> =>
    config.brokers === null
      ? isLocked(config.dataFolder)
      : log.memberCount(groupOf(topology.name), source).then((count) => count > 0);
  try {
    await log.ensureTopics(topicSpecs(topology).filter((spec) => spec.topic === modelUpdates));
    const registry = openRegistry(config, reportDamaged);
    const gate = new ModelGate(modelNeeds(topology), scorers, keys);
    const audit = await AuditLog.open(declaredName(topology), { log, codec, nowMs: Date.now });
    const artifacts = openArtifacts(topology, config, { log, quarantine: NO_QUARANTINE, telemetry });
    const parts = { log, codec, registry, gate, artifacts, waitMs, isRunning, audit };
    const commands = await modelCommands(topology, parts);
    const promotion = await publish(commands, topology.name);
    process.stdout.write(
      `${topology.name}: ${done} ${promotion.version}. ${outcomeText(topology, promotion)}\n`,
    );
    // With 0 the command was asked not to wait.
    if (promotion.outcome === 'waiting' && waitMs > 0) throw notTaken(topology, promotion);
  } finally {
    await scorers.close();
    await codec.close();
    await log.close();
  }
}

function outcomeText({ source: { partitions } }: Topology, { outcome }: Promotion): string {
  switch (outcome) {
    case 'taken':
      return partitions === 1
        ? 'The partition scores with it.'
        : `All ${partitions} partitions score with it.`;
    case 'no-engine':
      return 'No engine runs: engines take it when they start.';
    case 'unseen':
      return 'The running engine keeps its log in memory and takes it at its next barrier.';
    case 'waiting':
      return 'Engines take it at their next barrier.';
  }
}

function notTaken({ name }: Topology, promotion: Promotion): MillraceError {
  return new MillraceError(
    'MODEL_NOT_TAKEN',
    `${waitingText(promotion)} has not taken ${promotion.version} yet`,
    {
      where: name,
      remedy:
        'It stays promoted. See which engine has the partition, and why it does not read; wait longer with --wait.',
    },
  );
}
