// What the port does for each target of the running topology (control path).
import type { Audit } from '../../ports/audit.ts';
import type { ModelCommands, ModelImporter, ServedTarget } from '../../serving/serving-context.ts';
import type { ReadyChecks } from '../../serving/readiness.ts';
import type { Config } from '../settings/config.ts';
import type { Adapters } from './adapters.ts';
import type { EngineHost } from './engine-host.ts';
import { modelCommands } from './model-commands.ts';
import { modelImporter } from './model-importer.ts';
import type { TargetHosts } from './target-hosts.ts';

/** None for a topology with one target, which needs no name. */
export function servedTargets(targets: readonly Pick<EngineHost, 'topology'>[]): ServedTarget[] {
  return targets.flatMap(({ topology: { name, target } }) =>
    target === undefined ? [] : [{ name: target.name, topology: name }],
  );
}

/** The checks of all sinks: those of the targets after the first have its name before theirs. */
export function sinkChecks(targets: readonly Pick<EngineHost, 'topology' | 'sinks'>[]): ReadyChecks {
  const named = targets.flatMap(({ topology: { target }, sinks }) =>
    Object.entries(sinks.checks()).map(
      ([name, check]) => [target?.isMain === false ? `${target.name}: ${name}` : name, check] as const,
    ),
  );
  return Object.fromEntries(named);
}

/** The commands of all targets; a topology that does not run here is refused as that of the main target is. */
export async function targetModels(
  targets: TargetHosts,
  adapters: Adapters,
  { promotionWaitMs: waitMs }: Pick<Config, 'promotionWaitMs'>,
  audit: Audit,
): Promise<ModelCommands> {
  const isRunning = (): Promise<boolean> => Promise.resolve(true);
  const commands = new Map<string, ModelCommands>();
  for (const { topology, gate, artifacts } of targets)
    commands.set(
      topology.name,
      await modelCommands(topology, { ...adapters, gate, artifacts, waitMs, isRunning, audit }),
    );
  const main = commands.get(targets[0].topology.name) as ModelCommands; // just set
  const commandsFor = (name: string): ModelCommands => commands.get(name) ?? main;
  return {
    list: (name) => commandsFor(name).list(name),
    promote: (name, ...rest) => commandsFor(name).promote(name, ...rest),
    rollback: (name, ...rest) => commandsFor(name).rollback(name, ...rest),
  };
}

/** Imports for the target that a request names. */
export function targetImporter(targets: TargetHosts, adapters: Adapters, audit: Audit): ModelImporter {
  const importers = new Map(
    targets.map(({ topology }) => [topology.name, modelImporter(topology, adapters, audit)]),
  );
  const main = importers.get(targets[0].topology.name) as ModelImporter; // just set
  return (given, by, topology) => (importers.get(topology) ?? main)(given, by, topology);
}
