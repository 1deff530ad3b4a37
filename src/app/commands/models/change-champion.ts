// `millrace models promote` and `rollback` (control path): each publishes one model update.
import type { ModelCommands } from '../../../serving/serving-context.ts';
import { topicSpecs, topicsOf } from '../../../topology/topics.ts';
import { openAppTelemetry, openCodec, openLog, openRegistry } from '../../compose/adapters.ts';
import { loadTopology } from '../../compose/load-topology.ts';
import { modelCommands } from '../../compose/model-commands.ts';
import type { Config } from '../../settings/config.ts';
import { manifestsOf } from './show-models.ts';

export async function promoteModel(file: string, version: string, config: Config): Promise<void> {
  await publishChange(file, config, 'promoted', (commands, topology) => commands.promote(topology, version));
}

export async function rollBackModel(file: string, config: Config): Promise<void> {
  await publishChange(file, config, 'rolled back to', (commands, topology) => commands.rollback(topology));
}

/** Every engine of the topology follows the update, in whatever process it runs. */
async function publishChange(
  file: string,
  config: Config,
  done: string,
  publish: (commands: ModelCommands, topology: string) => Promise<string>,
): Promise<void> {
  const topology = await loadTopology(file);
  await manifestsOf(config, topology);
  const { modelUpdates } = topicsOf(topology);
  const log = await openLog(config, await openAppTelemetry(config));
  const codec = openCodec(config);
  try {
    await log.ensureTopics(topicSpecs(topology).filter((spec) => spec.topic === modelUpdates));
    const commands = await modelCommands(topology, { log, codec, registry: openRegistry(config) });
    const version = await publish(commands, topology.name);
    process.stdout.write(
      `${topology.name}: ${done} ${version}. Running engines swap at their next barrier, others when they start.\n`,
    );
  } finally {
    await codec.close();
    await log.close();
  }
}
