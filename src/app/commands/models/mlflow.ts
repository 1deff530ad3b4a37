// `millrace models export`, and imports from a registry of MLflow (control path).
import { MlflowClient } from '../../../adapters/mlflow/client.ts';
import { type MlflowModel, readMlflowModel } from '../../../adapters/mlflow/read-model.ts';
import { writeMlflowModel } from '../../../adapters/mlflow/write-model.ts';
import { MillraceError } from '../../../core/errors.ts';
import { bytesOf } from '../../../core/model-content.ts';
import { MLFLOW_MODEL_BYTES_MAX } from '../../../core/import-limits.ts';
import { openAppTelemetry, openRegistry } from '../../compose/adapters.ts';
import { loadTarget, type TargetPlace } from '../../compose/load-target.ts';
import { recordChange } from '../../compose/record-change.ts';
import type { Config } from '../../settings/config.ts';
import { declaredName, modelSubject } from '../../../topology/targets.ts';
import { reportDamaged } from './report-damaged.ts';

function clientOf({ mlflowUrl, mlflowToken }: Config, given: string | undefined): MlflowClient {
  const url = given ?? mlflowUrl;
  if (url !== null) return new MlflowClient({ url, token: mlflowToken });
  throw new MillraceError('CONFIG_INVALID', 'no MLflow server is named', {
    remedy: 'Give --mlflow http://localhost:5000, or set MILLRACE_MLFLOW_URL.',
  });
}

/** @throws MODEL_UNKNOWN, MODEL_INVALID, CONFIG_INVALID, REGISTRY_UNAVAILABLE or REGISTRY_FAILED */
export async function modelOfMlflow(
  uri: string,
  config: Config,
  server: string | undefined,
): Promise<MlflowModel> {
  return readMlflowModel(clientOf(config, server), uri, MLFLOW_MODEL_BYTES_MAX);
}

export interface ExportOptions {
  readonly mlflow: string | undefined;
  /** Of the registered model; undefined for that of the topology. */
  readonly name: string | undefined;
  readonly experiment: string | undefined;
}

/** @throws MODEL_UNKNOWN, CONFIG_INVALID, REGISTRY_UNAVAILABLE or REGISTRY_FAILED */
export async function exportModel(
  place: TargetPlace,
  version: string,
  config: Config,
  options: ExportOptions,
): Promise<void> {
  const client = clientOf(config, options.mlflow);
  const topology = await loadTarget(place);
  const { manifest, model } = await openRegistry(config, reportDamaged).load(topology.name, version);
  const { name = topology.name, experiment = topology.name } = options;
  await recordChange(declaredName(topology), config, await openAppTelemetry(config), {
    action: 'export',
    subject: modelSubject(topology, version),
    before: null,
    after: { mlflow: client.where, name, sha256: manifest.sha256 },
  });
  const number = await writeMlflowModel(client, {
    name,
    experiment,
    manifest,
    model: await bytesOf(model),
    nowMs: Date.now(),
  });
  process.stdout.write(`${topology.name}: ${version} is models:/${name}/${number} on ${client.where}.\n`);
}
