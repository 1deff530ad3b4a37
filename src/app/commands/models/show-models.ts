// `millrace models list` and `show` (control path): what the model registry holds.
import { isCode, MillraceError } from '../../../core/errors.ts';
import type { ProbeReport } from '../../../core/probe-report.ts';
import type { ModelManifest } from '../../../core/reports.ts';
import type { ModelRegistry } from '../../../ports/model-registry.ts';
import type { Topology } from '../../../topology/define.ts';
import { openRegistry } from '../../compose/adapters.ts';
import { loadTopology } from '../../compose/load-topology.ts';
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

export async function listModels(file: string, config: Config, asJson: boolean): Promise<void> {
  const topology = await loadTopology(file);
  const manifests = await manifestsOf(config, topology);
  const text = asJson
    ? JSON.stringify(manifests.map(withoutReference), null, 2)
    : modelTable(manifests, topology.task);
  process.stdout.write(`${text}\n`);
}

export async function showModel(
  file: string,
  version: string,
  config: Config,
  asJson: boolean,
): Promise<void> {
  const { name, task } = await loadTopology(file);
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
