// `millrace models`: what the registry holds, and promotion and rollback by hand (control path).
import { MillraceError } from '../../core/errors.ts';
import type { ModelManifest } from '../../core/reports.ts';
import type { ModelCommands } from '../../serving/routes/model-routes.ts';
import type { Topology } from '../../topology/define.ts';
import { topicSpecs, topicsOf } from '../../topology/topics.ts';
import { openAppTelemetry, openCodec, openLog, openRegistry } from '../compose/adapters.ts';
import type { Config } from '../settings/config.ts';
import { loadTopology } from '../compose/load-topology.ts';
import { modelCommands } from './model-commands.ts';
import { modelTable, modelText } from './model-text.ts';

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The drift reference is hundreds of kilobytes of samples and of use to the engine alone. */
function withoutReference(manifest: ModelManifest): Omit<ModelManifest, 'reference'> {
  const { reference: _reference, ...rest } = manifest;
  return rest;
}

/** @throws MODEL_UNKNOWN where the registry holds none of the topology's */
async function manifestsOf(config: Config, topology: Topology): Promise<readonly ModelManifest[]> {
  const manifests = await openRegistry(config).list(topology.name);
  if (manifests.length > 0) return manifests;
  throw new MillraceError('MODEL_UNKNOWN', 'the registry holds no model yet', {
    where: `${topology.name} in ${config.dataFolder}`,
    remedy: 'Name the data folder of the engine by --data; that of millrace start is .millrace/demo.',
  });
}

export async function listModels(file: string, config: Config, asJson: boolean): Promise<void> {
  const manifests = await manifestsOf(config, await loadTopology(file));
  print(asJson ? JSON.stringify(manifests.map(withoutReference), null, 2) : modelTable(manifests));
}

export async function showModel(
  file: string,
  version: string,
  config: Config,
  asJson: boolean,
): Promise<void> {
  const { name } = await loadTopology(file);
  const { manifest } = await openRegistry(config).load(name, version);
  print(asJson ? JSON.stringify(withoutReference(manifest), null, 2) : modelText(manifest));
}

export async function promoteModel(file: string, version: string, config: Config): Promise<void> {
  await command(file, config, 'promoted', (commands, topology) => commands.promote(topology, version));
}

export async function rollBackModel(file: string, config: Config): Promise<void> {
  await command(file, config, 'rolled back to', (commands, topology) => commands.rollback(topology));
}

/** Publishes one model update; engines that run, here or elsewhere, follow the topic. */
async function command(
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
    print(
      `${topology.name}: ${done} ${version}. Engines that run swap at their next barrier, others at start.`,
    );
  } finally {
    await codec.close();
    await log.close();
  }
}
