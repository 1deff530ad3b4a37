// A version of a topology as a run and a model version of MLflow (control path).
import { MillraceError } from '../../core/errors.ts';
import type { ModelManifest } from '../../core/reports.ts';
import { type Answer, isObject, type MlflowClient } from './client.ts';

export interface MlflowExport {
  /** Name of the registered model. */
  readonly name: string;
  readonly experiment: string;
  readonly manifest: ModelManifest;
  readonly model: Uint8Array;
  readonly nowMs: number;
}

const FOLDER = 'model';
const FILE = 'model.onnx';
const SCHEME = 'mlflow-artifacts:/';
/** What MLflow takes for the value of a parameter. */
const PARAM_LENGTH_MAX = 500;

/** @returns the number of the new version. @throws REGISTRY_UNAVAILABLE or REGISTRY_FAILED */
export async function writeMlflowModel(client: MlflowClient, given: MlflowExport): Promise<string> {
  const { name, manifest, model, nowMs } = given;
  const experiment = await experimentOf(client, given.experiment);
  const tags = tagsOf(manifest);
  const started = await client.post('runs/create', {
    experiment_id: experiment,
    run_name: `${manifest.topology} ${manifest.version}`,
    start_time: manifest.createdMs,
    tags,
  });
  const info = objectIn(client, objectIn(client, started, 'run'), 'info');
  const [run, root] = [textIn(client, info, 'run_id'), textIn(client, info, 'artifact_uri')];
  await client.post('runs/log-batch', {
    run_id: run,
    metrics: metricsOf(manifest),
    params: paramsOf(manifest),
    tags: [],
  });
  const folder = `${folderOf(client, root)}/${FOLDER}`;
  await client.upload(`${folder}/${FILE}`, Uint8Array.from(model));
  await client.upload(`${folder}/MLmodel`, Buffer.from(mlmodel(manifest, run)));
  await client.upload(`${folder}/manifest.json`, Buffer.from(JSON.stringify(manifest, null, 2)));
  await client.post('runs/update', { run_id: run, status: 'FINISHED', end_time: nowMs });
  await client.post('registered-models/create', { name });
  const made = await client.post('model-versions/create', {
    name,
    source: `${root}/${FOLDER}`,
    run_id: run,
    tags,
    description: manifest.why,
  });
  const version = textIn(client, objectIn(client, made, 'model_version'), 'version');
  if (manifest.status === 'champion')
    await client.post('registered-models/alias', { name, alias: manifest.status, version });
  return version;
}

async function experimentOf(client: MlflowClient, name: string): Promise<string> {
  const known = await client.get('experiments/get-by-name', { experiment_name: name });
  if (known !== null) return textIn(client, objectIn(client, known, 'experiment'), 'experiment_id');
  return textIn(client, await client.post('experiments/create', { name }), 'experiment_id');
}

function tagsOf({
  topology,
  version,
  status,
  task,
  sha256,
  parent,
  reason,
}: ModelManifest): ReadonlyArray<Answer> {
  const tags = { topology, version, status, task, sha256, parent: parent ?? '', reason };
  return Object.entries(tags).map(([key, value]) => ({ key: `millrace.${key}`, value }));
}

/** Figures on the gate's rows. */
function metricsOf({ metrics, createdMs, seconds }: ModelManifest): ReadonlyArray<Answer> {
  const figures = Object.entries({ ...metrics.candidate, training_seconds: seconds });
  return figures.flatMap(([key, value]) =>
    value === null ? [] : [{ key, value, timestamp: createdMs, step: 0 }],
  );
}

function paramsOf({ trainer, rows }: ModelManifest): ReadonlyArray<Answer> {
  const params = { trainer: trainer.name, ...trainer.params, rows_train: rows.train, rows_gate: rows.gate };
  return Object.entries(params).map(([key, value]: [string, unknown]) => ({
    key,
    value: (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, PARAM_LENGTH_MAX),
  }));
}

/** So that mlflow.onnx and mlflow.pyfunc load it; a feature that is missing is NaN. YAML, as JSON is a part of it. */
function mlmodel({ features, createdMs }: ModelManifest, run: string): string {
  const inputs = [{ type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1, features.length] } }];
  const outputs = [{ type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1] } }];
  return JSON.stringify(
    {
      artifact_path: FOLDER,
      run_id: run,
      utc_time_created: new Date(createdMs).toISOString().replace('T', ' ').replace('Z', ''),
      flavors: {
        onnx: { data: FILE, onnx_version: '1.13.0', providers: ['CPUExecutionProvider'], code: null },
        python_function: { loader_module: 'mlflow.onnx', data: FILE, python_version: '3.11', env: {} },
      },
      signature: { inputs: JSON.stringify(inputs), outputs: JSON.stringify(outputs), params: null },
      metadata: { features: features.map(({ name }) => name) },
    },
    null,
    2,
  );
}

function folderOf(client: MlflowClient, uri: string): string {
  if (uri.startsWith(SCHEME)) return uri.slice(SCHEME.length);
  throw new MillraceError('REGISTRY_FAILED', 'MLflow does not pass artifacts on', {
    where: client.where,
    remedy: 'Start its server with --serve-artifacts and --artifacts-destination.',
  });
}

function objectIn(client: MlflowClient, answer: Answer | null, name: string): Answer {
  const value = answer?.[name];
  return isObject(value) ? value : unexpected(client, name);
}

function textIn(client: MlflowClient, answer: Answer | null, name: string): string {
  const value = answer?.[name];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : unexpected(client, name);
}

function unexpected(client: MlflowClient, name: string): never {
  throw new MillraceError('REGISTRY_FAILED', `the response of MLflow has no ${name}`, {
    where: client.where,
    remedy: 'Use a server of MLflow 2 or 3.',
  });
}
