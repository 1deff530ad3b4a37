// `millrace models list` and `show` (control path): what the model registry holds.
import { isCode, MillraceError } from '../../../core/errors.ts';
import type { ProbeReport } from '../../../core/probe-report.ts';
import type { ModelManifest } from '../../../core/reports.ts';
import type { ModelRegistry } from '../../../ports/model-registry.ts';
import type { Topology } from '../../../topology/define.ts';
import { openRegistry } from '../../compose/adapters.ts';
import { loadTarget, type TargetPlace } from '../../compose/load-target.ts';
import { loadTopology } from '../../compose/load-topology.ts';
import { targetsOf } from '../../../topology/targets.ts';
import type { Config } from '../../settings/config.ts';
import { modelTable, modelText } from './model-text.ts';
import { probeText } from './probe-text.ts';
import { reportDamaged } from './report-damaged.ts';

/** Without the drift reference: hundreds of kilobytes of samples that only the engine uses. */
function withoutReference(manifest: ModelManifest): Omit<ModelManifest, 'reference'> {
  const { reference: _reference, ...rest } = manifest;
  return rest;
}

/** All versions of a topology, oldest first. @throws MODEL_UNKNOWN if the registry holds none */
export async function manifestsOf(config: Config, topology: Topology): Promise<readonly ModelManifest[]> {
  const manifests = await openRegistry(config, reportDamaged).list(topology.name);
  if (manifests.length > 0) return manifests;
  throw new MillraceError('MODEL_UNKNOWN', 'the registry holds no model yet', {
    where: `${topology.name} in ${config.dataFolder}`,
    remedy: 'Set --data to the data folder of the engine; millrace start uses .millrace/start.',
  });
}

/** Of a topology with several targets those of all, unless one is named. */
export async function listModels(place: TargetPlace, config: Config, asJson: boolean): Promise<void> {
  const targets =
    place.target === undefined ? targetsOf(await loadTopology(place.file)) : [await loadTarget(place)];
  const [only] = targets;
  const listed =
    targets.length === 1 && only !== undefined
      ? [{ topology: only, manifests: await manifestsOf(config, only) }]
      : await listedByTarget(config, targets);
  const tables = listed.map(({ topology: { name, task }, manifests }) =>
    targets.length === 1 ? modelTable(manifests, task) : `${name}\n${modelTable(manifests, task)}`,
  );
  const all = listed.flatMap(({ manifests }) => manifests.map(withoutReference));
  process.stdout.write(`${asJson ? JSON.stringify(all, null, 2) : tables.join('\n\n')}\n`);
}

/** One that has no model yet has an empty list. */
async function listedByTarget(
  config: Config,
  targets: readonly Topology[],
): Promise<ReadonlyArray<{ readonly topology: Topology; readonly manifests: readonly ModelManifest[] }>> {
  const registry = openRegistry(config, reportDamaged);
  return Promise.all(
    targets.map(async (topology) => ({ topology, manifests: await registry.list(topology.name) })),
  );
}

export async function showModel(
  place: TargetPlace,
  version: string,
  config: Config,
  asJson: boolean,
): Promise<void> {
  const { name, task } = await loadTarget(place);
  const registry = openRegistry(config, reportDamaged);
  const { manifest } = await registry.load(name, version);
  const probe = await lastProbe(registry, name, version);
  const shown = probe === null ? withoutReference(manifest) : { ...withoutReference(manifest), probe };
  const parts = [modelText(manifest, task), ...(probe === null ? [] : [probeText(probe)])];
  process.stdout.write(`${asJson ? JSON.stringify(shown, null, 2) : parts.join('\n\n')}\n`);
}

/** A damaged record is reported, and the model is shown without it. */
async function lastProbe(
  registry: ModelRegistry,
  topology: string,
  version: string,
): Promise<ProbeReport | null> {
  try {
    return await registry.probe(topology, version);
  } catch (error) {
    if (!isCode(error, 'MODEL_INVALID')) throw error;
    reportDamaged(error);
    return null;
  }
}
