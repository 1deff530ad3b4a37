// The targets of one running topology (control path): an engine with models, boundaries and retraining for each.
import type { SinkDefinition } from '../../ports/sink.ts';
import type { Tables } from '../../runtime/tables/tables.ts';
import type { Topology } from '../../topology/define.ts';
import { targetsOf } from '../../topology/targets.ts';
import type { Adapters } from './adapters.ts';
import { startEngine, type EngineHost, type HostOptions } from './engine-host.ts';

export interface TargetOptions extends Omit<HostOptions, 'main' | 'tables'> {
  /** Opens the lookup tables of a target. */
  readonly tables: (target: Topology) => Tables;
}

/** The hosts of all targets, that of the main one first. */
export type TargetHosts = readonly [EngineHost, ...EngineHost[]];

/**
 * Starts the main target and then the others. If one does not start, those before it are stopped.
 * @param sinks besides history and those of the topology
 */
export async function startTargets(
  topology: Topology,
  adapters: Adapters,
  sinks: readonly SinkDefinition[],
  options: TargetOptions,
): Promise<TargetHosts> {
  const started: EngineHost[] = [];
  try {
    for (const target of targetsOf(topology)) {
      const main = started.length === 0 ? {} : { main: topology };
      const tables = options.tables(target);
      started.push(await startEngine(target, adapters, sinks, { ...options, ...main, tables }));
    }
  } catch (error) {
    await stopTargets(started, 0);
    throw error;
  }
  return started as [EngineHost, ...EngineHost[]]; // a topology has itself
}

/** The failure of one ends the process: the others would go on without it. */
export function failureOf(hosts: readonly EngineHost[]): Promise<never> {
  return Promise.race(hosts.map(({ failure }) => failure));
}

/** @param boundMs as for EngineHost.stop */
export async function stopTargets(hosts: readonly EngineHost[], boundMs?: number): Promise<void> {
  await Promise.all(hosts.map((host) => host.stop(boundMs)));
}
